package cmd

import "runtime/debug"

// version is what "git describe" says, told by the linker (make build).
var version string

// buildVersion returns the version of this binary: what the linker was told, or else what
// the go command knew, the version of a module or the revision of a work tree.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel (built without its revision)"
}
