package report

import (
	"bytes"
	"fmt"
	"html/template"

	"ipcbench/results/charts"
	"ipcbench/results/report/page"
)

// mostCharts is how many a page has: with more it would be large, long on paper and
// slow to open. The others are files beside it.
const mostCharts = 12

// figureOf draws a chart for a page.
func figureOf(c charts.Chart) (page.Figure, error) {
	var svg bytes.Buffer
	if err := c.WriteHTMLSVG(&svg); err != nil {
		return page.Figure{}, fmt.Errorf("draw chart %s: %w", c.Name, err)
	}
	return page.Figure{
		Name: c.Name, Title: c.Title, SVG: template.HTML(svg.String()),
		Numbers: page.Plain("The numbers of: "+c.Title, c.Columns, c.Rows),
	}, nil
}

// pictures are the charts of a run: those on its page, by workload, and the others.
type pictures struct {
	shown     map[string][]page.Figure
	elsewhere map[string]Elsewhere
	first     string // the workload that has the first
}

// Elsewhere are charts that a page does not have.
type Elsewhere []charts.Chart

// choose draws those that say something that the others do not, in their order.
func choose(drawn []charts.Chart) (pictures, error) {
	p := pictures{map[string][]page.Figure{}, map[string]Elsewhere{}, ""}
	shown := 0
	for _, c := range drawn {
		if c.Again || shown == mostCharts {
			p.elsewhere[c.Workload] = append(p.elsewhere[c.Workload], c)
			continue
		}
		figure, err := figureOf(c)
		if err != nil {
			return p, err
		}
		figure.Numbers = page.Table{} // the table of the workload has them, or launches.csv
		if shown == 0 {
			p.first = c.Workload
		}
		shown++
		p.shown[c.Workload] = append(p.shown[c.Workload], figure)
	}
	return p, nil
}

func (p pictures) of(workload string) ([]page.Figure, Elsewhere) {
	return p.shown[workload], p.elsewhere[workload]
}

// takeFirst is the first chart, which its workload has no more; nil: there is none.
func (p pictures) takeFirst() *page.Figure {
	all := p.shown[p.first]
	if len(all) == 0 {
		return nil
	}
	first := all[0]
	first.First = true
	p.shown[p.first] = all[1:]
	return &first
}
