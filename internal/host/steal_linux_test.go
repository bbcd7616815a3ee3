package host

import "testing"

func TestStolenTimeIsThatOfTheCPUsAskedFor(t *testing.T) {
	stat := []byte("cpu  30 0 20 900 0 0 0 7 0 0\ncpu0 10 0 10 400 0 0 0 5 0 0\ncpu1 20 0 10 500 0 0 0 2 0 0\ncpu12 0 0 0 0 0 0 0 90 0 0\nintr 5 0 0 0 0 0 0 0 0 0\n")
	for _, c := range []struct {
		cpus []int
		ns   int64
	}{{[]int{0}, 50e6}, {[]int{1}, 20e6}, {[]int{0, 1}, 70e6}, {nil, 0}} {
		if ns, ok := stolen(stat, c.cpus); !ok || ns != c.ns {
			t.Errorf("of CPUs %v: %d ns, %v, want %d", c.cpus, ns, ok, c.ns)
		}
	}
}

func TestStolenTimeIsUnknownRatherThanZero(t *testing.T) {
	for _, text := range []string{"", "cpu0 1 2 3 4\n", "cpu0 1 0 0 0 0 0 0 many\n", "cpu1 1 0 0 0 0 0 0 2 0 0\n"} {
		if ns, ok := stolen([]byte(text), []int{0}); ok {
			t.Errorf("from %q: %d ns", text, ns)
		}
	}
}

func TestStolenTimeOfThisMachine(t *testing.T) {
	cpus, err := Affinity()
	if err != nil {
		t.Fatal(err)
	}
	if ns, ok := Stolen(cpus); !ok || ns < 0 {
		t.Errorf("%d ns, %v", ns, ok)
	}
}
