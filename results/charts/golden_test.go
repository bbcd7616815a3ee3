package charts

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// small has one chart of each kind, with little in it.
var small = synthetic{
	specs:      []string{"mmap:wait=spin", "pipe", "file"},
	sizes:      []int{64, 65536},
	placements: []string{"same-llc"},
	dirs:       []string{"/tmp", "/dev/shm"},
	launches:   6,
	messages:   2000,
	seed:       3,
}

// many has more transports than one plot has room for.
var many = synthetic{
	specs:      []string{"mmap", "mmap:wait=futex", "mmap:wait=hybrid", "pipe", "pipe:wait=go", "unix", "tcp", "mq", "file", "null"},
	sizes:      []int{64, 65536},
	placements: []string{"same-llc"},
	dirs:       []string{"/tmp", "/dev/shm"},
	launches:   6,
	messages:   300,
	seed:       5,
}

// A change of a picture has to be looked at: run the test with -update, look
// at the pictures in testdata, and commit them.
func TestPicturesAreAsAgreed(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the pictures were made on amd64: elsewhere floating point may round the last digit otherwise")
	}
	for _, c := range small.charts(t) {
		t.Run(c.Name, func(t *testing.T) { checkGolden(t, c) })
	}
	for _, c := range many.charts(t) {
		if c.Name == "latency-same-llc" || strings.HasPrefix(c.Name, "percentiles-64B") || strings.HasPrefix(c.Name, "launches-throughput-64B") {
			c.Name = "many-" + c.Name
			t.Run(c.Name, func(t *testing.T) { checkGolden(t, c) })
		}
	}
	forest, _ := Forest(someChanges(t))
	t.Run(forest.Name, func(t *testing.T) { checkGolden(t, forest) })
	cores := Cores(someCores(smallServer))
	t.Run(cores.Name, func(t *testing.T) { checkGolden(t, cores) })
}

// checkGolden fails where a picture is not the one that was agreed on.
func checkGolden(t *testing.T, c Chart) {
	t.Helper()
	got := svgText(t, c)
	golden := filepath.Join("testdata", c.Name+".svg")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		other := filepath.Join("testdata", ".got-"+c.Name+".svg")
		if err := os.WriteFile(other, got, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("the picture is another one: compare %s with %s, and run with -update if it is better", other, golden)
	}
}

func TestSameInputSamePicture(t *testing.T) {
	launches := small.all(t)
	first, second := chartsOf(small.run(), launches), chartsOf(small.run(), launches)
	if len(first) == 0 || len(first) != len(second) {
		t.Fatalf("%d charts and then %d", len(first), len(second))
	}
	for i := range first {
		if !bytes.Equal(svgText(t, first[i]), svgText(t, second[i])) {
			t.Errorf("%s: the page's picture differs between two drawings", first[i].Name)
		}
		if !bytes.Equal(written(t, first[i].WriteSVG), written(t, second[i].WriteSVG)) {
			t.Errorf("%s: the outlined picture differs between two drawings", first[i].Name)
		}
		if i == 0 && !bytes.Equal(written(t, first[i].WritePNG), written(t, second[i].WritePNG)) {
			t.Errorf("%s: the PNG differs between two drawings", first[i].Name)
		}
	}
}
