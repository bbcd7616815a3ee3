package host

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
)

// claimEnv has this program claim a CPU under that name, say so and stay until it
// is killed.
const claimEnv = "HOST_CLAIM"

func TestMain(m *testing.M) {
	if name := os.Getenv(claimEnv); name != "" {
		ClaimName = name
		c := ClaimCPUs([]int{7})
		fmt.Println(len(c.Others))
		os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestAnotherOnTheSameCPUsIsFoundOut(t *testing.T) {
	defer func(name string) { ClaimName = name }(ClaimName)
	ClaimName = fmt.Sprintf("host-test-%d-", os.Getpid())
	other := exec.Command("/proc/self/exe")
	other.Env = append(os.Environ(), claimEnv+"="+ClaimName)
	hold, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close()
	said, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(said).ReadString('\n'); line != "0\n" {
		t.Fatalf("the first one found %q, %v", line, err)
	}
	for range 3 { // whoever asks takes nothing from those who ask later
		c := ClaimCPUs([]int{6, 7})
		if len(c.Others) != 1 || c.Others[7] != other.Process.Pid {
			t.Errorf("others are %v, want process %d on CPU 7", c.Others, other.Process.Pid)
		}
		c.Release()
	}
	mine := ClaimCPUs([]int{5})
	for range 2 {
		if c := ClaimCPUs([]int{5}); len(c.Others) != 1 {
			t.Errorf("others are %v", c.Others)
		}
	}
	if found := mine.Newcomers(); len(found) != 1 || !slices.Equal(found[5], []int{os.Getpid()}) {
		t.Errorf("those who came later are %v, want this process on CPU 5", found)
	}
	if found := mine.Newcomers(); len(found) > 0 {
		t.Errorf("they are told of again: %v", found)
	}
	mine.Release()
	other.Process.Kill() // it dies with its claim
	other.Wait()
	c := ClaimCPUs([]int{7})
	defer c.Release()
	if len(c.Others) > 0 {
		t.Errorf("the claim of a dead process: %v", c.Others)
	}
}
