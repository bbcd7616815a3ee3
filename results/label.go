package results

// A Label is one that this program itself gives to runs. Users may give any others.
type Label struct {
	Name   string
	Naming bool // it says which of several the run is, and nothing that it was measured in
}

// The labels of the runs of an experiment, beside those of what was made for them.
const (
	VariantLabel = "variant"
	RoundLabel   = "round"
)

// HostLabel is the name of the machine among many. Nothing else in a record names one.
const HostLabel = "host"

var labels = []Label{
	{HostLabel, true},
	{VariantLabel, true},
	{RoundLabel, true},
}

// LookupLabel is what is known of a label of that name.
func LookupLabel(name string) Label {
	for _, l := range labels {
		if l.Name == name {
			return l
		}
	}
	return Label{Name: name}
}
