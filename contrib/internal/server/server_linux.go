// Package server starts the server that a link's messages go through, and has it end with
// the link.
//
// The server is the child of a keeper, a process of this program (see keeper_linux.go). The
// keeper ends it, with all that came of it, and removes its directory, as soon as nobody
// holds the link any more: the driver until it has closed the link, each end until it has
// closed or died. So nothing is left of a driver that was killed. What kills the keeper at
// the same moment, as a cgroup's end, leaves a directory in the temporary one.
package server

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

// A Plan is how a server is started. In Args, Env, Files and Address stand {run} for its
// directory, which nobody else may enter, {data} for that of what it stores, and {secret}
// for a password.
type Plan struct {
	Program  string            // that is run, by a path: see [Find]
	Embedded string            // or the name of one that is a library: see [Embed]
	Args     []string          // of the program
	Env      []string          // beside what this process has
	Files    map[string]string // in its directory, by their names
	DataIn   string            // where the directory of its data is made; "": its data is in its own directory
	Address  string            // it serves as soon as this can be connected to: a path, or a host and port
	Tells    string            // or as soon as a file of such a name (see path.Match) is in its directory
}

// A Place is where a server is, as an end of its link is told.
type Place struct {
	Address string // of the plan
	Told    string // what is in the file in which it tells
	Secret  string
	Pids    []int // its processes

	held *os.File
}

// Find is the path of the first of these programs that is here. Otherwise it says
// how to install one.
func Find(install string, programs ...string) (string, error) {
	for _, program := range programs {
		for _, path := range []string{program, "/usr/sbin/" + program} {
			if found, err := exec.LookPath(path); err == nil {
				return found, nil
			}
		}
	}
	return "", transports.Unsupported(fmt.Sprintf("%s is not installed: %s", programs[0], install))
}

// Start starts a server and returns, once it serves, the link that goes through it.
func Start(p Plan) (transports.Link, error) {
	l := &link{}
	if err := l.start(p); err != nil {
		l.Close()
		return nil, fmt.Errorf("start the server: %w", err)
	}
	return l, nil
}

type link struct {
	talk  *os.File // with the keeper: a socket
	held  *os.File // a pipe's end: whoever has it holds the link
	place Place
	ended chan struct{} // the keeper has; nil: it was never started
}

func (l *link) start(p Plan) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socketpair: %w", err)
	}
	l.talk = os.NewFile(uintptr(pair[0]), "keeper")
	theirs := os.NewFile(uintptr(pair[1]), "driver")
	defer theirs.Close()
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("pipe2: %w", err)
	}
	holders := os.NewFile(uintptr(pipe[0]), "holders")
	defer holders.Close()
	l.held = os.NewFile(uintptr(pipe[1]), "held")

	l.place.Secret = rand.Text()
	keeper := exec.Command("/proc/self/exe")
	keeper.Args = []string{"ipcbench-keeper"}
	keeper.Env = append(os.Environ(), role+"="+p.role())
	keeper.ExtraFiles = []*os.File{theirs, holders}
	keeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what a terminal tells the driver is not for the server
	if err := keeper.Start(); err != nil {
		return err
	}
	l.ended = make(chan struct{})
	go func() { keeper.Wait(); close(l.ended) }()
	theirs.Close()
	holders.Close()
	if err := json.NewEncoder(l.talk).Encode(order{p, l.place.Secret}); err != nil {
		return err
	}
	var said answer
	if err := json.NewDecoder(l.talk).Decode(&said); err != nil {
		return fmt.Errorf("its keeper ended: %w", err)
	}
	if said.Error != "" {
		return errors.New(said.Error)
	}
	said.Place.Secret = l.place.Secret
	l.place = said.Place
	go func() { <-l.ended; l.talk.Close() }() // of a driver that does not close the link again
	return nil
}

func (p Plan) role() string {
	if p.Embedded != "" {
		return p.Embedded
	}
	return program
}

// For hands each side the same.
func (l *link) For(transports.Side) transports.Handover {
	told, err := json.Marshal(l.place)
	if err != nil {
		panic(err) // it has strings and numbers
	}
	return transports.Handover{Files: []*os.File{l.held}, Bytes: told}
}

// Close lets the server go. It waits until nothing of it is left, or until the keeper says
// that an end still holds the link: then it is closed again when that has ended, so that
// no server ends while something else is measured.
func (l *link) Close() error {
	l.held.Close() // of nil, or again, an error that means nothing
	if l.ended == nil {
		l.talk.Close()
		return nil
	}
	if json.NewEncoder(l.talk).Encode(question{}) == nil && json.NewDecoder(l.talk).Decode(&held{}) == nil {
		return nil
	}
	l.talk.Close()
	<-l.ended
	return nil
}

// Open is where the server of the link is. The link is held until Close.
func Open(h transports.Handover) (Place, error) {
	p := Place{held: h.Files[0]}
	if err := json.Unmarshal(h.Bytes, &p); err != nil {
		p.Close()
		return p, fmt.Errorf("read where the server is: %w", err)
	}
	return p, nil
}

// Close no longer holds the link. It is idempotent.
func (p Place) Close() { p.held.Close() }

// FreeAddress is one of this machine that nobody listens at just now.
func FreeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
