package host

import (
	"bytes"
	"os"
	"strconv"
)

// userHZ is how many ticks a second /proc/stat counts in, on every
// architecture that Go runs on; see sysconf(3), _SC_CLK_TCK.
const userHZ = 100

// Stolen returns for how long, in nanoseconds since boot, the hypervisor gave
// the time of these CPUs to others; see proc_stat(5). It is counted in ticks
// of 10 ms. ok is false where the kernel does not say.
func Stolen(cpus []int) (ns int64, ok bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	return stolen(text, cpus)
}

// stolen adds up the eighth numbers of lines such as "cpu1 5 0 3 9 0 0 0 2".
func stolen(stat []byte, cpus []int) (ns int64, ok bool) {
	ticks := map[string]int64{}
	for line := range bytes.Lines(stat) {
		fields := bytes.Fields(line)
		if len(fields) < 9 || !bytes.HasPrefix(fields[0], []byte("cpu")) {
			continue
		}
		n, err := strconv.ParseInt(string(fields[8]), 10, 64)
		if err != nil {
			return 0, false
		}
		ticks[string(fields[0])] = n
	}
	for _, cpu := range cpus {
		n, known := ticks["cpu"+strconv.Itoa(cpu)]
		if !known {
			return 0, false
		}
		ns += n * (1e9 / userHZ)
	}
	return ns, true
}
