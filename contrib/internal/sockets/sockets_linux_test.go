package sockets

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"ipcbench/transports"
)

var tcp = transports.Spec{Options: map[string]string{Over.Name: "tcp"}}

// listening returns the ports of 127.0.0.1 that somebody listens on. See proc(5).
func listening(t *testing.T) []int {
	table, err := os.ReadFile("/proc/self/net/tcp")
	if err != nil {
		t.Skip(err)
	}
	var ports []int
	for line := range strings.Lines(string(table)) {
		var slot, port int
		var remote, state string
		if n, _ := fmt.Sscanf(line, "%d: 0100007F:%x %s %s", &slot, &port, &remote, &state); n == 4 && state == "0A" {
			ports = append(ports, port)
		}
	}
	return ports
}

// TestNoStrangerIsAPeer makes links while a stranger connects to every port that there is,
// and says something.
func TestNoStrangerIsAPeer(t *testing.T) {
	own := map[int]bool{} // of others, who may not like it
	for _, port := range listening(t) {
		own[port] = true
	}
	over, done := make(chan bool), make(chan int)
	go func() {
		reached := 0
		for {
			select {
			case <-over:
				done <- reached
				return
			default:
			}
			for _, port := range listening(t) {
				if own[port] {
					continue
				}
				if conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
					reached++
					io.WriteString(conn, "a stranger")
					conn.Close()
				}
			}
		}
	}()
	for i := range 500 {
		link, err := Pair(tcp)
		if err != nil {
			t.Fatal(err)
		}
		exchange(t, link, fmt.Sprintf("link %d\n", i))
		link.Close()
	}
	close(over)
	t.Logf("the stranger connected %d times", <-done)
}

// exchange looks whether what either end writes is what the other one reads.
func exchange(t *testing.T, link *Link, line string) {
	t.Helper()
	var ends [2]net.Conn
	for side := range ends {
		conn, err := Conn(link.For(transports.Side(side)))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		ends[side] = conn
	}
	for side := range ends {
		io.WriteString(ends[side], line)
		if got, err := bufio.NewReader(ends[1-side]).ReadString('\n'); got != line {
			t.Fatalf("read %q, %v instead of %q", got, err, line)
		}
	}
}

// TestNoPortStays: what listens is gone when the link is made.
func TestNoPortStays(t *testing.T) {
	before := len(listening(t))
	link, err := Pair(tcp)
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	if after := len(listening(t)); after > before {
		t.Errorf("of %d ports that are listened on there were %d before", after, before)
	}
}
