package bench_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ipcbench/bench/internal/pages"
	"ipcbench/results"
	"ipcbench/transports"
)

// TestStagesOfTransportsAreKnown to whoever shows them, in the same order.
func TestStagesOfTransportsAreKnown(t *testing.T) {
	var known []string
	for _, s := range results.SetupStages() {
		known = append(known, s.Name)
	}
	for i, s := range transports.Stages {
		if known[i] != string(s) {
			t.Errorf("stage %d is %s to transports and %s to results", i, s, known[i])
		}
	}
}

// TestWaysToAPageAreKnown to whoever shows them, and so are the states of one.
func TestWaysToAPageAreKnown(t *testing.T) {
	for _, way := range []string{pages.Touch, pages.Populate, pages.Write, pages.Read} {
		if _, known := results.LookupPageWay(way); !known {
			t.Errorf("results know no way %q to a page", way)
		}
	}
	if states := []string{pages.New, pages.Warm, pages.Cold}; !slices.Equal(states, results.PageStates()) {
		t.Errorf("results know pages that are %q, and not %q", results.PageStates(), states)
	}
}

// TestSetUpIsTold has each path of an endpoint set up, and looks for stages that are
// missing, faults that are not exactly as many as there are pages, and sums that are
// none.
func TestSetUpIsTold(t *testing.T) {
	p := smallPlan(t, append([]string{"memfd", "tcp", "mmap:wait=futex,populate=no", "pipe:wait=go", "log"}, sound...)...)
	p.Workloads, p.Sizes, p.Launches = []string{"setup"}, []int{1, 5000}, 3
	least := map[string]float64{} // faults beyond those of its pages, of each cell's launches: the kernel may take a page back meanwhile
	for _, l := range measure(t, p) {
		if l.Status == results.Skipped {
			continue
		}
		if l.Status != results.OK {
			t.Errorf("%s of %d bytes: %s", l.Transport, l.SizeBytes, l.Reason)
			continue
		}
		has := func(stage string) bool { _, has := l.Metrics[results.StageNS(stage)]; return has }
		ring := l.Kind == string(transports.Memory)
		for stage, want := range map[string]bool{
			"create": true, "open": true, results.FirstMessageStage: true, results.CloseStage: true, results.ReleaseStage: true,
			"connect": l.Family == "tcp", "map": ring, "touch": ring && !strings.Contains(l.Transport, "populate=no"),
			"extend": ring || l.Kind == string(transports.File), "lock": false,
		} {
			if has(stage) != want {
				t.Errorf("%s: that there is a stage %s is %v", l.Transport, stage, !want)
			}
		}
		sum := 0.0
		for _, part := range results.LookupWorkload("setup").Parts {
			sum += l.Metrics[part]
		}
		if total := l.Metrics[results.SetupTotal]; total <= 0 || sum < 0.999*total || sum > 1.001*total {
			t.Errorf("%s: the stages take %v ns and all together %v", l.Transport, sum, total)
		}
		if has("touch") {
			pages := l.Metrics[results.StageNS("touch")] / l.Metrics[results.SetupTouchPage]
			cell := fmt.Sprint(l.Transport, " of ", l.SizeBytes, " bytes")
			excess := l.Metrics["setup_touch_faults"] - pages
			if known, has := least[cell]; !has || excess < known {
				least[cell] = excess
			}
		}
		if _, paged := l.Metrics[results.PageNS("read", "warm")]; paged != (ring || l.Kind == string(transports.File)) {
			t.Errorf("%s: that what a page costs is known is %v: %v", l.Transport, paged, l.Warnings)
		}
		// A call of nothing may take no longer than a reading of the clock, and is then not known.
		if warm, told := l.Metrics[results.SetupWarmRTT]; told && warm <= 0 || !told && l.Transport != "null" || l.Verified < 2 || l.Messages < 2 {
			t.Errorf("%s: %d messages of which %d were checked, %v", l.Transport, l.Messages, l.Verified, l.Metrics)
		}
		if slices.ContainsFunc(l.Warnings, func(w results.Warning) bool { return w.ID == results.Allocated.ID }) {
			t.Errorf("%s: %v", l.Transport, l.Warnings)
		}
	}
	for cell, excess := range least {
		if excess < -0.001 || excess > 0.001 {
			t.Errorf("%s: touching its pages was %v faults more than there are pages", cell, excess)
		}
	}
}
