package export

import (
	"encoding/json"
	"strings"
	"testing"

	"ipcbench/results"
)

var someCores = results.Cores{
	Passes: 3, Planned: 3, ClockNS: 25, TickNS: 10,
	CPUs: []results.Core{{CPU: 0}, {CPU: 1, Core: 1}, {CPU: 2, Core: 2}},
	Pairs: []results.CorePair{
		{A: 0, B: 1, Relation: results.SameLLC, PageNodes: []int{0}, RTT: results.Passes{90, 100, 120.5}, AB: results.Passes{61, 60, 59}, BA: results.Passes{51, 50, 49}},
		{A: 0, B: 2, Reason: "CPUs 0 and 2 did not"},
	},
}

func TestCoresCSVHasARowForEachPair(t *testing.T) {
	var b strings.Builder
	if err := WriteCoresCSV(&b, someCores); err != nil {
		t.Fatal(err)
	}
	want := "cpu_a,cpu_b,relation,page_node,passes,rtt_p50_ns,rtt_min_ns,rtt_max_ns," +
		"oneway_ab_p50_ns,oneway_ab_min_ns,oneway_ab_max_ns,oneway_ba_p50_ns,oneway_ba_min_ns,oneway_ba_max_ns,reason\n" +
		"0,1,same-llc,0,3,100,90,120.5,60,59,61,50,49,51,\n" +
		"0,2,,,0,,,,,,,,,,CPUs 0 and 2 did not\n"
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", &b, want)
	}
}

func TestCoresJSONHasTheColumnsAndThePasses(t *testing.T) {
	var b strings.Builder
	if err := WriteCoresJSON(&b, someCores); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Tick  int64 `json:"clock_tick_ns"`
		CPUs  []results.Core
		Pairs []map[string]any
	}
	if err := json.Unmarshal([]byte(b.String()), &document); err != nil {
		t.Fatal(err)
	}
	if document.Tick != 10 || len(document.CPUs) != 3 || len(document.Pairs) != 2 {
		t.Fatalf("%+v", document)
	}
	first, second := document.Pairs[0], document.Pairs[1]
	if first["rtt_p50_ns"] != 100.0 || first["oneway_ba_min_ns"] != 49.0 || len(first["rtt_passes_ns"].([]any)) != 3 {
		t.Errorf("%v", first)
	}
	if value, has := second["rtt_p50_ns"]; !has || value != nil || second["reason"] == "" {
		t.Errorf("what was not measured is %v", second)
	}
}
