package clock

import "testing"

// Times since 1970 were computed as doubles and so were multiples of 256 ns.
func TestTimesHaveNoGrainOfDoubles_goldsborough(t *testing.T) {
	for range 10_000 {
		if Now()%256 != 0 {
			return
		}
	}
	t.Error("every reading of the clock is a multiple of 256 ns")
}
