package charts

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"testing"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/summary"
)

// darkPaper is the page's --chart-paper on a dark screen.
var darkPaper = rgb(0x17191C)

// linear is a colour in linear light, from 0 to 1.
type linear [3]float64

func linearOf(c color.NRGBA) linear {
	channel := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return linear{channel(c.R), channel(c.G), channel(c.B)}
}

func (l linear) luminance() float64 { return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2] }

// contrast is that of WCAG 2: 1 to 21.
func contrast(a, b color.NRGBA) float64 {
	x, y := linearOf(a).luminance(), linearOf(b).luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestColoursHaveContrast on white and on the dark page: 3:1 for what is drawn and
// 4.5:1 for what is written.
func TestColoursHaveContrast(t *testing.T) {
	drawn := map[string]color.NRGBA{}
	for family, tint := range tints {
		drawn[family] = tint.color
	}
	for i, c := range slices.Concat(plainInks, partInks) {
		drawn[fmt.Sprint("plain ", i)] = c
	}
	for _, tone := range []compare.Tone{compare.Good, compare.Bad} {
		drawn[fmt.Sprint("tone ", tone)] = toneLooks[tone].color
	}
	for name, c := range drawn {
		for _, page := range []color.NRGBA{paper, darkPaper} {
			if got := contrast(c, page); got < 3 {
				t.Errorf("%s: %s has a contrast of %.2f on %s", name, hex(c), got, hex(page))
			}
		}
	}
	for _, c := range []color.NRGBA{ink, softInk, faintInk} {
		if got := contrast(c, paper); got < 4.5 {
			t.Errorf("text of %s has a contrast of %.2f", hex(c), got)
		}
	}
	if got := contrast(axisInk, paper); got < 3 {
		t.Errorf("axes have a contrast of %.2f", got)
	}
}

// visions are how colours are seen, as matrices over linear light: with all three
// kinds of cones, and wholly without one of them (Machado, Oliveira and Fernandes
// 2009, severity 1).
var visions = map[string][3]linear{
	"trichromacy":  {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func (l linear) seen(by [3]linear) linear {
	var seen linear
	for i, row := range by {
		seen[i] = max(0, min(1, row[0]*l[0]+row[1]*l[1]+row[2]*l[2]))
	}
	return seen
}

// oklab is the colour in a space in which distances are about as large as they look
// (Ottosson 2020): black and white are 1 apart.
func (l linear) oklab() [3]float64 {
	long := math.Cbrt(0.4122214708*l[0] + 0.5363325363*l[1] + 0.0514459929*l[2])
	middle := math.Cbrt(0.2119034982*l[0] + 0.6806995451*l[1] + 0.1073969566*l[2])
	short := math.Cbrt(0.0883024619*l[0] + 0.2817188376*l[1] + 0.6299787005*l[2])
	return [3]float64{
		0.2104542553*long + 0.7936177850*middle - 0.0040720468*short,
		1.9779984951*long - 2.4285922050*middle + 0.4505937099*short,
		0.0259040371*long + 0.7827717662*middle - 0.8086757660*short,
	}
}

// apart is how far two colours are from each other for who sees them so.
func apart(a, b color.NRGBA, by [3]linear) float64 {
	x, y := linearOf(a).seen(by).oklab(), linearOf(b).seen(by).oklab()
	return math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
}

// TestColoursCanBeToldApart with every kind of colour vision: those of a default run
// by themselves, and all others by them or their markers.
func TestColoursCanBeToldApart(t *testing.T) {
	const clearly, just = 0.1, 0.05
	byDefault := []string{"mmap", "pipe", "unix", "file"}
	all := slices.Sorted(maps.Keys(tints))
	for vision, by := range visions {
		for i, a := range all {
			for _, b := range all[:i] {
				far := apart(tints[a].color, tints[b].color, by)
				if slices.Contains(byDefault, a) && slices.Contains(byDefault, b) && far < clearly {
					t.Errorf("%s and %s are only %.3f apart with %s", a, b, far, vision)
				}
				if far < just && tints[a].marker == tints[b].marker {
					t.Errorf("%s and %s are only %.3f apart with %s, and have one marker", a, b, far, vision)
				}
			}
		}
		for i := range len(partInks) - 1 {
			if far := apart(partInks[i], partInks[i+1], by); far < just {
				t.Errorf("parts %d and %d are only %.3f apart with %s", i, i+1, far, vision)
			}
		}
	}
}

// TestOneColourForOneTransport, whatever else a run has and in whatever order.
func TestOneColourForOneTransport(t *testing.T) {
	alone, among := small, everyTransport
	alone.specs, alone.messages, alone.launches = []string{"pipe"}, 50, 1
	among.messages, among.launches = 50, 1
	slices.Reverse(among.specs)
	for _, s := range []synthetic{alone, likeDefault, among} {
		study := newStudy(summary.Analyze(s.run(), s.all(t), nil))
		for _, c := range study.cells {
			l := study.lookOf(c.Cell)
			if l.color != tints[c.Family].color || l.hollow != c.Way().Busy() {
				t.Errorf("%s is %s", c.Transport, hex(l.color))
			}
		}
	}
	for _, foreign := range []string{"dbus", "x", ""} {
		if c := tintOf(foreign).color; !slices.ContainsFunc(slices.Collect(maps.Values(tints)), func(known tint) bool { return known.color == c }) {
			t.Errorf("%q, of another module, has the colour %s", foreign, hex(c))
		}
	}
	for family := range groupNames {
		if _, has := tints[family]; !has {
			t.Errorf("%s has no colour of its own", family)
		}
	}
}

// TestNoTwoSeriesLookAlike: each has a colour, a filling and a marker that no other
// of its run has, and so has each of a run of every transport on two filesystems.
func TestNoTwoSeriesLookAlike(t *testing.T) {
	for _, s := range []synthetic{likeDefault, everyTransport} {
		s.messages, s.launches = 50, 1
		study := newStudy(summary.Analyze(s.run(), s.all(t), nil))
		seen := map[string]results.Cell{}
		for _, c := range study.cells {
			l := study.lookOf(c.Cell)
			key := fmt.Sprint(hex(l.color), l.marker, l.hollow)
			if other, taken := seen[key]; taken && (other.Transport != c.Transport || other.Dir != c.Dir) {
				t.Errorf("%s on %q and %s on %q look alike", c.Transport, c.Dir, other.Transport, other.Dir)
			}
			seen[key] = c.Cell
		}
	}
}
