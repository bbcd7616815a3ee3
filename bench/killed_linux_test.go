package bench_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/results"
	"ipcbench/transports"
	"ipcbench/transports/transporttest"
)

// TestNothingSurvivesTheDriver kills a driver with SIGKILL while its workers
// exchange messages, over every transport in turn.
func TestNothingSurvivesTheDriver(t *testing.T) {
	for _, tr := range transports.All() {
		if _, fault := tr.(*faulty); fault || tr.Info().Caps.Has(transports.OwnLoop) { // here no program loops
			continue
		}
		t.Run(tr.Info().Name, func(t *testing.T) {
			dir := t.TempDir()
			p := planOf(dir, tr.Info().Name)
			spec := p.Specs[0]
			spec.Dir, spec.Size = dir, p.Sizes[0]
			if limit := spec.MaxSize(); limit > 0 {
				spec.Size = min(spec.Size, limit)
			}
			if err := tr.Probe(spec); errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			before := transporttest.Names(dir)

			driver := exec.Command("/proc/self/exe")
			driver.Args[0] = os.Args[0]
			mark := "TMPDIR=" + dir
			driver.Env = append(os.Environ(), driverEnv+"="+spec.String(), driverEnv+"_SIZE="+strconv.Itoa(spec.Size), mark)
			driver.Stderr = os.Stderr
			if err := driver.Start(); err != nil {
				t.Fatal(err)
			}
			ends := 2
			if spec.Caps().Has(transports.OneProcess) {
				ends = 1
			}
			exchanging := func() bool { return len(transporttest.Busy(children(driver.Process.Pid), 60*time.Millisecond)) >= ends }
			if !transporttest.Within(20*time.Second, exchanging) {
				t.Error("the workers do not exchange messages")
			}
			if seen := len(transporttest.Marked(mark)); seen < 1+ends {
				t.Errorf("of the driver and its workers only %d can be found", seen)
			}
			driver.Process.Kill()
			driver.Wait()

			if !transporttest.Within(10*time.Second, func() bool { return len(transporttest.Marked(mark)) == 0 }) {
				left := transporttest.Marked(mark)
				t.Errorf("processes %v outlive their driver", left)
				for _, pid := range left {
					unix.Kill(pid, unix.SIGKILL)
				}
			}
			if err := transporttest.Leaked(before, func() []string { return transporttest.Names(dir) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoNameOutlivesTheDriver kills, at random moments, a driver that does nothing
// but make links: of what must have a name or a number for a moment, each by
// itself, and of all transports in turn.
func TestNoNameOutlivesTheDriver(t *testing.T) {
	const kills = 20
	var all []string
	for _, tr := range transports.All() {
		if _, fault := tr.(*faulty); !fault {
			all = append(all, tr.Info().Name)
		}
	}
	makes := map[string]string{"fifo": "fifo", "mq": "mq", "sysv": "sysv", "sysvmsg": "sysvmsg", "all": strings.Join(all, " ")}
	for title, names := range makes {
		t.Run(title, func(t *testing.T) {
			dir := t.TempDir()
			before := transporttest.Names(dir)
			for range kills {
				killAsItMakes(t, names, dir)
			}
			if err := transporttest.Leaked(before, func() []string { return transporttest.Names(dir) }); err != nil {
				t.Errorf("of %d drivers, killed while they made links: %v", kills, err)
			}
		})
	}
}

// killAsItMakes starts a driver that makes links and kills it a moment after it
// has begun.
func killAsItMakes(t *testing.T, names, dir string) {
	t.Helper()
	driver := exec.Command("/proc/self/exe")
	driver.Args[0] = os.Args[0]
	driver.Env = append(os.Environ(), makerEnv+"="+names, "TMPDIR="+dir)
	driver.Stderr = os.Stderr
	begun, err := driver.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := driver.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := begun.Read(make([]byte, 1)); err != nil {
		t.Errorf("a driver that makes links of %s ended: %v", names, err)
	}
	time.Sleep(rand.N(4 * time.Millisecond))
	driver.Process.Kill()
	driver.Wait()
}

const makerEnv = "IPCBENCH_TEST_MAKER"

// makeLinks makes links of the named transports until it is killed, and says when
// it has begun.
func makeLinks(names string) {
	fmt.Println("begun")
	for {
		for name := range strings.FieldsSeq(names) {
			spec, err := transports.Parse(name)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			spec.Size, spec.Dir = 8, os.TempDir()
			tr, _ := transports.Lookup(spec.Transport)
			if link, err := tr.Create(spec); err == nil {
				link.Close()
			} // otherwise this host has none
		}
	}
}

const driverEnv = "IPCBENCH_TEST_DRIVER"

// drive is the driver that TestNothingSurvivesTheDriver kills.
func drive(spec string) {
	p := planOf(os.TempDir(), spec)
	size, err := strconv.Atoi(os.Getenv(driverEnv + "_SIZE"))
	p.Sizes, p.Messages, p.Time, p.Timeout = []int{size}, 0, time.Hour, 2*time.Hour
	cells, cellsErr := p.Cells(context.Background())
	if err = errors.Join(err, cellsErr); err == nil {
		var failed []results.Launch
		failed, err = p.Run(context.Background(), cells, func(results.Launch) error { return nil })
		fmt.Fprintf(os.Stderr, "%+v\n", failed)
	}
	fmt.Fprintln(os.Stderr, "the driver was not killed:", err)
	os.Exit(1)
}
