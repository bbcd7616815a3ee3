//go:build !linux

package cmd

import (
	"runtime"

	"github.com/spf13/cobra"
)

func becomeWorker() {}

func becomeInit() {}

func adopt() {}

func becomePrivate() {}

func roomForFiles() error { return nil }

func newRun(*console) *cobra.Command {
	return linuxOnly("run", "measure", "Measure, print a table, leave a run directory")
}
func newExperiment(*console) *cobra.Command {
	return linuxOnly("experiment", "measure", "Compare filesystems and kernel settings, and put all back")
}
func newList(*console) *cobra.Command {
	return linuxOnly("list", "explore", "What can be measured here, or why not")
}
func newDoctor(*console) *cobra.Command {
	return linuxOnly("doctor", "explore", "Whether this machine is fit to measure on, and what to do")
}
func newCores(*console) *cobra.Command {
	return linuxOnly("cores", "explore", "How near every two CPUs are, by handing a cache line over")
}
func newInitImage(*console) *cobra.Command {
	return linuxOnly("init-image", "explore", "An initramfs in which this binary is init, to measure any kernel")
}
func newDemo(*console) *cobra.Command {
	return linuxOnly("demo", "explore", "Watch a value go from one process to another")
}

// linuxOnly stands for a command that needs the kernel it measures. Reports
// can be made anywhere.
func linuxOnly(name, group, short string) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		GroupID:            group,
		Short:              short,
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return usagef("%s: measuring needs Linux, and this is %s: run it there, and \"ipcbench report\" anywhere", name, runtime.GOOS)
		},
	}
}
