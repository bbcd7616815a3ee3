package report

import (
	"bytes"
	"fmt"
	"html/template"

	"ipcbench/results/charts"
	"ipcbench/results/report/page"
)

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
