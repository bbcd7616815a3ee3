// Package machines holds the catalogue: what "ipcbench share" made of a run of each
// machine. A file that is put in here is in the next binary.
package machines

import "embed"

// Records are the files, as package results/catalogue reads them.
//
//go:embed *.json
var Records embed.FS
