package export

import (
	"bytes"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

const launchesHeader = "run,transport,workload,size_bytes,placement,producer_cpu,consumer_cpu,dir,fstype,pairs,rate_per_s," +
	"launch,status,reason,messages,bytes,elapsed_ns," +
	"rtt_min_ns,rtt_mean_ns,rtt_p50_ns,rtt_p90_ns,rtt_p99_ns,rtt_p999_ns,rtt_max_ns," +
	"oneway_p50_ns,oneway_p99_ns,oneway_p999_ns,msgs_per_s,bytes_per_s," +
	"cpu_ns_per_msg,ctxsw_per_msg,faults_per_msg,migrations,verified_messages,labels"

func TestLaunchesCSV(t *testing.T) {
	cell := results.Cell{
		Transport: "mmap:wait=futex", Family: "mmap", Workload: "latency", SizeBytes: 64, Placement: "same-llc",
		ProducerCPU: 0, ConsumerCPU: 2, Dir: "/mnt/a, b", FSType: "ext4", Pairs: 1, RatePerS: 2.5e6,
	}
	good := results.Launch{
		Run: "r", Cell: cell, Launch: 3, Status: results.OK, Messages: 100_000_000, Bytes: 6_400_000_000, ElapsedNS: 5e10, Verified: 7,
		Metrics: map[string]float64{results.RTTMin: 58, results.RTTMean: 1234567.5, results.RTTP50: 1e21, results.Migrations: 0, results.CtxswPer: 0.0000025},
		Labels:  map[string]string{"kernel": "6.18", "host": "a"},
	}
	bad := results.Launch{Run: "r", Cell: cell, Launch: 4, Status: results.Failed, Reason: "said \"no\",\nand died"}
	bad.ProducerCPU, bad.ConsumerCPU, bad.RatePerS, bad.Dir = -1, -1, 0, ""

	var out bytes.Buffer
	if err := WriteLaunchesCSV(&out, []results.Launch{good, bad}); err != nil {
		t.Fatal(err)
	}
	header, rows := resultstest.ReadCSV(t, out.String())
	if header != launchesHeader {
		t.Errorf("columns are\n%s\nwant\n%s", header, launchesHeader)
	}
	for row, cells := range []map[string]string{
		{
			"run": "r", "transport": "mmap:wait=futex", "size_bytes": "64", "producer_cpu": "0", "consumer_cpu": "2",
			"dir": "/mnt/a, b", "fstype": "ext4", "pairs": "1", "rate_per_s": "2500000", "launch": "3", "status": "ok", "reason": "",
			"messages": "100000000", "bytes": "6400000000", "elapsed_ns": "50000000000",
			"rtt_min_ns": "58", "rtt_mean_ns": "1234567.5", "rtt_p50_ns": "1000000000000000000000", "rtt_p90_ns": "",
			"ctxsw_per_msg": "0.0000025", "migrations": "0", "verified_messages": "7", "labels": "host=a;kernel=6.18",
		},
		{
			"producer_cpu": "", "consumer_cpu": "", "dir": "", "rate_per_s": "", "status": "failed", "reason": "said \"no\",\nand died",
			"messages": "", "bytes": "", "elapsed_ns": "", "rtt_p50_ns": "", "migrations": "", "verified_messages": "", "labels": "",
		},
	} {
		for name, want := range cells {
			if rows[row][name] != want {
				t.Errorf("row %d: %s is %q, want %q", row, name, rows[row][name], want)
			}
		}
	}
}

func TestSummaryCSV(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	launches := resultstest.Of(cell, results.RTTP50, 10, 3, 7, 1, 9, 2, 8, 4, 6, 5)
	few := resultstest.Cell("unix", "latency", 64, "same-cpu")
	launches = append(launches, resultstest.Of(few, results.RTTP50, 10, 20)...)
	skipped := resultstest.Cell("mmap", "latency", 64, "same-cpu")
	launches = append(launches, results.Launch{Cell: skipped, Status: results.Skipped, Reason: "no"})

	var out bytes.Buffer
	if err := WriteSummaryCSV(&out, summary.Of(launches)); err != nil {
		t.Fatal(err)
	}
	header, rows := resultstest.ReadCSV(t, out.String())
	if begins := "transport,workload,size_bytes,placement,producer_cpu,consumer_cpu,dir,fstype,pairs,rate_per_s,launches," +
		"rtt_min_ns_median,rtt_min_ns_lo,rtt_min_ns_hi,rtt_mean_ns_median,"; !strings.HasPrefix(header, begins) {
		t.Errorf("columns are %s, want %s...", header, begins)
	}
	if !strings.HasSuffix(header, ",migrations_median,migrations_lo,migrations_hi") {
		t.Errorf("columns %s do not end with the last metric", header)
	}
	for row, cells := range []map[string]string{
		{"transport": "pipe", "launches": "10", "rtt_p50_ns_median": "5.5", "rtt_p50_ns_lo": "2.657657657657656", "rtt_p50_ns_hi": "8.342342342342345", "rtt_max_ns_median": ""},
		{"transport": "unix", "launches": "2", "rtt_p50_ns_median": "15", "rtt_p50_ns_lo": "", "rtt_p50_ns_hi": ""},
		{"transport": "mmap", "launches": "0", "rtt_p50_ns_median": ""},
	} {
		for name, want := range cells {
			if rows[row][name] != want {
				t.Errorf("row %d: %s is %q, want %q", row, name, rows[row][name], want)
			}
		}
	}
}
