package remedy

import (
	"os"

	"golang.org/x/sys/unix"
)

// inSandbox says whether a filter looks at the system calls of this process. One
// that refuses to tell is one. See PR_GET_SECCOMP in prctl(2).
func inSandbox() bool {
	mode, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0)
	return err != nil && err != unix.EINVAL || mode > 0
}

// inContainer says whether this process is in other namespaces than the machine's
// first ones, whose inode numbers are fixed (linux/proc_ns.h): what it may do as
// root is not what root of the machine may.
func inContainer() bool {
	for name, first := range map[string]string{"pid": "pid:[4026531836]", "user": "user:[4026531837]"} {
		if own, err := os.Readlink("/proc/self/ns/" + name); err == nil && own != first {
			return true
		}
	}
	return false
}

// Has says whether this thread has a capability (capabilities(7)), in whatever
// user namespace it is.
func Has(capability int) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[capability/32].Effective&(1<<(capability%32)) != 0
}

// OnMachine is advice to change the machine, by a command or in words: from within
// a container it cannot be followed.
func OnMachine(command string) string {
	if inContainer() {
		return "outside of this container: " + command
	}
	return command
}

// Sandbox says how to get past a sandbox that refuses a call for which the kernel
// itself wants no privilege. That of a container allows some with a capability,
// called name.
func Sandbox(name string) string {
	if inContainer() {
		return "start the container with --cap-add " + name + ", or with a seccomp profile that allows it"
	}
	return "allow it in the sandbox (seccomp) around this process"
}

// Start is advice to be given to whoever starts a container, or in place of it
// what root does on a machine.
func Start(option, command string) string {
	if inContainer() {
		return "start the container with " + option
	}
	return command
}

// Privilege says how to get a capability, called name ("SYS_ADMIN"), for which a
// call was not permitted: or, where this thread has it, who refuses all the same.
func Privilege(capability int, name string) string {
	switch {
	case Has(capability) && inSandbox():
		return "allow it in the sandbox (seccomp) around this process"
	case Has(capability) && inContainer():
		return "CAP_" + name + " of a container does not do: run it outside of this container"
	case Has(capability):
		return "a security module or lockdown of this kernel forbids it: allow it there"
	case inContainer():
		return "start the container with --cap-add " + name
	}
	return "run as root (CAP_" + name + ")"
}
