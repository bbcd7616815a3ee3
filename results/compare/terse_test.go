package compare

import "testing"

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
