package summary

import (
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

func TestASyncThatReachesNoMediumIsNamed(t *testing.T) {
	ext4, disk := results.Layer{FSType: "ext4", Mount: "rw,relatime"}, results.Layer{Device: "sda", Driver: "sd", WriteCache: results.WriteBack}
	bare := results.Layer{FSType: "ext4", Mount: "rw,nobarrier"}
	host := results.Layer{Device: "vda", Driver: "virtio_blk", WriteCache: results.WriteThrough}
	loop := results.Layer{Device: "loop0", Driver: "loop", WriteCache: results.WriteBack}
	protected := results.Layer{Device: "sda", Driver: "sd", WriteCache: results.WriteThrough}
	for name, c := range map[string]struct {
		layers []results.Layer
		want   []string
	}{
		"a disk":               {[]results.Layer{ext4, disk}, nil},
		"an old record":        {nil, nil},
		"memory":               {[]results.Layer{{FSType: "tmpfs"}}, []string{"reaches no medium: tmpfs is memory"}},
		"compressed memory":    {[]results.Layer{ext4, {Device: "zram0"}}, []string{"reaches no medium: zram0 is memory"}},
		"a volatile overlay":   {[]results.Layer{{FSType: "overlay", Mount: "rw,volatile"}, ext4, disk}, []string{"overlay is mounted volatile"}},
		"no barriers":          {[]results.Layer{bare, disk}, []string{"volatile cache: ext4 is mounted nobarrier, and does not have sda flush it"}},
		"nothing to flush":     {[]results.Layer{bare, protected}, nil},
		"the host's disk":      {[]results.Layer{ext4, host}, []string{"reaches the host: vda"}},
		"a file":               {[]results.Layer{ext4, loop, ext4, disk}, []string{"two filesystems: loop0 is a loop device over a file on ext4"}},
		"a file in memory":     {[]results.Layer{ext4, loop, {FSType: "tmpfs"}}, []string{"tmpfs is memory", "loop0 is a loop device over a file on tmpfs"}},
		"a file not seen":      {[]results.Layer{ext4, loop}, []string{"a file on one that is not seen"}},
		"somebody else's disk": {[]results.Layer{{FSType: "9p"}}, []string{"not known here: 9p shows no device"}},
	} {
		got := shortOf(c.layers)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", name, got)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i].String(), want) {
				t.Errorf("%s: got %q, want %q", name, got[i], want)
			}
		}
	}
}

// Only of rows that push is it said.
func TestWhatDoesNotPushReachesWhatItWants(t *testing.T) {
	cell := resultstest.Cell("mmap", "throughput", 64, "free")
	cell.Dir, cell.FSType = "/dev/shm", "tmpfs"
	pushed := cell
	pushed.Transport, pushed.Pushed = "mmap:sync=sync", results.BySync
	run := resultstest.Run
	run.Storage = map[string][]results.Layer{"/dev/shm": {{FSType: "tmpfs"}}}
	a := Analyze(run, []results.Launch{resultstest.Throughput(cell, 1, 1e6), resultstest.Throughput(pushed, 1, 1e5)}, nil)
	for _, s := range a.Cells {
		said := false
		for _, w := range s.Warnings {
			said = said || w.ID == "sync-memory"
		}
		if said != (s.Pushed != "") {
			t.Errorf("%s: %v", s.Transport, s.Warnings)
		}
	}
}
