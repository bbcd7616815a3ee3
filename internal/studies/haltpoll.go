package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// haltPolling is for how long an idle CPU of a KVM guest watches for work
// before it leaves the guest, in ns; see the kernel's
// Documentation/virt/guest-halt-polling.rst.
const haltPolling = "/sys/module/haltpoll/parameters/guest_halt_poll_ns"

// haltPollFact is what a run calls it.
const haltPollFact = "guest-halt-poll-ns"

// A haltPoll changes a setting of this machine that decides what waking a
// process on another CPU costs, and asks compare.
type haltPoll struct{ shelf }

func newHaltPoll() *cobra.Command {
	h := &haltPoll{}
	c := &cobra.Command{
		Use:   "haltpoll [flags]",
		Short: "Does compare find what a setting of the kernel does, and name it? (10 s)",
		Long: `Runs one command with guest_halt_poll_ns at 0 and at 50000, puts it back, and
asks "ipcbench compare" what changed: haltpoll.txt and haltpoll.svg. Takes ten
seconds and needs root on a KVM guest whose cpuidle governor is haltpoll.

It holds where the first line of the comparison says faster and names
` + haltPollFact + `, and the differences of the environment name it too.`,
		Args: noWords,
		RunE: carryOut(h.study),
	}
	h.addFlag(c)
	return c
}

func (h *haltPoll) study(ctx context.Context, l lab) (missed []string, err error) {
	before, err := os.ReadFile(haltPolling)
	if err != nil {
		return nil, refusef("%w: needs a KVM guest that polls: modprobe cpuidle-haltpoll force=1", err)
	}
	var runs []string
	for _, ns := range []string{"0", "50000"} {
		run, err := measurePolling(ctx, l, ns, strings.TrimSpace(string(before)))
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	text, err := l.ipcbench(ctx, 0, "compare", runs[0], runs[1])
	if err != nil {
		return nil, err
	}
	fmt.Fprint(l.out, string(text))
	if err := h.keep("haltpoll.txt", string(text)); err != nil {
		return nil, err
	}
	chart := filepath.Join(h.dir, "haltpoll.svg")
	if _, err := l.ipcbench(ctx, 0, "compare", runs[0], runs[1], "--chart="+chart); err != nil {
		return nil, err
	}
	return judgeHaltPoll(string(text)), nil
}

// measurePolling measures with the setting at ns, and sets it back.
func measurePolling(ctx context.Context, l lab, ns, before string) (run string, err error) {
	if err := setHaltPolling(ns); err != nil {
		return "", refusef("%w: run as root", err)
	}
	defer func() {
		if e := setHaltPolling(before); err == nil {
			err = e
		}
	}()
	return l.measure(ctx, 0, "-s", "64", "-w", "latency", "pipe", "unix", "mmap:wait=futex", "mmap:wait=spin")
}

func setHaltPolling(ns string) error { return os.WriteFile(haltPolling, []byte(ns), 0) }

// judgeHaltPoll returns what a comparison does not say and should.
func judgeHaltPoll(comparison string) (missed []string) {
	headline, rest, _ := strings.Cut(comparison, "\n")
	if !strings.Contains(headline, "faster") || !strings.Contains(headline, haltPollFact) {
		missed = append(missed, "the first line is to say faster and to name "+haltPollFact+": "+headline)
	}
	if !strings.Contains(rest, haltPollFact) {
		missed = append(missed, "the differences of the environment are to name "+haltPollFact)
	}
	return missed
}
