package bench

import (
	"context"
	"testing"
	"time"
)

func TestNoiseIsHeardOnEveryCPU(t *testing.T) {
	m, err := thisMachine()
	if err != nil {
		t.Fatal(err)
	}
	const d = 50 * time.Millisecond
	noise, err := Noise(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if noise.SpentNS < int64(d) || noise.ClockNS <= 0 {
		t.Errorf("watched for %d ns, and the clock costs %v ns", noise.SpentNS, noise.ClockNS)
	}
	if len(noise.CPUs) != len(m) {
		t.Fatalf("%d CPUs were watched, of %s", len(noise.CPUs), m)
	}
	for i, cpu := range noise.CPUs {
		if cpu.CPU != m[i].ID {
			t.Errorf("CPU %d stands where CPU %d should", cpu.CPU, m[i].ID)
		}
		if cpu.WorstNS > cpu.StalledNS || cpu.Stalls*noise.StallNS > cpu.StalledNS {
			t.Errorf("stalls do not add up: %+v", cpu)
		}
	}
	if len(m) > 1 && len(noise.CacheLines) == 0 {
		t.Error("there are two CPUs and no cache line went between them")
	}
}

func TestNoiseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Noise(ctx, time.Hour); err == nil {
		t.Error("an hour of watching was over at once, and nobody said why")
	}
}
