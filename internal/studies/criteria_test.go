package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/charts"
)

// In each criterion's test the machine is not asked: the figures are made up,
// next to the limit on both of its sides.

func TestOverheadIsJudgedByItsRatioToC(t *testing.T) {
	for _, c := range []struct {
		workload string
		ratio    float64
		misses   bool
	}{
		{"latency", 1.09, false},
		{"latency", 1.11, true},
		{"throughput", 0.91, false},
		{"throughput", 0.89, true},
	} {
		trial := overheadTrial{overheadCase: overheadCase{workload: c.workload}, ours: figures{100 * c.ratio}, c: figures{100}}
		if miss := trial.miss(); (miss != "") != c.misses {
			t.Errorf("%s of %.2f × C: %q", c.workload, c.ratio, miss)
		}
	}
}

func TestCoresAreJudgedByTheirRatioToC(t *testing.T) {
	for ratio, misses := range map[float64]bool{0.89: true, 0.91: false, 1.09: false, 1.11: true} {
		trial := coresTrial{ours: figures{100 * ratio}, c: figures{100}}
		if miss := trial.miss(); (miss != "") != misses {
			t.Errorf("%.2f × C: %q", ratio, miss)
		}
	}
}

func TestLengthsAreJudgedByTheirRatioToWords(t *testing.T) {
	for ratio, misses := range map[float64]bool{0.5: false, 1.14: false, 1.16: true} {
		trial := lengthsTrial{bytes: 8, figures: [2]figures{{10 * ratio}, {10}}}
		if miss := trial.miss(); (miss != "") != misses {
			t.Errorf("%.2f × that of words: %q", ratio, miss)
		}
	}
}

func TestRingIsJudgedAtItsEnds(t *testing.T) {
	for _, c := range []struct {
		size   int
		ours   float64 // its rate, where the C ring's is 100 and the best floor's 200
		misses bool
	}{
		{64, 101, false},
		{64, 99, true},
		{4096, 1, false},
		{64 << 10, 171, false},
		{64 << 10, 169, true},
	} {
		s := newRingStreams(c.size, make([]string, len(ringVariants)), nil)
		for i := range ringVariants {
			s.rates[i] = figures{100}
		}
		s.rates[len(ringVariants)-1] = figures{200}
		s.rates = append(s.rates, figures{c.ours})
		if missed := s.missed(); (len(missed) > 0) != c.misses {
			t.Errorf("%d B at %.0f: %q", c.size, c.ours, missed)
		}
	}
}

func TestWrongVerdictsAreCounted(t *testing.T) {
	for wrong, misses := range map[int]bool{9: false, 10: true} { // 5 and what chance may add to so few
		tally := tally{counts: map[string]map[string]int{}}
		for i := range 100 {
			verdict := told{Cell: results.Cell{Workload: "latency"}, Metric: results.RTTP50, Deciding: true, Verdict: "noisy"}
			if i < wrong {
				verdict.Verdict = "faster"
			}
			other := told{Cell: verdict.Cell, Metric: results.RTTP99, Verdict: "slower"} // not judged
			if err := tally.add(nil, []told{verdict, verdict, other}, io.Discard); err != nil {
				t.Fatal(err)
			}
		}
		if missed := tally.missed(); (len(missed) > 0) != misses {
			t.Errorf("%d of 100 comparisons wrong: %q", wrong, missed)
		}
	}
}

func TestPowerIsJudgedWhereLaunchesAreAlike(t *testing.T) {
	for name, c := range map[string]struct {
		placement string
		cv, found float64
		misses    bool
		status    int
	}{
		"found":            {results.SameCPU, 0.05, 0.90, false, 0},
		"not found":        {results.SameCPU, 0.05, 0.85, true, 0},
		"noisy":            {results.SameCPU, 0.06, 0.85, false, 2},
		"two CPUs":         {"0-1", 0.01, 0.50, false, 2},
		"no spread at all": {results.SameCPU, 0, 0.85, true, 0},
	} {
		curve := charts.Power{CV: c.cv, Found: []float64{0, 0, 0, c.found}}
		missed, err := judgePower([]powerCase{{"delayed-pipe", c.placement}}, []charts.Power{curve})
		if (len(missed) > 0) != c.misses || status(err) != c.status {
			t.Errorf("%s: %q, %v", name, missed, err)
		}
	}
}

func TestHaltPollIsToBeNamedTwice(t *testing.T) {
	for text, misses := range map[string]int{
		"pipe 6× faster; guest-halt-poll-ns 0 → 50000\n guest-halt-poll-ns 0 50000": 0,
		"pipe 6× faster; guest-halt-poll-ns 0 → 50000\n":                            1,
		"pipe 6× faster\n guest-halt-poll-ns 0 50000":                               1,
		"nothing changed\n": 2,
	} {
		if missed := judgeHaltPoll(text); len(missed) != misses {
			t.Errorf("%q: %q", text, missed)
		}
	}
}

func TestWhatIsWrongWithTheCommandLineIsRefused(t *testing.T) {
	for _, words := range []string{
		"everything", "overhead pipe", "overhead --fast", "overhead --only pipe,none", "ring --rounds 0", "cores --rounds 0", "aa --pairs many", "power --trials -1",
	} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), strings.Fields(words), &stdout, &stderr); status != 2 || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("%s: exit status %d\n%s%s", words, status, &stdout, &stderr)
		}
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	for _, words := range []string{"", "--help", "overhead --help", "power -h"} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), strings.Fields(words), &stdout, &stderr); status != 0 || stdout.Len() == 0 || stderr.Len() > 0 {
			t.Errorf("%s: exit status %d\n%s", words, status, &stderr)
		}
	}
}
