package bench

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

// A Mix is messages of more than one length: both ends know how long each is by its
// number.
type Mix struct {
	Name    string // as records have it, see results.Cell.SizeMix
	Lengths []int  // of messages, in bytes, over and over
}

const (
	mixCycle   = 10_000         // messages of a mix of percentages: a hundredth of a percent is one
	mixSeed    = 64             // of their order, the same always
	mostLines  = 65_536         // of a file of sizes
	longestMix = math.MaxUint32 // of a message in bytes
	lineBytes  = 4096           // of a line, far more than a number has
)

// ParseMix reads a mix of sizes and how many of a hundred messages have each:
// "64=90%,4KiB=9%,64KiB=1%". A percentage has up to two decimals, and all of them
// add up to 100, exactly. In every stretch of messages the sizes are about as
// frequent, in an order that is random, and always the same.
func ParseMix(text string) (Mix, error) {
	var parts []share
	sum := 0
	for part := range strings.SplitSeq(text, ",") {
		s, err := parseShare(part)
		if err != nil {
			return Mix{}, fmt.Errorf("mix %q: %w", text, err)
		}
		if slices.ContainsFunc(parts, func(other share) bool { return other.size == s.size }) {
			return Mix{}, fmt.Errorf("mix %q: it has %s twice: leave one out", text, results.FormatSize(s.size))
		}
		parts, sum = append(parts, s), sum+s.count
	}
	if sum != mixCycle {
		return Mix{}, fmt.Errorf("mix %q: its percentages add up to %s and not to 100%%", text, percent(sum))
	}
	slices.SortFunc(parts, func(a, b share) int { return cmp.Compare(a.size, b.size) })
	var names []string
	for _, s := range parts {
		names = append(names, fmt.Sprintf("%d=%s", s.size, percent(s.count)))
	}
	m := Mix{Name: strings.Join(names, ","), Lengths: spread(parts)}
	return m, m.check()
}

// A share is how many messages of a cycle have a size.
type share struct{ size, count int }

func parseShare(text string) (share, error) {
	before, after, found := strings.Cut(strings.TrimSpace(text), "=")
	number, isPercent := strings.CutSuffix(after, "%")
	if !found || !isPercent {
		return share{}, fmt.Errorf("%q: write each size with its percentage, as 64=90%%", text)
	}
	size, err := results.ParseSize(strings.TrimSpace(before))
	if err != nil {
		return share{}, err
	}
	whole, decimals, _ := strings.Cut(number, ".")
	decimals = strings.TrimRight(decimals, "0")
	if len(decimals) > 2 {
		return share{}, fmt.Errorf("%q: a mix is of %d messages, and a percentage of them has no more than two decimals", text, mixCycle)
	}
	count, err := strconv.ParseUint(whole+(decimals + "00")[:2], 10, 32)
	if err != nil || count > mixCycle {
		return share{}, fmt.Errorf("%q: write the percentage as a number up to 100, as 90%% or 0.25%%", text)
	}
	if count == 0 {
		return share{}, fmt.Errorf("%q: no message would have that size: leave it out", text)
	}
	return share{size, int(count)}, nil
}

// percent writes so many messages of a cycle as a percentage of it.
func percent(count int) string {
	return strconv.FormatFloat(float64(count)/(mixCycle/100), 'f', -1, 64) + "%"
}

// spread orders the messages of a cycle: those of each size at random, but each in
// its own of as many equal parts of the cycle as there are of the size.
func spread(parts []share) []int {
	type message struct {
		size int
		at   float64
	}
	rng := rand.New(rand.NewPCG(mixSeed, mixSeed))
	var all []message
	for _, s := range parts {
		for i := range s.count {
			all = append(all, message{s.size, (float64(i) + rng.Float64()) / float64(s.count)})
		}
	}
	slices.SortStableFunc(all, func(a, b message) int { return cmp.Compare(a.at, b.at) })
	var lengths []int
	for _, m := range all {
		lengths = append(lengths, m.size)
	}
	return lengths
}

// ReadSizes reads the lengths of messages from a file, one a line, as somebody's
// real traffic had them. Messages have them in that order, and then again. Lines
// without anything on them are none.
func ReadSizes(path string) (Mix, error) {
	file, err := os.Open(path)
	if err != nil {
		return Mix{}, err
	}
	defer file.Close()
	lengths, err := readLengths(file)
	if err != nil {
		return Mix{}, fmt.Errorf("sizes in %s: %w", path, err)
	}
	m := Mix{Name: fileMix(path, lengths), Lengths: lengths}
	return m, m.check()
}

func readLengths(file io.Reader) (lengths []int, err error) {
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, lineBytes)
	line := 1
	for ; lines.Scan(); line++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		if len(lengths) == mostLines {
			return nil, fmt.Errorf("it has more than %d lengths: cut it (head -n %d)", mostLines, mostLines)
		}
		length, err := results.ParseSize(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		lengths = append(lengths, length)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("line %d has more than %d bytes, and a length is a short number", line, lineBytes)
	case err != nil:
		return nil, err
	case len(lengths) == 0:
		return nil, errors.New("it is empty: write one length in bytes a line")
	}
	return lengths, nil
}

// fileMix tells a file of lengths from others by what they are.
func fileMix(path string, lengths []int) string {
	hash := sha256.New()
	for _, length := range lengths {
		fmt.Fprintln(hash, length)
	}
	says := fmt.Sprintf(" (%d lengths, %x)", len(lengths), hash.Sum(nil)[:4])
	name := "@" + filepath.Base(path)
	return strings.ToValidUTF8(name[:min(len(name), results.Bounds.Name-len(says))], "") + says
}

// check refuses a mix that no plan can have.
func (m Mix) check() error {
	switch {
	case m.Name == "" || len(m.Name) > results.Bounds.Name:
		return fmt.Errorf("mix %.40q...: its name has %d bytes, and at most %d are kept: write the sizes into a file, one a line, and give that as @FILE", m.Name, len(m.Name), results.Bounds.Name)
	case len(m.Lengths) == 0 || len(m.Lengths) > mostLines:
		return fmt.Errorf("mix %s: it has %d lengths, and 1 to %d are taken", m.Name, len(m.Lengths), mostLines)
	case slices.Min(m.Lengths) < 1:
		return fmt.Errorf("mix %s: a message has at least 1 byte", m.Name)
	case m.longest() > longestMix:
		return fmt.Errorf("mix %s: a message of %d bytes: at most %d are sent in a mix", m.Name, m.longest(), int64(longestMix))
	}
	return nil
}

func (m Mix) longest() int { return slices.Max(m.Lengths) }

// mean is their mean length, rounded.
func (m Mix) mean() int {
	sum := 0
	for _, length := range m.Lengths {
		sum += length
	}
	return max(1, (sum+len(m.Lengths)/2)/len(m.Lengths))
}

// of is the cell with messages of this mix; one without a name is of a single size.
func (m Mix) of(c Cell) Cell {
	if m.Name != "" {
		c.SizeMix, c.SizeBytes, c.lengths = m.Name, m.mean(), m.Lengths
		if c.Spec.Caps().Has(transports.Bursts) {
			c.Skip = cmp.Or(c.Skip, "a call hands over messages of one length: leave out api=burst")
		}
	}
	return c
}

// mixes are what messages of a workload are to be like, over a spec that carries at
// most limit, where not 0: each size by itself, and the plan's mixes.
func (p Plan) mixes(name string, limit int) []Mix {
	var all []Mix
	for _, size := range p.sizes(name, limit) {
		all = append(all, Mix{Lengths: []int{size}})
	}
	if w, err := workload.Lookup(name); err == nil && w.Takes(results.SizeMixColumn) {
		all = append(all, p.Mixes...)
	}
	return all
}

// checkMixes refuses mixes that nothing would be measured with.
func (p Plan) checkMixes() error {
	for _, m := range p.Mixes {
		if err := m.check(); err != nil {
			return err
		}
	}
	takesMixes := func(name string) bool {
		w, err := workload.Lookup(name)
		return err == nil && w.Takes(results.SizeMixColumn)
	}
	without := func(name string) bool { return !takesMixes(name) }
	i := slices.IndexFunc(p.Workloads, without)
	if len(p.Mixes) == 0 || i < 0 || len(p.Sizes) > 0 && slices.ContainsFunc(p.Workloads, takesMixes) {
		return nil
	}
	var able []string
	for _, w := range workload.All() {
		if w.Takes(results.SizeMixColumn) {
			able = append(able, w.Name)
		}
	}
	return fmt.Errorf("a mix of sizes means nothing to %s, but to %s: give it a single size as well, or leave it out", p.Workloads[i], strings.Join(able, " and "))
}

func mixNames(mixes []Mix) []string {
	var names []string
	for _, m := range mixes {
		names = append(names, m.Name)
	}
	return names
}
