package socket

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

func TestMain(m *testing.M) {
	if what := os.Getenv(strangerEnv); what != "" {
		molest(what)
	}
	if os.Getenv(strangersEnv) == "" {
		os.Exit(m.Run())
	}
	runtime.LockOSThread() // which the strangers are not to outlive
	strangers, err := crowd()
	status := 1
	if err == nil {
		status = m.Run()
	}
	for _, s := range strangers {
		s.Process.Kill()
		s.Wait()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}
