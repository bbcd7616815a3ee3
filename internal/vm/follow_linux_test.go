package vm

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// What a command appends and replaces comes out as it is written, and what it makes
// beside that does not.
func TestWhatIsWrittenIsSentAsItIs(t *testing.T) {
	dir := t.TempDir()
	var sent channelBuffer
	f := follow(dir, &sent)
	defer f.end()
	run := filepath.Join(dir, "one")
	if err := os.Mkdir(run, 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(run, "launches.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want := map[string]string{}
	for _, line := range []string{"first\n", "second\n", "third\n"} {
		if _, err := file.WriteString(line); err != nil {
			t.Fatal(err)
		}
		want["one/launches.jsonl"] += line
		want["one/run.json"] = "after " + line
		os.WriteFile(filepath.Join(run, ".part"), []byte("after "+line), 0o644)
		os.Rename(filepath.Join(run, ".part"), filepath.Join(run, "run.json"))
		os.WriteFile(filepath.Join(run, "report.html"), []byte(line), 0o644)
		within(t, func() string {
			got := map[string]string{}
			for name, data := range joinParts(sent.bytes()) {
				got[name] = string(data)
			}
			if maps.Equal(got, want) {
				return "all"
			}
			return ""
		})
	}
	into := t.TempDir()
	if err := keepParts(sent.bytes(), into); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(into, "one/launches.jsonl")); err != nil || string(text) != want["one/launches.jsonl"] {
		t.Errorf("kept is %q, %v", text, err)
	}
	if keepParts(sent.bytes(), into) == nil {
		t.Error("what there is was written over")
	}
}

func TestPartsStayInTheirDirectory(t *testing.T) {
	for _, name := range []string{"../evil", "/evil", "a/../../evil", "evil"} {
		var sent bytes.Buffer
		sendPart(&sent, name, 0, []byte("text"))
		dir := filepath.Join(t.TempDir(), "into")
		keepParts(sent.Bytes(), dir)
		if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "evil")); err == nil {
			t.Errorf("%s left the directory", name)
		}
	}
}

// A channelBuffer is a channel that can be looked into meanwhile.
type channelBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (c *channelBuffer) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all.Write(text)
}

func (c *channelBuffer) bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.all.Bytes())
}
