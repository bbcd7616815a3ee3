package effect

import (
	"math"
	"testing"
)

func TestFormatChange(t *testing.T) {
	for change, want := range map[float64]string{
		0: "0 %", 0.00001: "0 %", -0.0042: "−0.42 %", -0.068: "−6.8 %", 0.087: "+8.7 %", 0.99: "+99 %",
		1: "×2.0", 8.1: "×9.1", 99: "×100", 1e6: "×>999", -0.99999: "÷>999", -0.49: "−49 %", -0.5: "÷2.0", -0.89: "÷9.1", -1: "−100 %",
		math.Inf(1): "—", math.NaN(): "—",
	} {
		if got := FormatChange(change); got != want {
			t.Errorf("%v became %s, want %s", change, got, want)
		}
	}
}

func TestFormatP(t *testing.T) {
	for p, want := range map[float64]string{1: "1.00", 0.5: "0.50", 0.0123: "0.012", 0.0001: "<0.001", 0: "<0.001", math.NaN(): "—"} {
		if got := FormatP(p); got != want {
			t.Errorf("%v became %s, want %s", p, got, want)
		}
	}
}

func TestFormatInterval(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{-0.084, -0.051, "[−8.4 %, −5.1 %]"}, {-0.9, 1, "[÷10, ×2.0]"}, {math.NaN(), 1, "—"}, {-1, math.Inf(1), "—"},
	} {
		if got := FormatInterval(Effect{Lo: c.lo, Hi: c.hi}); got != c.want {
			t.Errorf("%v to %v became %s, want %s", c.lo, c.hi, got, c.want)
		}
	}
}
