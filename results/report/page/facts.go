package page

// A Fact is a name and what is known by it.
type Fact struct {
	Name, Value string
	Literal     bool // it is typed or printed so, and not a text
}

// Facts are a table of two columns.
type Facts struct {
	Label string // as of a [Table]
	Facts []Fact
}

// mostWarnings is how many stand above a page: more would keep it from the eye.
const mostWarnings = 3

// Warnings are what stands above all that they are about.
type Warnings struct {
	Title string // "Before you believe a number"
	Texts []string
	More  []string // to be unfolded
}

// NewWarnings are those texts, what matters most first.
func NewWarnings(title string, texts []string) Warnings {
	few := min(len(texts), mostWarnings)
	return Warnings{title, texts[:few], texts[few:]}
}
