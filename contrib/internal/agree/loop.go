package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"ipcbench/bench/workload"
	"ipcbench/contrib/internal/server"
	"ipcbench/results"
	"ipcbench/transports"
)

// A client is a connection to a broker, and what a program without a harness does with it.
type client interface {
	send(msg []byte) error
	receive() ([]byte, error)
	close() error // once all that was sent is with the broker
}

// clients connect as a side to a server, by the name of the transport.
var clients = map[string]func(server.Place, transports.Side) (client, error){}

// An order is what an end of the loop is told, in its environment.
type order struct {
	Transport, Workload string
	Size                int
	Time                time.Duration
	Side                transports.Side
	Place               server.Place
}

const asEnd = "IPCBENCH_AGREE_END"

// transport is the name in the row's spec.
func (r row) transport() string {
	name, _, _ := strings.Cut(r.spec, ":")
	return name
}

// served starts the server of the row as the row itself does.
func (t task) served() (place server.Place, link transports.Link, err error) {
	spec, err := transports.Parse(t.spec)
	if err != nil {
		return place, nil, err
	}
	spec.Size = t.size
	broker, err := transports.Lookup(spec.Transport)
	if err != nil {
		return place, nil, err
	}
	if link, err = broker.Create(spec); err != nil {
		return place, nil, err
	}
	if err := json.Unmarshal(link.For(transports.Consumer).Bytes, &place); err != nil {
		link.Close()
		return place, nil, err
	}
	return place, link, nil
}

// loop is the same client library in two processes, which do what the workload is and
// nothing else: no message is checked, and nobody is pinned.
func loop(ctx context.Context, t task) (float64, error) {
	place, link, err := t.served()
	if err != nil {
		return 0, err
	}
	defer link.Close()
	o := order{Transport: t.transport(), Workload: t.workload, Size: t.size, Time: t.time, Place: place}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second+2*t.time)
	defer cancel()
	var said string
	o.Side = transports.Consumer
	consumer, heard, err := o.start(ctx)
	if err != nil {
		return 0, err
	}
	defer consumer.Wait()
	o.Side = transports.Producer
	producer, told, err := o.start(ctx)
	if err != nil {
		cancel()
		return 0, err
	}
	for _, out := range []io.Reader{told, heard} {
		text, err := io.ReadAll(out)
		if err != nil {
			return 0, err
		}
		said += string(text)
	}
	if err := producer.Wait(); err != nil {
		return 0, fmt.Errorf("the loop's producer: %w", err)
	}
	return strconv.ParseFloat(strings.TrimSpace(said), 64)
}

// start starts an end and returns once it is connected. What it has measured is what is
// left of its output.
func (o order) start(ctx context.Context) (*exec.Cmd, io.Reader, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env, cmd.Stderr = append(os.Environ(), asEnd+"="+string(text)), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	if _, err := io.ReadFull(out, make([]byte, len(connected))); err != nil {
		cmd.Wait()
		return nil, nil, fmt.Errorf("an end of the loop ended: %w", err)
	}
	return cmd, out, nil
}

const connected = "connected\n"

// loopEnd does all that a process does which is an end of the loop, and does not return.
func loopEnd() {
	text := os.Getenv(asEnd)
	if text == "" {
		return
	}
	var o order
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		err = o.carry()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "agree: an end of the loop:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (o order) carry() error {
	c, err := clients[o.Transport](o.Place, o.Side)
	if err != nil {
		return err
	}
	fmt.Print(connected)
	var measured float64
	switch latency := o.Workload == workload.Latency.Name; {
	case latency && o.Side == transports.Producer:
		measured, err = o.ask(c)
	case latency:
		err = answer(c)
	case o.Side == transports.Producer:
		err = o.publish(c)
	default:
		measured, err = o.count(c)
	}
	if measured > 0 {
		fmt.Println(measured)
	}
	return errors.Join(err, c.close())
}

// ask returns the median round trip in ns, once it has warmed up for half the time.
func (o order) ask(c client) (float64, error) {
	msg := make([]byte, o.Size)
	var trips []float64
	for start, warm := time.Now(), false; ; {
		before := time.Now()
		if err := c.send(msg); err != nil {
			return 0, err
		}
		if _, err := c.receive(); err != nil {
			return 0, err
		}
		now := time.Now()
		switch passed := now.Sub(start); {
		case warm && passed > o.Time:
			slices.Sort(trips)
			return results.Median(trips), c.send(nil)
		case warm:
			trips = append(trips, float64(now.Sub(before)))
		case passed > o.Time/2:
			start, warm = now, true
		}
	}
}

// answer sends back whatever comes, until an empty message does.
func answer(c client) error {
	for {
		msg, err := c.receive()
		if err != nil || len(msg) == 0 {
			return err
		}
		if err := c.send(msg); err != nil {
			return err
		}
	}
}

// publish sends for half of the time, and for the time. An empty message ends each, and the
// first of these is answered, so that nothing is left of what warmed up.
func (o order) publish(c client) error {
	if err := o.stream(c, o.Time/2); err != nil {
		return err
	}
	if _, err := c.receive(); err != nil {
		return err
	}
	return o.stream(c, o.Time)
}

func (o order) stream(c client, during time.Duration) error {
	msg := make([]byte, o.Size)
	for end := time.Now().Add(during); time.Now().Before(end); {
		if err := c.send(msg); err != nil {
			return err
		}
	}
	return c.send(nil)
}

// count returns how many messages came a second, of the second part, from the first to the
// last.
func (o order) count(c client) (float64, error) {
	if _, err := drain(c); err != nil {
		return 0, err
	}
	if err := c.send([]byte{1}); err != nil {
		return 0, err
	}
	return drain(c)
}

// drain receives until an empty message comes, and returns how many came a second.
func drain(c client) (float64, error) {
	var first, last time.Time
	for n := -1.0; ; n++ {
		msg, err := c.receive()
		if err != nil {
			return 0, err
		}
		if len(msg) == 0 {
			return n / last.Sub(first).Seconds(), nil
		}
		if last = time.Now(); first.IsZero() {
			first = last
		}
	}
}
