package results

// Identify returns the columns of a table that tell cells from each other, and
// each cell's values in them. Where all cells are alike in a lesser dimension,
// it has no column.
func Identify(cells []Cell) (columns []Column, values [][]string) {
	var summaries []Summary
	for _, cell := range cells {
		summaries = append(summaries, Summary{Cell: cell})
	}
	identity := identityColumns(summaries)
	for _, c := range identity {
		columns = append(columns, c.Column)
	}
	for _, s := range summaries {
		var row []string
		for _, c := range identity {
			row = append(row, c.value(s))
		}
		values = append(values, row)
	}
	return columns, values
}

// CellColumns returns the names that the columns of a cell have in every CSV.
func CellColumns() []string {
	var names []string
	for _, c := range cellColumns {
		names = append(names, c.name)
	}
	return names
}

// CellFields returns the cell's fields in these columns.
func CellFields(cell Cell) []string {
	var fields []string
	for _, c := range cellColumns {
		fields = append(fields, c.value(cell))
	}
	return fields
}
