package message

import (
	"fmt"
	"testing"

	"ipcbench/transports"
)

// BenchmarkNull is a message that goes nowhere: made, copied in, copied out and
// checked, for lengths around what a processor handles at once. What a length costs is
// to be told from the others of one run.
func BenchmarkNull(b *testing.B) {
	for _, size := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 31, 33, 63, 64, 65, 4096} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			spec := transports.Spec{Transport: "null", Size: size}
			null, err := transports.Lookup(spec.Transport)
			if err != nil {
				b.Fatal(err)
			}
			ep, err := null.Open(spec, transports.Producer, transports.Handover{})
			if err != nil {
				b.Fatal(err)
			}
			x, number := Over(ep, spec, size, nil, false), uint64(0)
			for b.Loop() {
				if err := x.Send(number, Measured); err != nil {
					b.Fatal(err)
				}
				if _, err := x.Receive(number); err != nil {
					b.Fatal(err)
				}
				number++
			}
		})
	}
}
