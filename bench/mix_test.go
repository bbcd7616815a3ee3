package bench_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/bench/workload"
	"ipcbench/results"
)

// mixed are the paths that messages of several lengths go: through bytes with and
// without their own ends, through memory, and where they lie.
var mixed = []string{"pipe", "mmap:wait=futex", "mmap:wait=futex,api=inplace", "unix:type=dgram", "udp", "mq", "file:wait=inotify", "null"}

func parseMix(t *testing.T, text string) bench.Mix {
	t.Helper()
	m, err := bench.ParseMix(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sizesFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sizes.txt")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMixesArriveWhole exchanges messages of several lengths, every byte of each
// checked or only the usual, and counts the bytes of those that it counts.
func TestMixesArriveWhole(t *testing.T) {
	file, err := bench.ReadSizes(sizesFile(t, "64\n1\n8000\n15\n\n4KiB\n17\r\n333\n"))
	if err != nil {
		t.Fatal(err)
	}
	mixes := []bench.Mix{parseMix(t, "64=90%,4KiB=9%,8000=1%"), file}
	for _, verify := range []string{bench.VerifyEnds, bench.VerifyAll} {
		p := smallPlan(t, mixed...)
		p.Workloads, p.Sizes, p.Mixes, p.Launches, p.Messages, p.Verify = []string{"latency", "throughput"}, nil, mixes, 1, 5000, verify
		p.Timeout = time.Minute
		launches := measure(t, p)
		if want := len(mixed) * 2 * len(mixes); len(launches) != want {
			t.Errorf("%d records instead of %d", len(launches), want)
		}
		for _, l := range launches {
			if l.Status != results.OK {
				t.Errorf("%s %s %s: %s", l.Transport, l.Workload, l.SizeMix, l.Reason)
				continue
			}
			mean := float64(l.Bytes) / float64(l.Messages)
			if l.Messages != p.Messages || mean < 0.97*float64(l.SizeBytes) || mean > 1.03*float64(l.SizeBytes) {
				t.Errorf("%s %s %s: %d messages of %v bytes, want %d of about %d", l.Transport, l.Workload, l.SizeMix, l.Messages, mean, p.Messages, l.SizeBytes)
			}
			if rate, has := l.Metrics[results.BytesPerS]; has && rate != l.Metrics[results.MsgsPerS]*mean {
				t.Errorf("%s %s: %v bytes per second of %v messages of %v bytes", l.Transport, l.SizeMix, rate, l.Metrics[results.MsgsPerS], mean)
			}
		}
	}
}

// TestMixThatATransportCannotCarryIsSkipped, as a size is.
func TestMixThatATransportCannotCarryIsSkipped(t *testing.T) {
	p := smallPlan(t, "eventfd")
	p.Sizes, p.Mixes, p.Launches = []int{8}, []bench.Mix{parseMix(t, "8=50%,64=50%")}, 1
	for _, l := range measure(t, p) {
		if mix := l.SizeMix != ""; mix != (l.Status == results.Skipped) || mix != strings.Contains(l.Reason, "at most 8") {
			t.Errorf("%d bytes %s: %s %q", l.SizeBytes, l.SizeMix, l.Status, l.Reason)
		}
	}
}

func TestMixesAreExact(t *testing.T) {
	m := parseMix(t, "64KiB=0.25%, 64=90.5%,4KiB=9.250%")
	if want := "64=90.5%,4096=9.25%,65536=0.25%"; m.Name != want {
		t.Errorf("it is called %q, want %q", m.Name, want)
	}
	count := map[int]int{}
	for i, length := range m.Lengths {
		count[length]++
		if n := count[4096]; i%100 == 99 && (n < i*9/100-2 || n > i*10/100+2) {
			t.Fatalf("of the first %d messages, %d have 4 KiB", i+1, n)
		}
	}
	if count[64] != 9050 || count[4096] != 925 || count[65536] != 25 {
		t.Errorf("of %d messages there are %v", len(m.Lengths), count)
	}
	if again := parseMix(t, "4096=9.25%,64=90.5%,65536=0.25%"); again.Name != m.Name || again.Lengths[17] != m.Lengths[17] {
		t.Error("the same mix is another one the next time")
	}
}

func TestBytesOfAMixAreThoseOfItsMessages(t *testing.T) {
	task := workload.Task{Size: 8, Lengths: []int{1, 2, 8}}
	for _, c := range []struct {
		from    uint64
		n, want int64
	}{{0, 0, 0}, {0, 3, 11}, {1, 2, 10}, {2, 2, 9}, {5, 7, 8 + 11 + 11}, {3_000_000_000, 4, 12}} {
		if got := task.Bytes(c.from, c.n); got != c.want {
			t.Errorf("%d messages from %d on have %d bytes, want %d", c.n, c.from, got, c.want)
		}
	}
	task.Lengths = nil
	if got := task.Bytes(5, 7); got != 56 {
		t.Errorf("7 messages of 8 bytes have %d", got)
	}
}

// TestImpossibleMixesAreRefused names what is wrong with each.
func TestImpossibleMixesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"64":                    "write each size with its percentage",
		"64=90":                 "write each size with its percentage",
		"64=90%":                "add up to 90% and not to 100%",
		"64=90%,1=10.01%":       "add up to 100.01%",
		"0=100%":                "at least 1 byte",
		"4KB=100%":              "write 4KiB for 4096 bytes or 4000",
		"64=50%,64B=50%":        "64 B twice",
		"64=99.999%,1=0.001%":   "no more than two decimals",
		"64=100%,1=0%":          "no message would have that size",
		"64=-5%,1=105%":         "as a number up to 100",
		"8GiB=100%":             "at most 4294967295 are sent in a mix",
		strings.Repeat("x", 99): "write each size with its percentage",
	} {
		if _, err := bench.ParseMix(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                            "it is empty",
		"\n \n":                       "it is empty",
		"64\nx\n":                     `line 2: size "x"`,
		"64\n\n0\n":                   `line 3: size "0"`,
		strings.Repeat("1\n", 65_537): "more than 65536 lengths",
		strings.Repeat("1", 5000):     "line 1 has more than 4096 bytes",
	} {
		if _, err := bench.ReadSizes(sizesFile(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	one, _ := bench.ReadSizes(sizesFile(t, "64\n65\n"))
	other, _ := bench.ReadSizes(sizesFile(t, "64B\n\n65"))
	another, _ := bench.ReadSizes(sizesFile(t, "65\n64\n"))
	if one.Name != other.Name || one.Name == another.Name || !strings.HasPrefix(one.Name, "@sizes.txt (2 lengths, ") {
		t.Errorf("files of the same lengths are %q and %q, and of others %q", one.Name, other.Name, another.Name)
	}
}
