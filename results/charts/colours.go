package charts

import (
	"cmp"
	"hash/crc32"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// A tint is the colour and the marker of a transport, in all charts of all runs.
type tint struct {
	color  color.NRGBA
	marker int
}

// tints are those of the transports that are known here, by what the data goes
// through: memory is blue, pipes green, sockets orange and red, queues violet, files
// brown, notifications pink, io_uring teal.
//
// Each has a contrast of 3:1 and more on white and on the dark page. That leaves
// little room, and no two dozen colours in it can be told apart with every kind of
// colour vision: those of a default run can, and of the others, those that cannot
// differ in their markers. [TestColoursCanBeToldApart] holds both.
var tints = map[string]tint{
	"mmap": {rgb(0x126CA2), 0}, "memfd": {rgb(0x3762E9), 5}, "shm": {rgb(0x009ED4), 6}, "sysv": {rgb(0x8087FF), 3}, "memfdpass": {rgb(0x5785DC), 4},
	"pipe": {rgb(0x36A185), 2}, "fifo": {rgb(0x26753C), 3}, "vmsplice": {rgb(0x6AA000), 6},
	"unix": {rgb(0xE96F19), 3}, "tcp": {rgb(0xC8484C), 0}, "udp": {rgb(0xE93B6E), 1}, "vsock": {rgb(0xB27442), 4}, "sockmap": {rgb(0xAC4633), 2},
	"mq": {rgb(0x9D47D2), 1}, "sysvmsg": {rgb(0x8668FB), 0},
	"file": {rgb(0x97580E), 4}, "log": {rgb(0x987000), 1},
	"eventfd": {rgb(0xF059B9), 5}, "signal": {rgb(0xAE32AE), 6}, "futex": {rgb(0xC96AF4), 2},
	"cma":   {rgb(0x97974A), 5},
	"uring": {rgb(0x008897), 3}, "msgring": {rgb(0x007F71), 2},
	"null": {grey(0x7D), 0},
}

// foreign are for the transports of other modules, each the same in every run too.
var foreign = []string{"mmap", "pipe", "unix", "mq", "file", "eventfd", "uring", "vmsplice", "udp", "sysvmsg", "cma"}

// tintOf returns the tint of a transport by its word: "mmap".
func tintOf(family string) tint {
	if t, known := tints[family]; known {
		return t
	}
	sum := int(crc32.ChecksumIEEE([]byte(family)))
	return tint{tints[foreign[sum%len(foreign)]].color, sum / len(foreign) % len(polygons)}
}

// familyWord is the word of a cell's transport.
func familyWord(c results.Cell) string {
	word, _, _ := strings.Cut(c.Transport, ":")
	return cmp.Or(c.Family, word)
}

// dashes are the patterns of the ways of waiting, see [results.Way.Dash].
var dashes = [][]vg.Length{nil, {4.5, 2.2}, {7, 2, 1.3, 2}, {9, 2.2}, {1.2, 1.6}, {7, 2, 1.3, 2, 1.3, 2}, {2.6, 1.2}}

// A look is how a series is drawn in every chart of a run: the colour says which
// transport it is, the pattern of its line and the filling of its marker how an end
// waits, and the marker tells apart those that have all this in common.
type look struct {
	color  color.NRGBA
	dashes []vg.Length
	marker int
	hollow bool      // it keeps its CPU while it waits
	width  vg.Length // of its line; 0: the usual one
	thin   bool      // of launches that are not those of the main line
	apart  bool      // its points are so far apart that no line is drawn between them, see [dense]
}

// lookOf returns the look of a cell, the nth of those of its transport that have
// the same filling.
func lookOf(c results.Cell, nth int) look {
	t := tintOf(familyWord(c))
	return look{
		color:  t.color,
		dashes: dashes[c.Way().Dash()],
		marker: (t.marker + nth) % len(polygons),
		hollow: c.Way().Busy(),
	}
}

// nthLook is the look of what is no transport.
func nthLook(n int) look {
	return look{color: plainInks[n%len(plainInks)], dashes: dashes[n%len(dashes)], marker: n % len(polygons)}
}

// plainInks are colours for what is no transport: no two beside each other look alike.
var plainInks = []color.NRGBA{
	rgb(0x126CA2), rgb(0x36A185), rgb(0xE96F19), rgb(0x9D47D2), rgb(0x987000), rgb(0x009ED4), rgb(0xC8484C), grey(0x7D),
}

// lookOf is the look of a cell, the same in all charts of the run.
func (s study) lookOf(c results.Cell) look {
	return lookOf(c, max(0, slices.Index(s.kins[tintKindOf(c)], kin{transportOf(c), c.Dir})))
}

// A kin is one of those that have a colour and a filling in common.
type kin struct{ transport, dir string }

// addKins finds out which they are, in the order of tables.
func (s *study) addKins() {
	s.kins = map[tintKind][]kin{}
	for _, transport := range s.transports {
		for _, dir := range append([]string{""}, s.dirs...) {
			i := slices.IndexFunc(s.cells, func(c summary.Summary) bool { return transportOf(c.Cell) == transport && c.Dir == dir })
			if i >= 0 {
				kind := tintKindOf(s.cells[i].Cell)
				s.kins[kind] = append(s.kins[kind], kin{transport, dir})
			}
		}
	}
}

type tintKind struct {
	family string
	busy   bool
}

func tintKindOf(c results.Cell) tintKind { return tintKind{familyWord(c), c.Way().Busy()} }
