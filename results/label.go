package results

// A Label is one that this program itself gives to runs. Users may give any others.
type Label struct {
	Name   string
	Naming bool // it says which of several the run is, and nothing that it was measured in
}

// HostLabel is the host on which a run was made, where it is to be told from others.
const HostLabel = "host"

// The labels of the runs of an experiment, beside those of what was made for them.
const (
	VariantLabel = "variant"
	RoundLabel   = "round"
)

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
