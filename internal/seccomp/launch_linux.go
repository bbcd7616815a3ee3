package seccomp

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// launchEnv has the filters for the program that a launcher is to become.
const launchEnv = "IPCBENCH_TEST_SECCOMP"

// Command returns a command that starts a program of that path under all of the
// filters, from its first instruction on. What the Go runtime needs to start is
// not to be refused to a Go program: it calls [Filter.Install] itself once it has
// started.
//
// The command is this binary, whose TestMain calls [Launch] first, and which
// becomes the program.
func Command(filters []Filter, path string, args ...string) *exec.Cmd {
	text, err := json.Marshal(filters)
	if err != nil {
		panic(err) // numbers can be written
	}
	launcher := exec.Command("/proc/self/exe", append([]string{path}, args...)...)
	launcher.Env = append(os.Environ(), launchEnv+"="+string(text))
	return launcher
}

// Launch turns this process into the program that [Command] was told, and returns
// in every other process.
func Launch() {
	text, told := os.LookupEnv(launchEnv)
	if !told {
		return
	}
	os.Unsetenv(launchEnv)
	if err := become(text, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "start %q under a seccomp filter: %v\n", os.Args[1:], err)
		os.Exit(125)
	}
}

func become(text string, args []string) error {
	var filters []Filter
	if err := json.Unmarshal([]byte(text), &filters); err != nil {
		return err
	}
	for _, f := range filters {
		if err := f.Install(); err != nil {
			return err
		}
	}
	return syscall.Exec(args[0], args, os.Environ())
}
