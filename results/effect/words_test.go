package effect

import (
	"math"
	"testing"
)

func TestFormatChange(t *testing.T) {
	for change, want := range map[float64]string{
		0: "0 %", 0.00001: "0 %", -0.0042: "−0.42 %", -0.068: "−6.8 %", 0.087: "+8.7 %", 0.99: "+99 %",
		1: "×2.0", 8.1: "×9.1", 99: "×100", -0.49: "−49 %", -0.5: "÷2.0", -0.89: "÷9.1", -1: "−100 %",
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

func TestTerseShowsWhatDiffersInALongValue(t *testing.T) {
	const line = "BOOT_IMAGE=/boot/vmlinuz-6.18.44 root=/dev/vda1 ro console=ttyS0 "
	for _, c := range []struct{ old, new, wantOld, wantNew string }{
		{"6.12", "6.18", "6.12", "6.18"},
		{line + "quiet", line + "quiet mitigations=off", "…", "… mitigations=off"},
		{line + "a b", line + "b a", line + "a b", line + "b a"},
		{line + "a mid b", line + "c mid d", "… a … b", "… c … d"},
	} {
		if old, new := (Difference{"kernel-cmdline", c.old, c.new}).Terse(); old != c.wantOld || new != c.wantNew {
			t.Errorf("%q and %q became %q and %q", c.old, c.new, old, new)
		}
	}
}
