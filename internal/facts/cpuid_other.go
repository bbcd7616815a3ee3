//go:build !amd64

package facts

// hypervisorID is the signature of a hypervisor, which only amd64 can be asked for.
func hypervisorID(string) string { return "" }
