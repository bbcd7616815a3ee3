package results

import "testing"

func TestVolatileFacts(t *testing.T) {
	for fact, want := range map[string]bool{"loadavg": true, "psi-cpu": true, "psi-io": true, "cpu-times": true, "kernel": false, "guest-halt-poll-ns": false} {
		if Volatile(fact) != want {
			t.Errorf("%s: volatile is %v", fact, !want)
		}
	}
}
