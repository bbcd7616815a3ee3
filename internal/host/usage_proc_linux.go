package host

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// usageFromProc is what /proc says where a sandbox forbids getrusage(2): of the
// calling thread, where dir is its directory, or of all that run, where it is the
// process's. See proc(5).
func usageFromProc(dir string) (Usage, error) {
	number, err := statOf(dir)
	if err != nil {
		return Usage{}, err
	}
	u := Usage{Minor: number(10), Major: number(12), UserNS: number(14) * tick, SystemNS: number(15) * tick}
	u.CPUNS = u.UserNS + u.SystemNS
	threads, _ := filepath.Glob(filepath.Join(dir, "task/*"))
	if len(threads) == 0 {
		threads = []string{dir}
	}
	for _, thread := range threads {
		text, _ := os.ReadFile(filepath.Join(thread, "status"))
		for line := range bytes.Lines(text) {
			name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
			n, _ := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			switch string(name) {
			case "voluntary_ctxt_switches":
				u.Voluntary += n
			case "nonvoluntary_ctxt_switches":
				u.Involuntary += n
			}
		}
	}
	return u, nil
}

// statOf returns the fields of a stat, by their numbers in proc(5).
func statOf(dir string) (number func(field int) int64, err error) {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return nil, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // a name may hold blanks
	if len(fields) < 37 {
		return nil, fmt.Errorf("%s/stat: %q is too short", dir, stat)
	}
	return func(field int) int64 { // the third is the first here
		n, _ := strconv.ParseInt(string(fields[field-3]), 10, 64)
		return n
	}, nil
}

// tick is the unit of CPU times in /proc, in ns: USER_HZ is 100 on every machine
// that Go runs on.
const tick = int64(time.Second / 100)
