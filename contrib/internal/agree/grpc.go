package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"ipcbench/bench/workload"
	"ipcbench/results"
)

func init() {
	for _, size := range []int{64, 4096} {
		rows = append(rows,
			row{"grpc-unary-" + strconv.Itoa(size), "grpc:over=tcp", workload.Latency.Name, size, results.RTTP50,
				[]rival{{what: "grpc-go's benchmark/client, unary", measure: grpcOf("unary")}}},
			row{"grpc-stream-" + strconv.Itoa(size), "grpc:call=stream,over=tcp", workload.Latency.Name, size, results.RTTP50,
				[]rival{{what: "grpc-go's benchmark/client, streaming", measure: grpcOf("streaming")}}})
	}
}

// grpcOf runs grpc-go's own server and client, each a process, with one call at a time, and
// returns the median of a call in ns. "make agree" has built both beside this program.
func grpcOf(rpcType string) func(context.Context, task) (float64, error) {
	return func(ctx context.Context, t task) (float64, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		const port = "50051"
		server, err := grpcProgram(ctx, "server", t.scratch, "-port="+port)
		if err != nil {
			return 0, err
		}
		if err := server.Start(); err != nil {
			return 0, err
		}
		defer server.Wait()
		defer server.Process.Signal(os.Interrupt)
		if err := listens(ctx, "localhost:"+port); err != nil {
			return 0, err
		}
		size, seconds := strconv.Itoa(t.size), strconv.Itoa(max(1, int(t.time.Seconds())))
		client, err := grpcProgram(ctx, "client", t.scratch, "-port="+port, "-rpc_type="+rpcType, "-req="+size, "-resp="+size, "-w=1", "-d="+seconds)
		if err != nil {
			return 0, err
		}
		out, err := client.Output()
		if err != nil {
			return 0, fmt.Errorf("grpc-go's client: %w: %s", err, client.Stderr)
		}
		return grpcMedian(out)
	}
}

// grpcProgram is one of the two. They put profiles into /tmp, wherever a name leads from
// there.
func grpcProgram(ctx context.Context, name, scratch string, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("grpc-go's %s is not there: build both by make agree: %w", name, err)
	}
	profiles, err := filepath.Rel("/tmp", filepath.Join(scratch, name))
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, append(args, "-test_name="+profiles)...)
	cmd.Stderr = new(bytes.Buffer)
	return cmd, nil
}

// listens waits until somebody does.
func listens(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("grpc-go's server does not listen: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

var grpcLatency = regexp.MustCompile(`Latency: \(50/90/99 %ile\): ([^/]+)/`)

func grpcMedian(out []byte) (float64, error) {
	found := grpcLatency.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("grpc-go's client does not say its latency: %s", out)
	}
	median, err := time.ParseDuration(string(found[1]))
	return float64(median), err
}
