package profile

import (
	"strings"
	"testing"

	"ipcbench/results"
)

// TestClocksThatDoNotAgreeAreSaid has an end whose clocks are far apart, and one where
// they agree, of which there is nothing to say.
func TestClocksThatDoNotAgreeAreSaid(t *testing.T) {
	launch := func(of results.ProfileOf, producer, consumer results.Sampled) results.Launch {
		l := results.Launch{Profile: &results.Profile{Of: of}}
		l.Messages = 1
		for i, s := range []results.Sampled{producer, consumer} {
			l.Workers = append(l.Workers, results.Worker{Side: []string{"producer", "consumer"}[i], CPUNS: 1000, Sampled: &s})
		}
		return l
	}
	p := Profile{Launches: []results.Launch{
		launch(results.OnCPU, results.Sampled{OnNS: 1000, RawNS: 700}, results.Sampled{OnNS: 1000, RawNS: 1040}),
		launch(results.OffCPU, results.Sampled{OnNS: 1000, AsleepNS: 1500, WindowNS: 2000}, results.Sampled{OnNS: 1000, AsleepNS: 1050, WindowNS: 2000}),
	}}
	got := p.Beside(nil)
	for _, want := range []string{"The producer's samples come to 70 % of its CPU time", "the producer comes to 125 % of what a message took"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said: %s", want, got)
		}
	}
	if strings.Contains(got, "consumer") {
		t.Errorf("something is said of the one whose clocks agree: %s", got)
	}
}

// TestARecordFromBeforeSamplesWereScaled has what they come to as the time on CPUs.
func TestARecordFromBeforeSamplesWereScaled(t *testing.T) {
	l := results.Launch{Profile: &results.Profile{Of: results.OnCPU}}
	l.Messages = 1
	l.Workers = []results.Worker{{Side: "producer", CPUNS: 1000, Sampled: &results.Sampled{OnNS: 880}}}
	if got := (Profile{Launches: []results.Launch{l}}).Beside(nil); !strings.Contains(got, "88 %") {
		t.Errorf("%s", got)
	}
}
