package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"ipcbench/bench/workload"
	"ipcbench/contrib/internal/server"
	"ipcbench/results"
	"ipcbench/transports"
)

func init() {
	clients["redis"] = connectRedis
	same := rival{what: "go-redis in a loop", measure: loop}
	pair := rival{what: "two redis-benchmark -c 1 -P 1: RPUSH, BLPOP", measure: redisPair}
	for _, size := range []int{64, 4096} {
		rows = append(rows,
			row{"redis-latency-" + strconv.Itoa(size), "redis", workload.Latency.Name, size, results.RTTP50, []rival{same}},
			row{"redis-throughput-" + strconv.Itoa(size), "redis", workload.Throughput.Name, size, results.MsgsPerS, []rival{same, pair}})
	}
}

type redisClient struct {
	*redis.Client
	to, from string
}

func connectRedis(at server.Place, side transports.Side) (client, error) {
	c := redis.NewClient(&redis.Options{ // as the row has it
		Network: "unix", Addr: at.Address, MaxRetries: -1, ReadTimeout: -1, WriteTimeout: -1, PoolSize: 1, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	return redisClient{c, "to-" + side.Peer().String(), "to-" + side.String()}, c.Ping(context.Background()).Err()
}

func (c redisClient) send(msg []byte) error {
	return c.RPush(context.Background(), c.to, msg).Err()
}

func (c redisClient) receive() ([]byte, error) {
	got, err := c.BLPop(context.Background(), 0, c.from).Result()
	if err != nil {
		return nil, err
	}
	return []byte(got[1]), nil
}

func (c redisClient) close() error { return c.Client.Close() }

// redisPerSecond is about how many messages two redis-benchmarks pass on: they are told a
// number and not a time.
const redisPerSecond = 10000

// redisPair has one redis-benchmark push what another one pops, one request at a time each,
// as our two ends do, and returns how many messages the latter had a second.
func redisPair(ctx context.Context, t task) (float64, error) {
	place, link, err := t.served()
	if err != nil {
		return 0, err
	}
	defer link.Close()
	n := strconv.Itoa(int(redisPerSecond * t.time.Seconds()))
	request := func(words ...string) (*exec.Cmd, *bytes.Buffer) {
		cmd := exec.CommandContext(ctx, "redis-benchmark", append([]string{"-s", place.Address, "-c", "1", "-P", "1", "-n", n, "--csv"}, words...)...)
		out := new(bytes.Buffer)
		cmd.Stdout, cmd.Stderr = out, out
		return cmd, out
	}
	pops, popped := request("BLPOP", "pair", "0")
	pushes, pushed := request("RPUSH", "pair", strings.Repeat("x", t.size))
	if err := pops.Start(); err != nil {
		return 0, fmt.Errorf("%w: apt install redis-tools", err)
	}
	time.Sleep(10 * time.Millisecond) // until it waits
	if err := errors.Join(pushes.Run(), pops.Wait()); err != nil {
		return 0, fmt.Errorf("redis-benchmark: %w: %s%s", err, pushed, popped)
	}
	return redisRate(popped.String())
}

// redisRate is the rate in what redis-benchmark --csv says of one test.
func redisRate(out string) (float64, error) {
	lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(lines) != 2 || len(lines[1]) < 2 || lines[0][1] != "rps" {
		return 0, fmt.Errorf("redis-benchmark does not say its rate: %s", out)
	}
	return strconv.ParseFloat(lines[1][1], 64)
}
