package facts

import "testing"

func TestAContainerIsKnownByWhatItsManagerLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"docker":         {map[string]string{".dockerenv": "", "proc/self/cgroup": "0::/\n"}, "docker"},
		"podman":         {map[string]string{"run/.containerenv": "engine=podman", "proc/self/cgroup": "0::/\n"}, "podman"},
		"lxc":            {map[string]string{"proc/1/environ": "TERM=linux\x00container=lxc\x00", "proc/self/cgroup": "0::/\n"}, "lxc"},
		"systemd-nspawn": {map[string]string{"run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"},
		"kubernetes":     {map[string]string{"proc/self/cgroup": "3:cpu:/kubepods/besteffort/pod1/2\n"}, "kubernetes"},
		"only its root": {map[string]string{"proc/self/cgroup": "0::/\n",
			"proc/self/mountinfo": "22 1 0:25 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/X\n"}, "docker"},
		"a host that has docker": {map[string]string{"proc/self/cgroup": "0::/user.slice\n",
			"proc/self/mountinfo": "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:9 / /var/lib/docker/overlay2/m rw - overlay overlay rw\n"}, No},
		"nothing to be seen": {nil, ""},
	} {
		if got := container(tree(t, c.files)); got != c.want {
			t.Errorf("%s is %q, want %q", name, got, c.want)
		}
	}
}

func TestAMachineThatIsNoneSaysSo(t *testing.T) {
	const clocks = "sys/devices/system/clocksource/clocksource0/available_clocksource"
	for name, c := range map[string]struct {
		files            map[string]string
		emulated, gvisor string
	}{
		"hardware": {map[string]string{"proc/cpuinfo": "model name\t: Fast 9000\n", "proc/version": "Linux version 6.12.1\n"}, No, No},
		"QEMU -cpu max": {map[string]string{"proc/cpuinfo": "model name\t: QEMU TCG CPU version 2.5+\nflags\t: hypervisor\n"},
			"QEMU TCG", ""},
		"QEMU's default": {map[string]string{"proc/cpuinfo": "model name\t: QEMU Virtual CPU version 2.5+\n", clocks: "tsc hpet acpi_pm\n"}, "QEMU TCG", ""},
		"the same by KVM": {map[string]string{"proc/cpuinfo": "model name\t: QEMU Virtual CPU version 2.5+\n", clocks: "kvm-clock tsc\n"},
			No, ""},
		"ARM, QEMU -cpu max": {map[string]string{"proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x00\nCPU part\t: 0x051\n"}, "QEMU TCG", ""},
		"a named ARM core, by QEMU": {map[string]string{"proc/cpuinfo": "CPU implementer\t: 0x41\nCPU part\t: 0xd08\n", "proc/cmdline": "quiet " + EmulatedWord + "\n"},
			"QEMU TCG", ""},
		"gVisor": {map[string]string{"proc/cpuinfo": "model name\t: Fast 9000\n",
			"proc/version": "Linux version 4.19.0-gvisor #1 SMP Sun Jan 10 15:06:54 PST 2016\n"}, No, "yes"},
	} {
		facts := readTree(tree(t, c.files))
		if facts["emulated"] != c.emulated || facts["gvisor"] != c.gvisor {
			t.Errorf("%s: emulated %q, gVisor %q", name, facts["emulated"], facts["gvisor"])
		}
	}
}
