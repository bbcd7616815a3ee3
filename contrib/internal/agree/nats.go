package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"ipcbench/bench/workload"
	"ipcbench/contrib/internal/server"
	"ipcbench/results"
	"ipcbench/transports"
)

func init() {
	clients["nats"] = connectNATS
	same := rival{what: "nats.go in a loop", measure: loop}
	stream := rival{what: "nats bench pub, sub", measure: natsStream}
	request := rival{what: "nats bench service request, serve", differs: "a service's framework", measure: natsRequest}
	rows = append(rows,
		row{"nats-latency-64", "nats", workload.Latency.Name, 64, results.RTTP50, []rival{same, request}},
		row{"nats-latency-4096", "nats", workload.Latency.Name, 4096, results.RTTP50, []rival{same}},
		row{"nats-throughput-64", "nats", workload.Throughput.Name, 64, results.MsgsPerS, []rival{stream, same}})
}

type natsClient struct {
	*nats.Conn
	to string
	in *nats.Subscription
}

func connectNATS(at server.Place, side transports.Side) (client, error) {
	url, err := natsURL(at)
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(url, nats.Token(at.Secret))
	if err != nil {
		return nil, err
	}
	in, err := conn.SubscribeSync("to-" + side.String())
	if err != nil {
		return nil, err
	}
	return natsClient{conn, "to-" + side.Peer().String(), in}, errors.Join(in.SetPendingLimits(-1, -1), conn.Flush())
}

func (c natsClient) send(msg []byte) error { return c.Publish(c.to, msg) }

func (c natsClient) receive() ([]byte, error) {
	got, err := c.in.NextMsgWithContext(context.Background())
	if err != nil {
		return nil, err
	}
	return got.Data, nil
}

func (c natsClient) close() error {
	err := c.Flush()
	c.Conn.Close()
	return err
}

// natsURL is where a server is, which tells it in a file (ports_file_dir).
func natsURL(at server.Place) (string, error) {
	var ports struct {
		URLs []string `json:"nats"`
	}
	if err := json.Unmarshal([]byte(at.Told), &ports); err != nil || len(ports.URLs) == 0 {
		return "", fmt.Errorf("the server tells no address: %q", at.Told)
	}
	return ports.URLs[0], nil
}

// How many messages nats bench passes on in a second, about: it is told a number and not a
// time.
const (
	natsPerSecond      = 250000
	natsTripsPerSecond = 4000
)

// natsStream returns how many messages a second a subscriber had of a publisher.
func natsStream(ctx context.Context, t task) (float64, error) {
	b, err := t.natsBench(ctx, natsPerSecond)
	if err != nil {
		return 0, err
	}
	defer b.link.Close()
	subscribes, told := b.run("sub")
	if err := subscribes.Start(); err != nil {
		return 0, err
	}
	time.Sleep(natsConnects)
	publishes, _ := b.run("pub")
	if err := errors.Join(publishes.Run(), subscribes.Wait()); err != nil {
		return 0, fmt.Errorf("nats bench: %w", err)
	}
	return natsTold(told, "MsgsPerSec")
}

// natsRequest returns the median in ns from a request to its reply, which is of 2 bytes.
func natsRequest(ctx context.Context, t task) (float64, error) {
	b, err := t.natsBench(ctx, natsTripsPerSecond)
	if err != nil {
		return 0, err
	}
	defer b.link.Close()
	serves, _ := b.run("service", "serve")
	if err := serves.Start(); err != nil {
		return 0, err
	}
	defer serves.Wait()
	defer serves.Process.Kill() // it serves for ever
	time.Sleep(natsConnects)
	requests, told := b.run("service", "request")
	if err := requests.Run(); err != nil {
		return 0, fmt.Errorf("nats bench: %w", err)
	}
	micros, err := natsTold(told, "P50LatencyMicroSecs")
	return micros * 1000, err
}

// natsConnects is how long one takes until it is subscribed. It does not say when it is.
const natsConnects = 300 * time.Millisecond

// A natsBench is nats bench with the server of a row. "make agree" has built nats beside
// this program.
type natsBench struct {
	ctx      context.Context
	task     task
	link     transports.Link
	program  string
	args     []string // where the server is
	messages int
}

func (t task) natsBench(ctx context.Context, perSecond float64) (b natsBench, err error) {
	self, err := os.Executable()
	if err != nil {
		return b, err
	}
	b = natsBench{ctx: ctx, task: t, program: filepath.Join(filepath.Dir(self), "nats"), messages: int(perSecond * t.time.Seconds())}
	place, link, err := t.served()
	if err != nil {
		return b, err
	}
	b.link = link
	url, err := natsURL(place)
	b.args = []string{"--no-context", "-s", url, "--token", place.Secret, "bench"}
	return b, err
}

// run is one of its commands, and the file in which that tells what it has measured.
func (b natsBench) run(words ...string) (cmd *exec.Cmd, told string) {
	told = filepath.Join(b.task.scratch, words[len(words)-1]+".csv")
	cmd = exec.CommandContext(b.ctx, b.program, slices.Concat(b.args, words, []string{
		"--no-progress", "--size", strconv.Itoa(b.task.size), "--msgs", strconv.Itoa(b.messages), "--csv", told, "agree"})...)
	cmd.Env = append(os.Environ(), "HOME="+b.task.scratch, "XDG_CONFIG_HOME="+b.task.scratch)
	return cmd, told
}

// natsTold is what stands in that column of such a file, of one client.
func natsTold(file, column string) (float64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(lines) != 2 || !slices.Contains(lines[0], column) {
		return 0, fmt.Errorf("nats bench does not say its %s: %s", column, text)
	}
	return strconv.ParseFloat(lines[1][slices.Index(lines[0], column)], 64)
}
