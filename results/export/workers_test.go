package export

import (
	"bytes"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

func TestWorkersCSV(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	measured := resultstest.Counted(cell, 5_000, resultstest.CPU(1, 2).Switched(500, 250).Faulted(10, 2), resultstest.CPU(0, 2).Switched(1000, 0))
	moved, waited, free := int64(3), int64(4000), 1
	measured.Run = "r"
	measured.Workers[1].CPU, measured.Workers[1].Migrations, measured.Workers[1].WaitNS = 0, &moved, &waited
	measured.Jitter = &results.Jitter{StealNS: 10e6, WaitNS: &waited, ProbeCPU: &free, Stalls: 2, WorstNS: 700}
	unprobed := measured
	unprobed.Launch, unprobed.Jitter = 2, &results.Jitter{StealNS: 20e6}
	failed := results.Launch{Cell: cell, Launch: 3, Status: results.Failed, Workers: []results.Worker{{Side: "producer", Exit: "signal: killed"}}}
	skipped := results.Launch{Cell: cell, Launch: 4, Status: results.Skipped}
	why := resultstest.Counted(cell, 7_000, resultstest.CPU(1, 2), resultstest.CPU(0, 2))
	why.Launch, why.Workers[0].Perf = 0, map[string]float64{"context-switches": 2000, "cycles:u": 500}

	served := resultstest.Counted(cell, 5_000, resultstest.CPU(1, 2), resultstest.CPU(0, 2))
	served.Workers = append(served.Workers, results.Worker(resultstest.CPU(3, 2).Switched(2000, 0)))
	served.Workers[2].Side, served.Metrics[results.CPUPerMsg] = results.Server, 10_000

	var written bytes.Buffer
	if err := WriteWorkersCSV(&written, []results.Launch{measured, unprobed, failed, skipped, served}, []results.Launch{why}); err != nil {
		t.Fatal(err)
	}
	header, rows := resultstest.ReadCSV(t, written.String())
	const want = "run,transport,workload,size_bytes,placement,dir,fstype,launch,kind,status,side,cpu," +
		"user_ns_per_msg,system_ns_per_msg,cpu_ns_per_msg,voluntary_switches_per_msg,involuntary_switches_per_msg," +
		"minor_faults_per_msg,major_faults_per_msg,migrations,wait_ns_per_msg,steal_ns,stalls,worst_stall_ns,probe_cpu," +
		"perf_context_switches_per_msg,perf_cycles_u_per_msg,pairs,rate_per_s"
	if header != want {
		t.Errorf("header\n%s\nwant\n%s", header, want)
	}
	if len(rows) != 10 { // two ends of four launches, what serves one, an end of that which failed, none of that which was skipped
		t.Fatalf("%d rows", len(rows))
	}
	for _, c := range []struct {
		row    int
		values string
	}{
		{0, "run=r launch=1 kind=measured status=ok side=producer cpu=0 user_ns_per_msg=1000 system_ns_per_msg=2000 cpu_ns_per_msg=3000 voluntary_switches_per_msg=0.5 involuntary_switches_per_msg=0.25 minor_faults_per_msg=0.01 major_faults_per_msg=0.002 migrations= wait_ns_per_msg="},
		{1, "side=consumer migrations=3 wait_ns_per_msg=4 steal_ns=10000000 stalls=2 worst_stall_ns=700 probe_cpu=1 perf_cycles_u_per_msg="},
		{2, "launch=2 steal_ns=20000000 stalls= worst_stall_ns= probe_cpu="},
		{4, "launch=3 status=failed side=producer cpu= cpu_ns_per_msg= migrations="},
		{7, "side=server cpu= user_ns_per_msg=3000 cpu_ns_per_msg=5000 voluntary_switches_per_msg=2 migrations= wait_ns_per_msg="},
		{8, "launch=0 kind=why side=producer perf_context_switches_per_msg=2 perf_cycles_u_per_msg=0.5"},
		{9, "kind=why side=consumer perf_context_switches_per_msg="},
	} {
		for _, pair := range strings.Fields(c.values) {
			name, value, _ := strings.Cut(pair, "=")
			if got := rows[c.row][name]; got != value {
				t.Errorf("row %d: %s is %q, want %q", c.row, name, got, value)
			}
		}
	}
}

func TestWorkersCSVIsPerMessageOfTheLaunchesOwnCosts(t *testing.T) {
	_, launches, _, err := results.Open("../sample")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range launches {
		var cpu float64
		for _, w := range l.Workers {
			cpu += float64(w.CPUNS) / l.Counted()
		}
		if want, has := l.Metrics[results.CPUPerMsg]; has && (cpu < 0.999999*want || cpu > 1.000001*want) {
			t.Fatalf("both ends of %s use %v ns per message, and launches.csv says %v", l.Transport, cpu, want)
		}
		if l.Status == results.OK && l.Counted() < float64(l.Messages)-0.5 {
			t.Fatalf("%s: costs are of %v messages, and %d were measured", l.Transport, l.Counted(), l.Messages)
		}
	}
}
