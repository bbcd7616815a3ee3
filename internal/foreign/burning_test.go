package foreign_test

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench"
	"ipcbench/internal/folder"
	"ipcbench/results"
	"ipcbench/results/profile"
	"ipcbench/results/report"
	"ipcbench/transports"
	_ "ipcbench/transports/pipe"
)

// burnEnv says which share of its CPU time an end of the transport burning spends in a
// function that does nothing for it.
const burnEnv = "IPCBENCH_TEST_BURN"

func init() { transports.Register(burning{}) }

// burning is a pipe whose ends burn time.
type burning struct{}

func (burning) pipe(s transports.Spec) (transports.Transport, transports.Spec) {
	t, err := transports.Lookup("pipe")
	if err != nil {
		panic(err)
	}
	s.Transport = "pipe"
	return t, s
}

func (b burning) Info() transports.Info {
	t, err := transports.Lookup("pipe")
	if err != nil {
		return transports.Info{Name: "burning", Doc: "registered before pipe", Kind: transports.Stream, MaxSize: 1 << 20}
	}
	info := t.Info()
	info.Name, info.Doc = "burning", "a pipe whose ends burn time"
	return info
}

func (b burning) Probe(s transports.Spec) error {
	t, s := b.pipe(s)
	return t.Probe(s)
}

func (b burning) Create(s transports.Spec) (transports.Link, error) {
	t, s := b.pipe(s)
	return t.Create(s)
}

func (b burning) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	t, s := b.pipe(s)
	ep, err := t.Open(s, side, h)
	share, _ := strconv.ParseFloat(os.Getenv(burnEnv), 64)
	return &burner{Endpoint: ep, share: share, chance: rand.New(rand.NewPCG(1, uint64(side))), each: share / 4}, err
}

// burner burns a share of the CPU time of its thread, in bursts of some 20 µs before
// messages that chance chooses. No burst may begin or end by that clock: an interrupt that
// takes a sample moves it on, so that bursts would come just after samples and be missed.
type burner struct {
	transports.Endpoint
	share  float64
	chance *rand.Rand
	each   float64 // the probability of a burst before a message
	burned int64   // ns, in so many
	bursts int
	sent   int
}

// rounds is how many times a burst goes round.
const rounds = 20_000

func (b *burner) Send(msg []byte) error {
	if b.share > 0 {
		if b.sent++; b.sent%1000 == 0 && b.bursts > 0 { // so slowly that no sample is of any consequence
			rest := float64(threadNS()-b.burned) / float64(b.sent)
			b.each = b.share / (1 - b.share) * rest / (float64(b.burned) / float64(b.bursts))
		}
		if b.chance.Float64() < b.each {
			from := threadNS()
			burn(rounds)
			b.burned += threadNS() - from
			b.bursts++
		}
	}
	return b.Endpoint.Send(msg)
}

func threadNS() int64 {
	var at unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at)
	return at.Nano()
}

var ash uint64

//go:noinline
func burn(times int) {
	for i := range times {
		ash = ash*6364136223846793005 + uint64(i)
	}
}

// TestAProfileFindsWhatBurnsTime has a fifth of all CPU time burned, and compares that
// with a run that burns nothing.
func TestAProfileFindsWhatBurnsTime(t *testing.T) {
	const share = 0.20
	cold := profileBurning(t, 0)
	hot := profileBurning(t, share)
	name := ""
	sum := 0.0

	for _, s := range hot.ByFunction("") {
		sum += s.Mean()
		if strings.HasSuffix(s.Name, ".burn") {
			name = s.Name
			if math.Abs(s.Mean()-share) > 0.03 || s.Subsystem != profile.Transport {
				t.Errorf("%s has %.1f %% of the time, as %s, and burned %.0f %%", s.Name, 100*s.Mean(), s.Subsystem, 100*share)
			}
		}
	}
	if name == "" || math.Abs(sum-1) > 1e-6 {
		t.Errorf("the function that burns is %q, and all are %.3f of the time", name, sum)
	}
	if sum := total(hot.BySubsystem("")); math.Abs(sum-1) > 1e-6 {
		t.Errorf("the subsystems are %.3f of the time", sum)
	}
	changes := profile.Compare([]profile.Profile{cold}, []profile.Profile{hot})
	if len(changes) != 1 || !slices.ContainsFunc(changes[0].Functions[:2], func(p profile.Part) bool { return p.Name == name }) || !strings.Contains(changes[0].Headline(), name) {
		t.Errorf("a comparison does not name what burns: %+v", changes)
	}
	for _, e := range hot.Ends() {
		if off := math.Abs(e.TogetherNS()-e.WholeNS) / e.WholeNS; e.WholeNS == 0 || off > 0.1 {
			t.Errorf("the time of the %s on and off its CPU is not that of a round trip: %+v", e.Side, e)
		}
	}
}

func total(shares []profile.Share) float64 {
	sum := 0.0
	for _, s := range shares {
		sum += s.Mean()
	}
	return sum
}

// profileBurning is the profile of a run of the transport, which is on its page as well.
func profileBurning(t *testing.T, share float64) profile.Profile {
	t.Helper()
	t.Setenv(burnEnv, strconv.FormatFloat(share, 'g', -1, 64))
	spec, err := transports.Parse("burning")
	if err != nil {
		t.Fatal(err)
	}
	p := bench.Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{"latency"}, Sizes: []int{64}, Placements: []string{"same-cpu"},
		Launches: 1, Time: 10 * time.Millisecond, Timeout: 30 * time.Second,
	}
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run, err := bench.NewRun(p, cells, bench.Options{Parent: t.TempDir(), Profiles: 3})
	if err != nil {
		t.Fatal(err)
	}
	analysis, err := run.Carry(t.Context())
	if err == nil {
		err = report.Remake(run.Path(), analysis)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range analysis.Launches {
		if l.Profile != nil {
			t.Error("a launch that was sampled is among the results")
		}
	}
	dir, err := folder.Open(run.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	all, warnings, err := profile.Open(dir, results.Schema)
	if err != nil || len(all) != 1 || len(warnings) > 0 {
		t.Fatalf("profiles: %d, %q, %v", len(all), warnings, err)
	}
	if len(all[0].OnCPU()) == 0 {
		t.Skip(strings.Join(profile.Reasons(all), "; "))
	}
	if why := all[0].OnCPU()[0].Profile.NoKernel; why != "" {
		t.Skip("the kernel is not looked into: " + why)
	}
	page, err := dir.Read(report.PageFile, 10<<20)
	if err != nil || !strings.Contains(string(page), `id="profiles"`) || !strings.Contains(string(page), "<title>schedule: ") {
		t.Errorf("the page has no flame graph (%v)", err)
	}
	return all[0]
}
