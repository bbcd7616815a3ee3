package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ipcbench/bench"
	"ipcbench/results"
)

// autoRates is what is written for rates that are found.
const autoRates = "auto"

// addAxes declares the flags of the axes that only some workloads have.
func addAxes(flags *pflag.FlagSet, p *bench.Plan) {
	flags.Func("rate", "`messages` offered per second, as 1k,2.5M, or auto: from light load to past saturation (default auto)", func(text string) error {
		switch text {
		case autoRates:
			p.RateAuto = true
			return nil
		case "0": // as fast as it goes
			return nil
		}
		return appendValues(&p.Rates, text, results.ParseRate)
	})
	chooseSome(flags, &p.Arrivals, "arrivals", "", "their `spacing`: constant, or poisson, as of independent events (default constant)", func() []knownWord {
		return knownWords(results.Constant, results.Poisson)
	})
	chooseSome(flags, &p.Pacings, "pacing", "", "`how` the producer waits until one is due: spin or sleep (default spin, sleep on one CPU)", func() []knownWord {
		return knownWords(results.Spinning, results.Sleeping)
	})
	flags.Func("pairs", "`numbers` of pairs of processes at once, each on CPUs of its own while there are such (default 1)", func(text string) error {
		return appendValues(&p.Pairs, text, several(1))
	})
	flags.Func("fan-in", "`numbers` of producers that stream to one consumer: through one queue, or a ring each", func(text string) error {
		return appendValues(&p.FanIn, text, several(2))
	})
	flags.Func("fan-out", "`numbers` of consumers that one producer streams to: each message goes to one of them", func(text string) error {
		return appendValues(&p.FanOut, text, several(2))
	})
	flags.Func("batch", "`numbers` of messages that share a sync to the storage, with sync=sync, as 1,8,64 (default 1)", func(text string) error {
		return appendValues(&p.Batches, text, batchSize)
	})
	flags.Func("work", "`times` that the consumer works on each message, as 0s,1us", func(text string) error {
		return appendValues(&p.Work, text, shortTime)
	})
	flags.Func("think", "`times` that the producer works before each", func(text string) error {
		return appendValues(&p.Think, text, shortTime)
	})
}

// appendValues appends those of a comma-separated list that are not there yet.
func appendValues[T comparable](values *[]T, text string, parse func(string) (T, error)) error {
	for item := range strings.SplitSeq(text, ",") {
		value, err := parse(strings.TrimSpace(item))
		if err != nil {
			return err
		}
		if !slices.Contains(*values, value) {
			*values = append(*values, value)
		}
	}
	return nil
}

// mostEnds is of how many processes of a kind a launch is made, at most.
const mostEnds = 1024

func several(least int) func(string) (int, error) {
	return func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > mostEnds {
			return 0, fmt.Errorf("%q: write a whole number from %d to %d", text, least, mostEnds)
		}
		return n, nil
	}
}

// mostToSync is how many messages share a sync, at most: of more, a launch would see
// few, or none.
const mostToSync = 1 << 20

func batchSize(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostToSync {
		return 0, fmt.Errorf("%q: write a whole number from 1 to %d", text, mostToSync)
	}
	return n, nil
}

// longestWork is how long an end may be busy with a message: beyond, a launch would
// have no time for enough of them.
const longestWork = time.Second

func shortTime(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if text == "0" {
		err = nil
	}
	if err != nil || d < 0 || d > longestWork {
		return 0, fmt.Errorf("%q: write a time from 0s to %v, as 500ns or 1us", text, longestWork)
	}
	return d, nil
}
