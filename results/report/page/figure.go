package page

import "html/template"

// A Figure is a chart with its numbers, to be unfolded.
type Figure struct {
	Name    string        // its id on the page
	Title   string        // says what it shows to those who do not see it
	SVG     template.HTML // made by charts, which escapes what it is given
	Numbers Table         // without rows: it has none of its own
}
