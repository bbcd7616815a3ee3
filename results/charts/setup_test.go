package charts

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
)

// A synthetic set-up: what each stage of a transport takes, in µs.
var setUps = []struct {
	spec, dir string
	stages    map[string]float64
	faults    float64
}{
	{"pipe", "", map[string]float64{"create": 31, "open": 9, results.FirstMessageStage: 14}, 1},
	{"tcp", "", map[string]float64{"create": 160, "connect": 80, "open": 8, results.FirstMessageStage: 60}, 0},
	{"mmap:wait=futex", "/tmp", map[string]float64{"create": 170, "extend": 33, "open": 24, "map": 17, "lock": 12, "touch": 1400, results.FirstMessageStage: 9}, 290},
	{"mmap:wait=futex", "/dev/shm", map[string]float64{"create": 70, "extend": 540, "open": 18, "map": 12, "touch": 520, results.FirstMessageStage: 8}, 290},
	{"udp", "", map[string]float64{"create": 7200, "open": 9, results.FirstMessageStage: 47}, 1},
}

// pageTimes are what a page takes, in µs, by way and state.
var pageTimes = map[string][]float64{"touch": {6, 2.4, 13}, "populate": {4.5, 1.3, 12}, "write": {5, 1.8, 4.9}, "read": {1.6, 1.1, 6}}

func setUpLaunches(launches int) []results.Launch {
	rng := rand.New(rand.NewPCG(7, 2))
	about := func(us float64) float64 { return math.Round(us * 1000 * math.Exp(0.08*rng.NormFloat64())) }
	var all []results.Launch
	for _, s := range setUps {
		for n := range launches {
			l := plain(s.spec, "setup", 64, results.SetupTotal, 0)
			l.Family, l.Group, l.Dir, l.FSType, l.Launch = familyOf(s.spec), groupNameOf(s.spec), s.dir, fstypes[s.dir], n+1
			total := 0.0
			for _, stage := range results.SetupStages() {
				if us, has := s.stages[stage.Name]; has {
					l.Metrics[stage.Metric] = about(us)
					total += l.Metrics[stage.Metric]
				}
			}
			l.Metrics[results.SetupTotal], l.Metrics[results.SetupFaults] = total, s.faults
			if s.dir != "" {
				l.Metrics[results.SetupMap] = about(8)
				for i, state := range results.PageStates() {
					for _, way := range results.PageWays() {
						if state == "cold" && s.dir == "/dev/shm" {
							continue
						}
						l.Metrics[results.PageNS(way.Name, state)] = about(pageTimes[way.Name][i])
					}
				}
			}
			all = append(all, l)
		}
	}
	return all
}

func setUpRun() results.Run {
	run := small.run()
	run.Plan.Specs, run.Plan.Workloads, run.Plan.Sizes = []string{"pipe", "tcp", "mmap:wait=futex", "udp"}, []string{"setup"}, []int{64}
	return run
}

// TestSetUpHasItsPictures: the stages, and what a page costs, beside what every
// workload has.
func TestSetUpHasItsPictures(t *testing.T) {
	all := chartsOf(setUpRun(), setUpLaunches(7))
	if names := chartNames(all); !slices.Equal(names[:3], []string{"launches-setup-64B", "stages-setup-64B-same-llc", "pages-setup"}) {
		t.Fatalf("charts %q", names)
	}
	all = all[1:]
	for _, c := range all[:2] {
		if runtime.GOARCH == "amd64" {
			t.Run(c.Name, func(t *testing.T) { checkGolden(t, c) })
		}
	}
	_, texts := parse(t, svgText(t, all[0]))
	said := strings.Join(texts, "\n")
	for _, words := range []string{"first message", "lock", "connect", "udp", "290"} {
		if !strings.Contains(said, words) {
			t.Errorf("the stages do not say %q", words)
		}
	}
	// The longest would press all others flat, and is cut; that is said.
	if !strings.Contains(all[0].Caption, "goes on beyond") {
		t.Errorf("it is not said that a bar is cut: %s", all[0].Caption)
	}
	if rows := len(all[0].Rows); rows != len(setUps) {
		t.Errorf("%d rows of numbers instead of %d", rows, len(setUps))
	}
	if rows := len(all[1].Rows); rows != 2*len(results.PageWays()) {
		t.Errorf("%d rows of pages instead of %d", rows, 2*len(results.PageWays()))
	}
}

// TestOneSetUpIsDrawn, and so is one of which no stage is known.
func TestOneSetUpIsDrawn(t *testing.T) {
	for _, launches := range [][]results.Launch{setUpLaunches(1)[:1], {plain("pipe", "setup", 64, results.SetupTotal, 5e4)}} {
		for _, c := range chartsOf(setUpRun(), launches) {
			parse(t, svgText(t, c))
		}
	}
}

func TestLinearTicks(t *testing.T) {
	label := func(v float64) string { return fmt.Sprint(v) }
	for _, c := range []struct {
		hi   float64
		room int
		want string
	}{{4300, 5, "0 1000 2000 3000 4000"}, {95, 4, "0 50"}, {1, 1, "0 1"}} {
		var labels []string
		for _, tick := range linearTicks(label, c.room)(0, c.hi) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("up to %v with room for %d: %s instead of %s", c.hi, c.room, got, c.want)
		}
	}
}
