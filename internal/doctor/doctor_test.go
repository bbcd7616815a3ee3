package doctor

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ipcbench/results"
)

// laptop is a machine as most are: set to save power, with two hardware threads
// a core.
var laptop = map[string]string{
	"goarch": "amd64", "cpu": "Example Mobile", "cpus": "0-7", "cpus-allowed": "0-7", "smt-active": "1",
	"cpu-times":      "cpu 47654 0 20317 570317 1052 0 203 0 0 0",
	"cpufreq-driver": "intel_pstate", "governor": "powersave", "no-turbo": "0",
	"idle-driver": "intel_idle", "idle-governor": "menu", "idle-states": "POLL 0, C1E 10, C6 133, C8 199 off, C10 890",
	"guest-halt-poll-ns": "200000", // the module is there on any machine
	"mitigations":        "spectre_v1: Mitigation: barriers | tsa: Vulnerable",
	"clocksource":        "tsc", "clocksources": "tsc hpet acpi_pm", "loadavg": "0.79 0.48 0.25",
	"numa-nodes": "0", "numa-balancing": "0", "cgroup-cpu-max": "max", "lockdown": "none",
	"thp": "madvise", "thp-shmem": "never", "hugepages": "0", "memlock": "8388608",
	"pipe-max-size": "1048576", "wmem-max": "212992", "max-dgram-qlen": "512",
	"mqueue-msg-max": "10", "mqueue-msgsize-max": "8192", "sysv-msgmax": "8192", "sysv-msgmnb": "16384",
	"perf-event-paranoid": "2", "perf-sources": "cpu msr software", "io-uring-disabled": "0",
	"write-caches": "nvme0n1: write back, sda: write through",
}

// guest is a virtual machine that halts at once where it has nothing to do.
var guest = with(laptop, map[string]string{
	"hypervisor": "yes", "cpu": "Example Server", "cpus": "0-1", "cpus-allowed": "0-1", "smt-active": "0",
	"cpu-times":   "cpu 47654 0 20317 570317 1052 0 203 9000 0 0",
	"idle-driver": "haltpoll", "idle-governor": "haltpoll", "idle-states": "POLL 0, haltpoll idle 1",
	"guest-halt-poll-ns": "0", "perf-sources": "msr software", "write-caches": "vda: write back",
}, "governor", "cpufreq-driver", "no-turbo", "lockdown")

// server is one that was set up to measure on.
var server = with(laptop, map[string]string{
	"cpus": "0-31", "cpus-allowed": "0-31", "cpus-isolated": "8-15", "cpus-nohz-full": "8-15", "smt-active": "0",
	"governor": "performance", "no-turbo": "1", "idle-states": "POLL 0, C1 2, C6 133 off", "mitigations": "none needed",
	"thp-shmem": "always", "hugepages": "64", "hugepage-size": "2048 kB", "memlock": "unlimited", "wmem-max": "4194304",
	"mqueue-msg-max": "64", "mqueue-msgsize-max": "65536", "sysv-msgmax": "65536", "sysv-msgmnb": "1048576",
	"perf-event-paranoid": "1", "numa-nodes": "0-1",
})

// with is a machine that differs from another in what is set and what is not
// known.
func with(facts, set map[string]string, unknown ...string) map[string]string {
	facts = maps.Clone(facts)
	maps.Copy(facts, set)
	for _, name := range unknown {
		delete(facts, name)
	}
	return facts
}

// levels lists the findings of each level by their IDs.
func levels(findings []Finding) map[Level][]string {
	by := map[Level][]string{}
	for _, f := range findings {
		by[f.Level] = append(by[f.Level], f.ID)
	}
	return by
}

func TestMachinesAreJudgedByTheirFacts(t *testing.T) {
	for name, machine := range map[string]struct {
		facts           map[string]string
		warnings, notes string
	}{
		"laptop": {laptop, "idle governor boost",
			"smt mitigations isolation thp hugepages mqueue sysv-queues perf-events"},
		"guest": {guest, "steal idle",
			"cpus virtualisation governor boost mitigations isolation load thp hugepages mqueue sysv-queues perf-events lockdown"},
		"server":                 {server, "", ""},
		"guest that polls":       {with(guest, map[string]string{"guest-halt-poll-ns": "50000"}), "steal", notesOf(guest)},
		"guest without haltpoll": {with(guest, map[string]string{"idle-governor": "menu"}), "steal", "cpus virtualisation idle" + strings.TrimPrefix(notesOf(guest), "cpus virtualisation")},
		"guest without flush":    {with(guest, map[string]string{"write-caches": "vda: write through"}), "steal idle", strings.Replace(notesOf(guest), "perf-events", "write-caches perf-events", 1)},
		"one CPU of many":        {with(server, map[string]string{"cpus-allowed": "3"}), "cpus", "isolation"},
		"slow clock":             {with(server, map[string]string{"clocksource": "hpet"}), "clock-source", ""},
		"container":              {with(server, map[string]string{"cgroup-cpu-max": "150000 100000"}), "cpu-limit", ""},
		"large container":        {with(server, map[string]string{"cgroup-cpu-max": "800000 100000"}), "", "cpu-limit"},
		"isolated from us":       {with(server, map[string]string{"cpus-allowed": "0-7,16-31"}), "", "isolation"},
		"busy":                   {with(server, map[string]string{"loadavg": "30.1 8 2"}), "", "load"},
		"several nodes":          {with(server, map[string]string{"numa-balancing": "1"}), "", "numa-balancing"},
		"locked down":            {with(server, map[string]string{"lockdown": "integrity", "io-uring-disabled": "2"}), "", "lockdown io-uring"},
		"emulated":               {with(laptop, map[string]string{"emulated": "QEMU TCG"}), "virtualisation idle governor boost", notesOf(laptop)},
		"not emulated":           {with(laptop, map[string]string{"emulated": "no"}), "idle governor boost", notesOf(laptop)},
		"idle loop polls":        {with(laptop, map[string]string{"kernel-cmdline": "quiet idle=poll"}), "governor boost", notesOf(laptop)},
	} {
		got := levels(Examine(machine.facts, nil))
		if diff := cmp.Diff(machine.warnings, strings.Join(got[Warning], " ")); diff != "" {
			t.Errorf("%s: warnings (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(machine.notes, strings.Join(got[Note], " ")); diff != "" {
			t.Errorf("%s: notes (-want +got)\n%s", name, diff)
		}
	}
}

func notesOf(facts map[string]string) string {
	return strings.Join(levels(Examine(facts, nil))[Note], " ")
}

func TestNothingIsClaimedOfAnUnknownMachine(t *testing.T) {
	for _, facts := range []map[string]string{nil, {"goos": "linux", "goarch": "arm64", "cpu": "ARM implementer 0x41 part 0xd0c"}} {
		for _, f := range Examine(facts, nil) {
			if !f.Unknown || f.Level != Note || !strings.HasSuffix(f.Finding, "not known") {
				t.Errorf("of nothing, doctor concludes %s, %s: %s", f.ID, f.Level, f.Finding)
			}
		}
	}
}

func TestEveryFindingIsWhole(t *testing.T) {
	noise := &results.Noise{SpentNS: 1e9, StallNS: 1e4, ClockNS: 30, CPUs: []results.CPUNoise{{CPU: 0}}, CacheLines: []results.CacheLine{{Placement: "same-llc", CPUs: [2]int{0, 1}, NS: 70}}}
	seen := map[string]bool{}
	for _, facts := range []map[string]string{laptop, guest, server, nil} {
		for _, f := range Examine(facts, noise) {
			if f.Finding == "" || f.Why == "" || f.Remedy == "" || f.About == "" {
				t.Errorf("%s has a gap: %+v", f.ID, f)
			}
			commands := []string{"none", "echo", "modprobe", "sysctl", "taskset", "ulimit"}
			if first := strings.FieldsFunc(f.Remedy, func(r rune) bool { return r == ' ' || r == ':' })[0]; !slices.Contains(commands, first) {
				t.Errorf("%s: the remedy is neither a command nor none: %q", f.ID, f.Remedy)
			}
			if f.Level == OK && f.Remedy != "none needed" {
				t.Errorf("%s is ok and yet has the remedy %q", f.ID, f.Remedy)
			}
			seen[f.ID] = true
		}
	}
	if len(seen) != len(rules) {
		t.Errorf("%d rules have %d IDs", len(rules), len(seen))
	}
}

func TestRemediesNameWhatIsWrong(t *testing.T) {
	for id, want := range map[string]string{
		"idle":     "echo 1 | tee /sys/devices/system/cpu/cpu*/cpuidle/state[24]/disable",
		"governor": "echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
		"boost":    "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo",
	} {
		if got := find(t, Examine(laptop, nil), id).Remedy; got != want {
			t.Errorf("%s: remedy %q, want %q", id, got, want)
		}
	}
	cut := with(server, map[string]string{"cpus-allowed": "0-7,16-31"})
	if got, want := find(t, Examine(cut, nil), "isolation").Remedy, "taskset -c 8-15 ipcbench run"; got != want {
		t.Errorf("isolation: remedy %q, want %q", got, want)
	}
}

func find(t *testing.T, findings []Finding, id string) Finding {
	t.Helper()
	i := slices.IndexFunc(findings, func(f Finding) bool { return f.ID == id })
	if i < 0 {
		t.Fatalf("no finding %s", id)
	}
	return findings[i]
}

func TestNoiseIsAttributed(t *testing.T) {
	cpu := func(stalled, wait, stolen int64) results.CPUNoise {
		return results.CPUNoise{Stalls: 100, StalledNS: stalled, WorstNS: stalled / 50, WaitNS: &wait, StolenNS: &stolen}
	}
	for name, c := range map[string]struct {
		cpu      results.CPUNoise
		warnings string
	}{
		"quiet":             {cpu(200_000, 0, 0), ""},
		"other work":        {cpu(90e6, 89.9e6, 0), "load"},
		"stolen":            {cpu(90e6, 0, 90e6), "steal"},
		"interrupts":        {cpu(90e6, 0, 0), "stalls"},
		"some of each":      {cpu(200e6, 50e6, 50e6), "steal stalls load"},
		"kernel is silent":  {results.CPUNoise{Stalls: 100, StalledNS: 90e6, WorstNS: 9e6}, "stalls"},
		"one tick too many": {cpu(5e6, 0, 10e6), ""},
	} {
		noise := &results.Noise{SpentNS: 1e9, StallNS: 1e4, ClockNS: 30, CPUs: []results.CPUNoise{cpu(0, 0, 0), c.cpu}}
		if got := strings.Join(levels(Examine(server, noise))[Warning], " "); got != c.warnings {
			t.Errorf("%s: warnings %q, want %q", name, got, c.warnings)
		}
	}
}

// What is said to be as it should be must not name what took three quarters of a CPU.
func TestWhatOtherWorkTookIsNotCalledOK(t *testing.T) {
	wait := int64(740e6)
	noise := &results.Noise{SpentNS: 1e9, StallNS: 1e4, ClockNS: 30, CPUs: []results.CPUNoise{{Stalls: 100, StalledNS: 740e6, WorstNS: 9e6, WaitNS: &wait}}}
	for _, f := range Examine(server, noise) {
		if f.Level == OK && strings.Contains(f.Finding, "74 %") {
			t.Errorf("%s is called ok: %s", f.ID, f.Finding)
		}
	}
}

// warningsOf says what a reader of the cell's numbers should know of the machine.
func warningsOf(machine map[string]string, cell results.Cell) []string {
	var said []string
	for _, f := range Concerning(Examine(machine, nil), cell) {
		said = append(said, f.Finding+": "+f.Step())
	}
	return said
}

func TestRowsAreWarnedOfWhatConcernsThem(t *testing.T) {
	const halting = "waking a sleeping virtual CPU leaves the guest (guest_halt_poll_ns is 0): " +
		"echo 50000 > /sys/module/haltpoll/parameters/guest_halt_poll_ns"
	for _, c := range []struct {
		way      results.Way
		from, to int
		warned   bool
	}{
		{results.Sleeps, 0, 1, true},
		{results.Sleeps, 0, 0, false}, // the CPU does not sleep in between
		{results.Parks, -1, -1, true},
		{results.Polls, 0, 1, true},
		{results.Epolls, 0, 1, true},
		{results.SpinSleeps, 0, 1, true},
		{results.Spins, 0, 1, false},
		{results.Yields, 0, 1, false},
		{results.UnknownWay, 0, 1, false}, // as a floor
	} {
		cell := results.Cell{Waits: string(c.way), ProducerCPU: c.from, ConsumerCPU: c.to}
		got := warningsOf(guest, cell)
		if warned := slices.Equal(got, []string{halting}); warned != c.warned || !warned && len(got) > 0 {
			t.Errorf("%q on CPUs %d and %d: warnings %q", c.way, c.from, c.to, got)
		}
	}
	if got := warningsOf(server, results.Cell{Waits: string(results.Sleeps), ConsumerCPU: 1}); len(got) > 0 {
		t.Errorf("on a machine with no fault, a row has %q", got)
	}
}
