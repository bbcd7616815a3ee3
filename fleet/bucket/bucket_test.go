package bucket_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"ipcbench/cmd"
	_ "ipcbench/fleet/bucket"
	"ipcbench/results"
	"ipcbench/results/fleet/synthetic"
	"ipcbench/results/resultstest"
	"ipcbench/results/store"
)

// commandEnv has this binary be the command.
const commandEnv = "IPCBENCH_FLEET_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(commandEnv) != "" {
		os.Unsetenv(commandEnv)
		cmd.Main()
	}
	os.Exit(m.Run())
}

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// made are run directories, each on a host of its own, of so many launches and a profile.
func made(t *testing.T, runs, launches int) (parent string, dirs []string) {
	t.Helper()
	parent = t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range runs {
		run := resultstest.Run
		run.Name = ""
		run.Labels = map[string]string{results.HostLabel: fmt.Sprintf("host%d", i)}
		run.Started = run.Started.Add(time.Duration(i) * time.Minute)
		d, err := results.CreateDirectory(parent, run)
		if err != nil {
			t.Fatal(err)
		}
		for n := range launches {
			l := resultstest.Latency(t, resultstest.Cell("pipe", "latency", 64, "same-cpu"), n+1, resultstest.Around(rng, 5000, 200))
			if err := d.Append(l); err != nil {
				t.Fatal(err)
			}
		}
		addProfile(t, d)
		if err := d.Finish(run); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, d.Path())
	}
	return parent, dirs
}

// addProfile has a cell sampled, and nothing seen.
func addProfile(t *testing.T, d *results.Directory) {
	t.Helper()
	l := resultstest.Latency(t, resultstest.Cell("pipe", "latency", 64, "same-cpu"), 1, resultstest.Repeat(5000, 10))
	l.Profile = &results.Profile{Of: results.OnCPU, Event: "cpu-clock"}
	into, err := results.ProfilesIn(d.Folder())
	if err == nil {
		defer into.Close()
		err = d.AppendProfiled(l)
	}
	if err == nil {
		seen := profile.Profile{SampleType: []*profile.ValueType{{Type: results.ProfileOnNS, Unit: "nanoseconds"}, {Type: results.ProfileOffNS, Unit: "nanoseconds"}}}
		err = into.Replace(results.ProfileFile(l.Cell), seen.Write)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// holds checks that each run of the store is read as one of those here, and none twice,
// and returns how many there are.
func holds(t *testing.T, s *store.Store, dirs []string) int {
	t.Helper()
	runs, broken, err := s.Runs(t.Context())
	if err != nil || len(broken) > 0 {
		t.Fatalf("%v, %v", err, broken)
	}
	ours := map[string]bool{}
	for _, dir := range dirs {
		ours[records(t, dir)] = true
	}
	for _, m := range runs {
		dir, err := s.Fetch(t.Context(), m, t.TempDir(), store.Profiles)
		if err != nil {
			t.Fatal(err)
		}
		if got := records(t, dir); !ours[got] {
			t.Errorf("%s is none of the runs that were sent, or is there twice", dir)
		} else {
			delete(ours, got)
		}
	}
	return len(runs)
}

func records(t *testing.T, dir string) string {
	t.Helper()
	in, err := results.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	profiles, err := results.ProfileRecords(in)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, name := range slices.Concat(results.Records(), profiles) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %d %s\n", name, len(data), data)
	}
	return all.String()
}

func ipcbench(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, args...)
	c.Env = append(os.Environ(), commandEnv+"=1")
	c.Dir = t.TempDir()
	return c
}

// TestAServiceThatFailsIsSlowAndForgets has every run in the end, each once and in whole.
func TestAServiceThatFailsIsSlowAndForgets(t *testing.T) {
	eachService(t, func(t *testing.T, s *service, url string) {
		_, dirs := made(t, 4, 3)
		s.behave = func(w http.ResponseWriter, r *http.Request, n int) bool {
			switch {
			case n%3 == 1: // it fails
				http.Error(w, "<Error><Code>InternalError</Code></Error>", http.StatusInternalServerError)
			case n%7 == 2: // it acknowledges an object and drops it
				io.Copy(io.Discard, r.Body)
				s.forget(w)
			case n%5 == 3: // it breaks off
				panic(http.ErrAbortHandler)
			case n > 0: // it is slow
				time.Sleep(20 * time.Millisecond)
				return false
			default:
				return false
			}
			return true
		}
		at := open(t, url)
		for i, dir := range dirs {
			if _, err := at.Push(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			if n := holds(t, at, dirs); n != i+1 {
				t.Errorf("the store has %d runs, and not %d", n, i+1)
			}
		}
	})
}

// TestAPushThatIsKilledGoesOn: the command is killed at each of its puts. No run is seen
// that is not there in whole, and in the end all are, each once.
func TestAPushThatIsKilledGoesOn(t *testing.T) {
	s, url := start(t)
	parent, dirs := made(t, 2, 2)
	for kill := 1; ; kill++ {
		push := ipcbench(t, "push", parent, url)
		var said bytes.Buffer
		push.Stderr = &said
		s.mu.Lock()
		done := 0
		s.behave = func(_ http.ResponseWriter, _ *http.Request, n int) bool {
			if n == 0 {
				return false
			}
			if done++; done == 2 { // it gets one further each time
				push.Process.Signal(syscall.SIGKILL)
				panic(http.ErrAbortHandler)
			}
			return false
		}
		s.mu.Unlock()
		err := push.Run()
		s.mu.Lock()
		s.behave = nil
		s.mu.Unlock()
		n := holds(t, open(t, url), dirs)
		if err == nil {
			if n != len(dirs) {
				t.Errorf("the push is done, and the store has %d of %d runs", n, len(dirs))
			}
			if kill < 4 {
				t.Errorf("it was killed %d times only", kill-1)
			}
			break
		}
		if push.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("%v: %s", err, said.String())
		}
	}
	before := s.puts
	if out, err := ipcbench(t, "push", parent, url).CombinedOutput(); err != nil || strings.Count(string(out), "s3://bucket/night/host") != 2 {
		t.Errorf("pushed again: %v: %s", err, out)
	}
	if s.puts != before {
		t.Errorf("%d objects were sent again", s.puts-before)
	}
}

// TestRunsInABucketAreRead by the commands that read those that are here.
func TestRunsInABucketAreRead(t *testing.T) {
	eachService(t, func(t *testing.T, s *service, url string) {
		parent, _ := made(t, 2, 6)
		for range 2 { // the second time, nothing is missing
			out, err := ipcbench(t, "push", parent, url).CombinedOutput()
			if err != nil || strings.Count(string(out), s.scheme+"://") != 2 {
				t.Fatalf("%v: %s", err, out)
			}
		}
		cache := t.TempDir()
		latest, before := store.Below(url, "latest"), store.Below(url, "latest~1")
		var fetched atomic.Int64
		s.behave = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
			if r.Method == http.MethodGet && (strings.HasSuffix(r.URL.Path, "-profiles") || strings.HasSuffix(r.URL.Path, "-profile.jsonl")) {
				fetched.Add(1)
			}
			return false
		}
		for _, step := range []struct {
			line     []string
			profiles int64 // objects of them that are downloaded
		}{
			{[]string{"compare", before, latest}, 0},
			{[]string{"history", url}, 0},
			{[]string{"report", latest}, 2},
			{[]string{"compare", "--profile", before, latest}, 2}, // of the other
			{[]string{"compare", "--profile", before, latest}, 0},
		} {
			c := ipcbench(t, step.line...)
			c.Env = append(c.Env, "XDG_CACHE_HOME="+cache)
			out, err := c.CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("pipe")) {
				t.Errorf("%s: %v: %s", step.line, err, out)
			}
			if n := fetched.Swap(0); n != step.profiles {
				t.Errorf("%s fetched %d objects of profiles, and not %d", step.line, n, step.profiles)
			}
		}
	})
}

// TestAFleetInABucket is compared, and of what an index has, nothing is fetched again.
func TestAFleetInABucket(t *testing.T) {
	eachService(t, func(t *testing.T, s *service, url string) {
		night := t.TempDir()
		fleet := synthetic.Fleet{Hosts: 3, Runs: 2, Cells: 2, Within: 0.01, Change: func(int, int) float64 { return 0.2 }}
		var fetched atomic.Int64
		s.behave = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "-launches.jsonl") {
				fetched.Add(1)
			}
			return false
		}
		for _, step := range []struct {
			runs                int
			compared, collected int64
		}{
			{2, 12, 12}, // of each side, and all are new to either index
			{2, 0, 0},
			{3, 6, 6},
		} {
			fleet.Runs = step.runs
			if err := fleet.Write(night); err != nil {
				t.Fatal(err)
			}
			hosts, err := filepath.Glob(filepath.Join(night, "*"))
			if err != nil {
				t.Fatal(err)
			}
			if out, err := ipcbench(t, append(append([]string{"push"}, hosts...), url)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			out, err := ipcbench(t, "compare", "--old", "kernel=6.12", "--new", "kernel=6.18", url).Output()
			if said := fmt.Sprintf("old: kernel=6.12, %d runs", 3*step.runs); err != nil || !strings.Contains(string(out), said) || !bytes.HasPrefix(out, []byte("All hosts ")) {
				t.Errorf("compare: %v: it does not say %q: %s", err, said, out)
			}
			if n := fetched.Swap(0); n != step.compared {
				t.Errorf("compare fetched %d runs, and not %d", n, step.compared)
			}
			out, err = ipcbench(t, "collect", "--index", filepath.Join(night, "..", "fleet.jsonl"), url).Output()
			if said := fmt.Sprintf("%d runs added", step.collected); err != nil || !strings.Contains(string(out), said) {
				t.Errorf("collect: %v: it does not say %q: %s", err, said, out)
			}
			if n := fetched.Swap(0); n != step.collected {
				t.Errorf("collect fetched %d runs, and not %d", n, step.collected)
			}
		}
	})
}

// TestNoCredentialsOfGoogle are an error, in one line, and no result.
func TestNoCredentialsOfGoogle(t *testing.T) {
	setenv(t, map[string]string{"STORAGE_EMULATOR_HOST": "", "GOOGLE_APPLICATION_CREDENTIALS": filepath.Join(t.TempDir(), "none.json")})
	history := ipcbench(t, "history", "gs://bucket/night")
	var said bytes.Buffer
	history.Stderr = &said
	out, _ := history.Output()
	if history.ProcessState.ExitCode() != 2 || len(out) > 0 || strings.Count(said.String(), "\n") != 1 || !strings.Contains(said.String(), "there are no credentials") {
		t.Errorf("exit status %d, stdout %q, stderr %q", history.ProcessState.ExitCode(), out, said.String())
	}
}

// TestAServiceThatIsAway is said in one line, with the exit status of what failed.
func TestAServiceThatIsAway(t *testing.T) {
	_, url := start(t)
	parent, _ := made(t, 1, 1)
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
	var said bytes.Buffer
	push := ipcbench(t, "push", parent, url)
	push.Stderr = &said
	if push.Run(); push.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), "push again, and only what is missing is sent") {
		t.Errorf("exit status %d: %s", push.ProcessState.ExitCode(), said.String())
	}
	lines := 0
	for in := bufio.NewScanner(&said); in.Scan(); lines++ {
	}
	if lines != 0 && strings.Count(said.String(), "\n") > 1 {
		t.Errorf("it is not one line: %s", said.String())
	}
}
