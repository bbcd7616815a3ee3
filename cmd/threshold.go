package cmd

import (
	"errors"

	"ipcbench/results/compare"
)

// An inconclusiveError is the answer of a gate that the data leave open.
type inconclusiveError struct{ reason string }

func (e *inconclusiveError) Error() string { return e.reason }

// judge says how often a gate is wrong and returns why it did not pass, or nil
// where it did, or where there is none.
func (c *comparer) judge(gate *compare.Gate) error {
	if gate == nil {
		return nil
	}
	c.out.note("threshold: " + gate.Rates())
	if caveat := gate.Caveat(); caveat != "" {
		c.out.note("threshold: passed " + caveat)
	}
	reason := "compare: " + gate.Reason()
	switch gate.Outcome {
	case compare.Failed:
		return errors.New(reason)
	case compare.Inconclusive:
		return &inconclusiveError{reason}
	}
	return nil
}
