package charts

import (
	"cmp"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results/charts/internal/plot"
)

// A multiple is one of several small plots with the same axes, which show what
// one plot has no room for: a family of transports each, in front of all
// others in grey.
type multiple struct {
	title string
	plot  *plot.Plot
	right vg.Length // kept free beside it for names
}

const (
	smallColumns   = 2                                 // stand beside each other
	smallWidth     = (inner - smallGap) / smallColumns // with its labels
	smallGap       = 16                                // between two columns
	smallSeries    = 7                                 // in the foreground of a plot at most
	smallHeight    = 108
	smallRoom      = 5 // labels on the upright axis
	smallSample    = 11
	smallNameWidth = 88
	contextPoints  = 24 // of a line in the background: there are many
)

var smallTick = lettering{size: 8, ink: softInk}

// A division is the series that stand in the foreground of one plot.
type division struct {
	title string
	of    []series // the best first
}

// divided divides the series by what the data goes through, and where that is
// too many for one plot, by transport, by directory and then as they come.
func (p panel) divided(all []series) []division {
	place := func(s series) string { return p.places[s.cells[0].Dir] }
	var divisions []division
	for _, group := range p.grouped(all) {
		title := groupOf(group[0])
		if len(group) <= smallSeries {
			divisions = append(divisions, division{title, group})
			continue
		}
		for _, some := range pack(group, smallSeries, familyOfSeries) {
			for _, few := range pack(some, smallSeries, place) {
				title := title + ": " + listed(few, familyOfSeries)
				if len(few) < len(some) {
					title += " on " + listed(few, place)
				}
				divisions = append(divisions, chunked(title, few)...)
			}
		}
	}
	return divisions
}

// grouped brings series together by what the data goes through. The groups and
// the series in them are in the order of the best.
func (p panel) grouped(all []series) [][]series {
	ranked := slices.Clone(all)
	slices.SortStableFunc(ranked, func(a, b series) int { return cmp.Compare(p.speed(b), p.speed(a)) })
	return pack(ranked, 0, groupOf)
}

func groupOf(s series) string        { return s.cells[0].Group }
func familyOfSeries(s series) string { return s.cells[0].Family }

// pack keeps series of one key together, and puts the next key to them as long
// as they are at most so many.
func pack(all []series, most int, key func(series) string) [][]series {
	byKey := map[string][]series{}
	var keys []string
	for _, s := range all {
		if byKey[key(s)] == nil {
			keys = append(keys, key(s))
		}
		byKey[key(s)] = append(byKey[key(s)], s)
	}
	var packs [][]series
	for _, k := range keys {
		if last := len(packs) - 1; last >= 0 && len(packs[last])+len(byKey[k]) <= most {
			packs[last] = append(packs[last], byKey[k]...)
		} else {
			packs = append(packs, slices.Clone(byKey[k]))
		}
	}
	return packs
}

// chunked divides what nothing else does.
func chunked(title string, all []series) []division {
	var divisions []division
	for chunk := range slices.Chunk(all, smallSeries) {
		divisions = append(divisions, division{title, chunk})
		title = strings.TrimSuffix(title, ", continued") + ", continued"
	}
	return divisions
}

// listed names the distinct values, in their order.
func listed(all []series, of func(series) string) string {
	var list []string
	for _, s := range all {
		if v := of(s); v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return strings.Join(list, ", ")
}

// nameOf is a series' name as far as the title does not say it.
func (d division) nameOf(s series) string {
	c := s.cells[0]
	name := s.name
	if listed(d.of, func(s series) string { return s.cells[0].Dir }) == c.Dir {
		name = transportOf(c.Cell)
	}
	if options, has := strings.CutPrefix(name, c.Family+":"); has && listed(d.of, familyOfSeries) == c.Family && d.names(c.Family) {
		return options
	}
	return name
}

// names says whether a transport is a word of the title.
func (d division) names(family string) bool {
	words := strings.FieldsFunc(d.title, func(r rune) bool { return r == ' ' || r == ':' || r == ',' })
	return slices.Contains(words, family)
}

// addMultiples makes the figure one of small plots.
func (f *figure) addMultiples(p panel, all []series, line func(series) curve, axes func(*plot.Plot)) {
	f.subtitle += " Grey: the transports of the other plots."
	f.height = smallHeight
	var context []curve
	for _, s := range all {
		k := line(s)
		k.look, k.points, k.marked = look{color: contextInk, apart: k.look.apart}, fewer(k.points), nil
		context = append(context, k)
	}
	var right vg.Length
	for _, d := range p.divided(all) {
		pl := newPlot()
		for _, axis := range []*plot.Axis{&pl.X, &pl.Y} {
			axis.Tick.Label.Font = smallTick.font()
		}
		axes(pl)
		pl.Add(grid{x: true, y: true}, background(context))
		var curves []curve
		var labels names
		for _, s := range d.of {
			k := line(s)
			curves = append(curves, k)
			labels = append(labels, name{
				look: k.look, sample: smallSample, end: k.points[len(k.points)-1],
				text: clip(wrap(d.nameOf(s), nameType, smallNameWidth, withinNames), nameLines),
			})
		}
		addCurves(pl, curves)
		pl.Add(labels)
		right, f.height = max(right, labels.width()), max(f.height, labels.height())
		f.multiples = append(f.multiples, multiple{title: d.title, plot: pl})
	}
	for i := range f.multiples {
		f.multiples[i].right = right
	}
}

// fewer keeps the ends of a line and so many of the points between.
func fewer(points []point) []point {
	if len(points) <= contextPoints {
		return points
	}
	kept := make([]point, contextPoints)
	for i := range kept {
		kept[i] = points[i*(len(points)-1)/(contextPoints-1)]
	}
	return kept
}

// A background is lines that are there to be compared with.
type background []curve

func (b background) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, k := range b {
		line := make([]vg.Point, len(k.points))
		for i, pt := range k.points {
			line[i] = vg.Point{X: x(pt.x), Y: y(pt.y)}
		}
		style := k.look.line()
		style.Width = hairline
		c.StrokeLines(style, line)
	}
}

// rowsOf sets the plots beside and under each other, and names the level axis under
// the last of each column.
func rowsOf(all []multiple, height vg.Length, below string) []part {
	var parts []part
	for first := 0; first < len(all); first += smallColumns {
		if first > 0 {
			parts = append(parts, space(9))
		}
		row := all[first:min(first+smallColumns, len(all))]
		parts = append(parts, part{headType.leading() + 5, func(c draw.Canvas) {
			for i, m := range row {
				headType.write(c, c.Min.X+smallLeft(i), c.Max.Y-headType.size, fromLeft, cut(m.title, headType, smallWidth))
			}
		}}, part{height, func(c draw.Canvas) {
			for i, m := range row {
				m.plot.Draw(draw.Crop(c, smallLeft(i), smallLeft(i)+smallWidth-inner-m.right, 0, 0))
			}
		}})
		if last := len(all) - smallColumns; first+smallColumns > last { // has the last of a column
			parts = append(parts, part{axisType.leading() + 2, func(c draw.Canvas) {
				for i, m := range row {
					if first+i >= last {
						axisType.write(c, c.Min.X+smallLeft(i)+smallWidth-m.right, c.Min.Y+axisType.size*0.25, toRight, below)
					}
				}
			}})
		}
	}
	return parts
}

func smallLeft(column int) vg.Length { return vg.Length(column) * (smallWidth + smallGap) }

// thinned leaves labels out where they would touch in a small plot.
func thinned(ticks plot.TickerFunc) plot.TickerFunc {
	return func(lo, hi float64) []plot.Tick {
		const width = 100 // of such a plot, about
		kept := ticks(lo, hi)
		end := vg.Length(-width)
		for i, t := range kept {
			if t.Label == "" {
				continue
			}
			half := smallTick.width(t.Label)/2 + 2
			at := vg.Length((t.Value - lo) / (hi - lo) * width)
			if t.Label == "min" || at-half < end {
				kept[i].Label = ""
				continue
			}
			end = at + half
		}
		return kept
	}
}
