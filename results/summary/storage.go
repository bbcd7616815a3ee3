package summary

import (
	"fmt"

	"ipcbench/results"
)

// A shortfall is how what lies below a directory can keep a sync from reaching a
// medium, or make it another one than it seems.
type shortfall struct {
	results.Caution
	// of says whether a layer, of those below a directory, is such, and with which values.
	of func(all []results.Layer, i int) (values []any, is bool)
}

// shortfalls are all there are, the worst first.
var shortfalls = []shortfall{
	{
		Caution: results.Cautions(results.Caution{ID: "sync-memory", Words: func(w results.Warning) string {
			return "a sync reaches no medium: " + w.Text("layer") + " is memory, and what is stored is gone with the machine"
		}}),
		of: func(all []results.Layer, i int) ([]any, bool) {
			return []any{"layer", name(all[i])}, all[i].IsMemory()
		},
	},
	{
		Caution: results.Cautions(results.Caution{ID: "sync-skipped", Words: func(w results.Warning) string {
			return fmt.Sprintf("a sync reaches no medium: %s is mounted %s, and leaves it out", w.Text("layer"), w.Text("option"))
		}}),
		of: func(all []results.Layer, i int) ([]any, bool) {
			option := all[i].SkipsSync()
			return []any{"layer", name(all[i]), "option", option}, option != ""
		},
	},
	{
		Caution: results.Cautions(results.Caution{ID: "sync-no-flush", Words: func(w results.Warning) string {
			return fmt.Sprintf("a sync ends in a volatile cache: %s is mounted %s, and does not have %s flush it", w.Text("layer"), w.Text("option"), w.Text("device"))
		}}),
		of: func(all []results.Layer, i int) ([]any, bool) {
			option, device := all[i].SkipsFlush(), "its device"
			for _, below := range all[i+1:] {
				if below.Device != "" {
					if below.WriteCache == results.WriteThrough {
						return nil, false // there is nothing to flush
					}
					device = below.Device
					break
				}
			}
			return []any{"layer", name(all[i]), "option", option, "device", device}, option != ""
		},
	},
	{
		Caution: results.Cautions(results.Caution{ID: "sync-up-to-host", Words: func(w results.Warning) string {
			return "a sync reaches the host: " + w.Text("layer") + " lets nobody flush it (" + results.WriteThrough + "), and whether the host has stored it then is not known here"
		}}),
		of: func(all []results.Layer, i int) ([]any, bool) {
			return []any{"layer", name(all[i])}, all[i].Driver == "virtio_blk" && all[i].WriteCache == results.WriteThrough
		},
	},
	{
		Caution: results.Cautions(results.Caution{ID: "sync-loop", Words: func(w results.Warning) string {
			return fmt.Sprintf("a sync goes through two filesystems: %s is a loop device over a file on %s", w.Text("layer"), w.Text("below"))
		}}),
		of: func(all []results.Layer, i int) ([]any, bool) {
			below := "one that is not seen from here"
			if i+1 < len(all) {
				below = name(all[i+1])
			}
			return []any{"layer", name(all[i]), "below", below}, all[i].Driver == "loop"
		},
	},
	{
		Caution: results.Cautions(results.Caution{ID: "sync-elsewhere", Words: func(w results.Warning) string {
			return "what a sync reaches is not known here: " + w.Text("layer") + " shows no device"
		}}),
		of: func(all []results.Layer, i int) ([]any, bool) {
			last := all[i]
			return []any{"layer", name(last)}, i == len(all)-1 && last.Device == "" && !last.IsMemory()
		},
	},
}

func name(l results.Layer) string {
	if l.Device != "" {
		return l.Device
	}
	return l.FSType
}

// shortOf is what is to be said of the numbers of what pushes to a directory with
// these layers below it.
func shortOf(layers []results.Layer) []results.Warning {
	var warnings []results.Warning
	for _, s := range shortfalls {
		for i := range layers {
			if values, is := s.of(layers, i); is {
				warnings = append(warnings, s.With(values...))
			}
		}
	}
	return warnings
}
