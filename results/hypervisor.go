package results

import "cmp"

// hypervisors are those that name themselves to a processor in a way that needs a word.
var hypervisors = map[string]string{
	"KVMKVMKVM": "KVM", "TCGTCGTCGTCG": "QEMU TCG", "Microsoft Hv": "Hyper-V",
	"VMwareVMware": "VMware", "XenVMMXenVMM": "Xen", "bhyve bhyve ": "bhyve",
}

// Hypervisor is the word for a hypervisor by its signature, the fact "hypervisor-id":
// "KVM" for "KVMKVMKVM"; without a word it is the signature.
func Hypervisor(id string) string { return cmp.Or(hypervisors[id], id) }
