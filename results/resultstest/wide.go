package resultstest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"ipcbench/results"
)

// Wide are launches whose tables have much to say in few columns: of however many
// workloads, dimensions and metrics chance has it, with long names, skipped and
// failed ones with long reasons, warnings and modes.
func Wide(seed uint64) []results.Launch {
	w := wide{rand.New(rand.NewPCG(seed, 7))}
	var launches []results.Launch
	workloads := results.Workloads()
	for range 1 + w.rng.IntN(3) {
		workload := workloads[w.rng.IntN(len(workloads))]
		varied := w.setting()
		for range 1 + w.rng.IntN(12) {
			launches = append(launches, w.launches(workload, w.cell(workload.Name, varied))...)
		}
	}
	return launches
}

type wide struct{ rng *rand.Rand }

// some is true as often as one in n.
func (w wide) some(n int) bool { return w.rng.IntN(n) == 0 }

func (w wide) one(of ...string) string { return of[w.rng.IntN(len(of))] }

// setting says which of the dimensions beyond the common ones vary in a workload.
func (w wide) setting() map[string]bool {
	varied := map[string]bool{}
	for _, d := range results.Dimensions() {
		varied[d.Name] = w.some(4)
	}
	return varied
}

func (w wide) cell(workload string, varied map[string]bool) results.Cell {
	transport := w.one("pipe", "mmap", "mmap:wait=futex", "mmap:sync=sync,wait=futex", "unix:type=seqpacket",
		"memfd:api=inplace,huge=2MiB,lock=yes,populate=no,thp=advise,wait=hybrid", "ein-transport-mit-langem-namen")
	c := Cell(transport, workload, []int{8, 64, 4096, 1000, 65536, 1 << 20}[w.rng.IntN(6)], w.one("same-cpu", "same-llc", "cross-node", "free", "12-117"))
	c.Waits = w.one(string(results.Sleeps), string(results.Spins))
	if w.some(2) {
		c.Dir = w.one("/tmp", "/dev/shm", "/mnt/a-directory-with-a-long-name/and/another/below/it", "/verzeichnis")
		c.FSType = w.one("ext4", "tmpfs", "btrfs")
	}
	vary := func(name string, change func()) {
		if varied[name] && w.some(2) {
			change()
		}
	}
	vary(results.PairsColumn, func() { c.Pairs = 1 + w.rng.IntN(64) })
	vary(results.RateColumn, func() {
		c.RatePerS, c.Arrivals, c.Pacing = math.Pow(10, 2+5*w.rng.Float64()), w.one(results.Constant, results.Poisson), w.one(results.Spinning, results.Sleeping)
	})
	vary(results.BatchColumn, func() { c.Batch = 1 << w.rng.IntN(8) })
	vary(results.WorkColumn, func() { c.WorkNS = 1000 * int64(w.rng.IntN(50)) })
	vary(results.ThinkColumn, func() { c.ThinkNS = 1000 * int64(w.rng.IntN(50)) })
	vary(results.FanInColumn, func() { c.FanIn, c.Sharing = 2+w.rng.IntN(30), w.one(results.OneQueue, results.RingEach) })
	vary(results.SizeMixColumn, func() { c.SizeMix = w.one("64=90%,4096=10%", "@sizes-of-a-service.txt (312 lengths, 5c5d1f3e)") })
	vary(results.VariantColumn, func() { c.Variant = w.one("A", "B") })
	return c
}

// launches are those of one cell.
func (w wide) launches(workload results.Workload, c results.Cell) []results.Launch {
	const reason = "two spinning ends need two CPUs: each would burn the other's time slice; choose wait=futex or another --placement, and see /sys/kernel/mm/transparent_hugepage/shmem_enabled"
	if w.some(6) {
		return []results.Launch{{Run: Run.Name, Cell: c, Launch: 1, Status: results.Skipped, Reason: reason}}
	}
	typical, spread := map[string]float64{}, math.Pow(10, -3*w.rng.Float64())
	for _, column := range workload.Columns {
		typical[column.Metric] = math.Pow(10, -2+9*w.rng.Float64())
		if w.some(3) {
			typical[column.Metric] = 0
		}
	}
	typical[workload.Main] = math.Pow(10, 1+7*w.rng.Float64())
	modal := w.some(3)
	var launches []results.Launch
	for n := range 1 + w.rng.IntN(12) {
		l := results.Launch{Run: Run.Name, Cell: c, Launch: n + 1, Order: n, Status: results.OK, Messages: 1000, ElapsedNS: 1e6, Metrics: map[string]float64{}}
		factor := 1 + spread*w.rng.NormFloat64()/4
		if modal && n%2 == 0 {
			factor *= 5
		}
		for metric, value := range typical {
			l.Metrics[metric] = value * math.Abs(factor)
		}
		switch {
		case w.some(15):
			l.Status, l.Reason, l.Metrics = results.Failed, reason, nil
		case w.some(8):
			l.Warnings = append(l.Warnings, results.Told.With("text", fmt.Sprintf("launch %d is %g times as slow as the others: its ends waited 2.36 ms for a CPU, and nobody knows why", n, spread)))
		}
		launches = append(launches, l)
	}
	return launches
}
