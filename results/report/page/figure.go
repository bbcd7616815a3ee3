package page

import "html/template"

// A Figure is a chart with its numbers, to be unfolded.
type Figure struct {
	Name    string        // its id on the page
	Title   string        // says what it shows to those who do not see it
	SVG     template.HTML // made by charts, which escapes what it is given
	First   bool          // it is what one looks at first
	Numbers Table         // without rows: they are in other tables of the page, or beside it
}
