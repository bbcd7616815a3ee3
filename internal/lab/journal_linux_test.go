package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func init() {
	// They have the harmless knob set until they are killed: for good, or ever again.
	roles["set"] = func(dir string) error { return setForGood(dir, false) }
	roles["set again"] = func(dir string) error { return setForGood(dir, true) }
}

func init() {
	// It is an experiment's process: all is done by one in a namespace, which puts the
	// knob back when it is told to end.
	roles["experiment"] = func(string) error {
		os.Setenv(roleEnv, "set until told")
		cmd := Private(context.Background())
		cmd.Stdout = os.Stdout
		return Run(cmd)
	}
	roles["set until told"] = func(dir string) error {
		told := make(chan os.Signal, 1)
		signal.Notify(told, syscall.SIGTERM)
		j, err := OpenJournal(dir)
		if err != nil {
			return err
		}
		if err := j.Set(Knob{harmless, "7"}); err != nil {
			return err
		}
		fmt.Println("begun")
		<-told
		return j.Close()
	}
}

// TestWhoeverStartedItIsKilled: the process in the namespace hears of it, and puts back
// what it changed.
func TestWhoeverStartedItIsKilled(t *testing.T) {
	_, now := other(t)
	dir := filepath.Join(t.TempDir(), "journal")
	kill(t, started(t, exec.CommandContext(t.Context(), "/proc/self/exe"), "experiment", dir).Process)
	eventually(t, "it put back and ended", func() bool { return isEmpty(dir) == nil })
	reads(t, harmless, now)
}

func setForGood(dir string, again bool) error {
	j, err := OpenJournal(dir)
	if err != nil {
		return err
	}
	values := []string{"7", "8"}
	for i := 0; ; i++ {
		if err := j.Set(Knob{harmless, values[i%2]}); err != nil {
			return err
		}
		if i == 1 {
			fmt.Println("begun")
		}
		if i > 1 && !again {
			time.Sleep(time.Hour)
		}
		if again && i%3 == 0 {
			if err := j.Restore(); err != nil {
				return err
			}
		}
	}
}

// TestAKilledExperimentIsPutBack by another process, once, and until then there is no
// other experiment.
func TestAKilledExperimentIsPutBack(t *testing.T) {
	_, now := other(t)
	dir := filepath.Join(t.TempDir(), "journal")
	cmd := started(t, Private(t.Context()), "set", dir)
	if _, err := OpenJournal(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("another experiment (process %d)", cmd.Process.Pid)) {
		t.Errorf("two at once: %v", err)
	}
	if _, err := PutBack(dir); err == nil || errors.Is(err, ErrLeft) {
		t.Errorf("put back while it is under way: %v", err)
	}
	kill(t, cmd.Process)
	eventually(t, "its lock is free", func() bool { _, err := OpenJournal(dir); return errors.Is(err, ErrLeft) })
	done, err := PutBack(dir)
	if err != nil || len(done) == 0 || !strings.Contains(done[0], "to "+harmless) {
		t.Errorf("put back: %q, %v", done, err)
	}
	reads(t, harmless, now)
	if done, err := PutBack(dir); err != nil || len(done) > 0 {
		t.Errorf("put back again: %q, %v", done, err)
	}
	if err := isEmpty(dir); err != nil {
		t.Error(err)
	}
}

// TestAKillAtAnyMoment leaves the value or its entry.
func TestAKillAtAnyMoment(t *testing.T) {
	_, now := other(t)
	for range 8 {
		dir := filepath.Join(t.TempDir(), "journal")
		cmd := started(t, Private(t.Context()), "set again", dir)
		atAnyMoment()
		kill(t, cmd.Process)
		eventually(t, "its lock is free", func() bool { _, err := PutBack(dir); return err == nil })
		reads(t, harmless, now)
	}
}

func kill(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
}

// TestTheLastValueIsPutBackFirst: what was set twice is what it was before the first.
func TestTheLastValueIsPutBackFirst(t *testing.T) {
	k, now := other(t)
	j, err := OpenJournal(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for range 2 { // rounds
		for _, value := range []string{k.Value, "9"} {
			k.Value = value
			if err := j.Set(k); err != nil {
				t.Fatal(err)
			}
			reads(t, k.Path, value)
		}
		if err := j.Restore(); err != nil {
			t.Error(err)
		}
		reads(t, k.Path, now)
	}
}

// TestWhatAJournalMeans: a line that was not written whole is of a change that was not
// made, one of another boot of a machine that is gone, and one that nobody can read is
// no reason to forget the rest.
func TestWhatAJournalMeans(t *testing.T) {
	_, now := other(t)
	line := fmt.Sprintf(`{"knob":{"path":"%s","value":"%s"}}`+"\n", harmless, now)
	here := fmt.Sprintf(`{"boot":"%s","pid":1}`+"\n", bootID())
	for name, c := range map[string]struct {
		text string
		left int
		want string
	}{
		"nothing":          {here, 0, ""},
		"a whole line":     {here + line, 1, ""},
		"a torn line":      {here + line + line[:20], 1, ""},
		"only a torn head": {here[:9], 0, ""},
		"another boot":     {`{"boot":"x","pid":1}` + "\n" + line, 0, ""},
		"nonsense":         {here + "nonsense\n" + line, 0, "line 2"},
		"what is gone":     {here + strings.ReplaceAll(line, "stat_interval", "nothing"), 1, ""},
		"no group of ours": {here + `{"group":"/sys/kernel"}` + "\n", 1, "no control group of an experiment"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, journalName)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		done, err := PutBack(dir)
		if len(done) != c.left || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v", name, done, err)
		}
		if _, missing := os.Stat(path); (missing == nil) != (err != nil) {
			t.Errorf("%s: after %v the journal is there: %v", name, err, missing)
		}
	}
}

// TestAFullDisk has nothing set that is not recorded, and all put back that is.
func TestAFullDisk(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	k, now := other(t)
	at := t.TempDir()
	full, err := (Filesystem{Type: "tmpfs", Options: "size=4k,mode=700"}).Mount(t.Context(), at)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	j, err := OpenJournal(at)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var err error
		for k.Value = "7"; err == nil; {
			err = j.Set(k)
		}
		if !containsAll(err.Error(), []string{"not set", "free some space"}) {
			t.Error(err)
		}
		k.Value = "9"
		if err := j.Set(k); err == nil {
			t.Error("it was set, and not recorded")
		}
		reads(t, k.Path, "7")
		_, entries, err := readJournal(j.path())
		if err != nil || len(entries) != len(j.entries) {
			t.Errorf("%d entries of %d, %v", len(entries), len(j.entries), err)
		}
		if err := j.Restore(); err != nil {
			t.Error(err)
		}
		reads(t, k.Path, now)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func TestADirectoryOfOthers(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(dir); err == nil || !strings.Contains(err.Error(), "another user may write there") {
		t.Error(err)
	}
	if done, err := PutBack(filepath.Join(dir, "none")); err != nil || done != nil {
		t.Errorf("nothing there: %q, %v", done, err)
	}
}
