package facts

import (
	"path/filepath"
	"slices"
	"strings"
)

// No is said of what can be told for certain not to be.
const No = "no"

// Emulated is the fact of which program executes a machine's instructions, [No] where a
// processor does.
const Emulated = "emulated"

// containers are what a container is known by: a file that its manager leaves in
// it, or a word in the path of its control group or of its root directory.
var containers = []struct{ name, file, word string }{
	{name: "podman", file: "run/.containerenv", word: "/libpod"},
	{name: "docker", file: ".dockerenv", word: "/docker"},
	{name: "kubernetes", file: "run/secrets/kubernetes.io", word: "/kubepods"},
	{name: "lxc", file: "dev/lxc", word: "/lxc"},
	{name: "systemd-nspawn", word: "/machine.slice/systemd-nspawn"},
	{name: "containerd", word: "io.containerd"},
}

// container names what contains this process, by what its manager says itself
// (systemd's Container Interface: /run/systemd/container, and container= in the
// environment of the first process) or leaves behind.
func container(root string) string {
	if name := first(file("run/systemd/container", all), file("proc/1/environ", variable("container")))(root); name != "" {
		return name
	}
	where := file("proc/self/cgroup", all)(root) + mountedAt("/", file("proc/self/mountinfo", all)(root))
	for _, c := range containers {
		left, _ := filepath.Glob(filepath.Join(root, c.file))
		if c.file != "" && len(left) > 0 || strings.Contains(where, c.word) {
			return c.name
		}
	}
	if where == "" {
		return "" // without /proc, anything may be
	}
	return No
}

// mountedAt picks the line of what is mounted at a place, on top where several are.
func mountedAt(place, mountinfo string) string {
	found := ""
	for line := range strings.Lines(mountinfo) {
		if words := strings.Fields(line); len(words) > 5 && words[4] == place {
			found = line
		}
	}
	return found
}

// mountOption picks that of these which a mount has.
func mountOption(place string, either ...string) func(string) string {
	return func(mountinfo string) string {
		words := strings.Fields(mountedAt(place, mountinfo))
		for _, option := range either {
			if len(words) > 5 && slices.Contains(strings.Split(words[5], ","), option) {
				return option
			}
		}
		return ""
	}
}

// isMapped says whether users are others outside: all of them are themselves in
// the first user namespace, see user_namespaces(7).
func isMapped(uidMap string) string {
	if words := strings.Fields(uidMap); len(words) == 3 && words[0] == "0" && words[1] == "0" && words[2] == "4294967295" {
		return No
	}
	return "yes"
}

// variable picks one of an environment as /proc has it.
func variable(name string) func(string) string {
	return func(environ string) string {
		for _, pair := range strings.Split(environ, "\x00") {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				return value
			}
		}
		return ""
	}
}

// gvisor tells gVisor's kernel, which runs in user space, by when it says that it
// was built: five minutes after Linux 4.4 was tagged, whatever its release.
func gvisor(version string) string {
	if strings.Contains(version, "Sun Jan 10 15:06:54 PST 2016") || strings.Contains(version, "gvisor") {
		return "yes"
	}
	return No
}

// emulators are what a processor calls itself that none is.
var emulators = []struct{ said, name string }{
	{"QEMU TCG", "QEMU TCG"},
	{"QEMU Virtual CPU", "QEMU TCG"}, // unless KVM runs it, which shows
	{"TCGTCGTCGTCG", "QEMU TCG"},
	{"User Mode Linux", "User Mode Linux"},
	{"Bochs", "Bochs"},
}

// EmulatedWord on the kernel's command line says that QEMU executes this machine's
// instructions: who started it so knows, and not every processor that it plays tells.
const EmulatedWord = "ipcbench.emulated=tcg"

// emulator names the program that executes this machine's instructions, "no"
// where a processor does. Of ARM's it is the implementer 0, which QEMU's "max" has.
func emulator(root string) string {
	if slices.Contains(strings.Fields(file("proc/cmdline", all)(root)), EmulatedWord) {
		return "QEMU TCG"
	}
	cpuinfo := file("proc/cpuinfo", all)(root)
	model := field("model name")(cpuinfo) + field("vendor_id")(cpuinfo) + hypervisorID(root)
	if cpuinfo == "" {
		return ""
	}
	for _, e := range emulators {
		if strings.Contains(model, e.said) && !strings.Contains(model, "KVM") && !hasKVM(root) {
			return e.name
		}
	}
	if strings.TrimSpace(field("CPU implementer")(cpuinfo)) == "0x00" {
		return "QEMU TCG"
	}
	return No
}

// hasKVM says whether KVM shows itself to its guest: by its clock.
func hasKVM(root string) bool {
	clocks := strings.Fields(file("sys/devices/system/clocksource/clocksource0/available_clocksource", all)(root))
	return slices.Contains(clocks, "kvm-clock")
}
