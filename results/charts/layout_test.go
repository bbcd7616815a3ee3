package charts

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

type box struct {
	text                     string
	left, right, top, bottom float64
}

var (
	textElement = regexp.MustCompile(`<text x="([-\d.]+)" y="([-\d.]+)" font-size="([\d.]+)"[^>]* textLength="([\d.]+)"[^>]*>([^<]*)</text>`)
	viewBox     = regexp.MustCompile(`viewBox="0 0 ([\d.]+) ([\d.]+)"`)
)

// checkLayout fails where a text leaves the picture or lies on another.
func checkLayout(t *testing.T, c Chart) {
	t.Helper()
	checkTexts(t, c.Name, string(svgText(t, c)))
}

func checkTexts(t *testing.T, name, svg string) {
	t.Helper()
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	view := viewBox.FindStringSubmatch(svg)
	width, height := number(view[1]), number(view[2])
	var boxes []box
	for _, m := range textElement.FindAllStringSubmatch(svg, -1) {
		x, y, size := number(m[1]), number(m[2]), number(m[3])
		boxes = append(boxes, box{text: html.UnescapeString(m[5]), left: x, right: x + number(m[4]), top: y - 0.72*size, bottom: y})
	}
	if len(boxes) < 5 {
		t.Fatalf("%s: only %d texts", name, len(boxes))
	}
	for i, a := range boxes {
		if a.left < 0 || a.right > width || a.top < 0 || a.bottom > height {
			t.Errorf("%s: %q leaves the picture: %+v of %v x %v", name, a.text, a, width, height)
		}
		for _, b := range boxes[:i] {
			if a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom {
				t.Errorf("%s: %q lies on %q", name, a.text, b.text)
			}
		}
	}
}

func TestNoTextLiesOnAnother(t *testing.T) {
	wide := likeDefault
	wide.specs = append([]string{"pipe", "file"}, manySpecs(8)...)
	wide.sizes = []int{64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576}
	wide.placements = []string{"free", "0-1"}
	wide.dirs = []string{"/tmp", "/dev/shm", "/mnt/xfs", "/mnt/btrfs", "/mnt/other", "/a/very/long/name/of/a/directory/that/goes/on/and/on/and/has/no/end"}
	wide.messages, wide.launches = 50, 1
	crowd := everyTransport
	crowd.launches, crowd.messages = 1, 50
	for _, family := range []string{"memfd", "shm", "sysv", "fifo", "vmsplice", "tcp", "udp", "vsock", "mq"} {
		for _, wait := range []string{"futex", "hybrid", "eventfd", "yield", "poll", "epoll", "go"} {
			crowd.specs = append(crowd.specs, family+":api=inplace,wait="+wait)
		}
	}
	long := small
	long.specs = []string{strings.Repeat("long", 40), "mmap:api=inplace,sync=async,wait=hybrid-with-a-long-name-that-needs-several-lines,x=y"}
	long.dirs = wide.dirs
	odd := small
	odd.sizes = []int{64, 65, 66, 100, 1000, 1001, 4096}
	for name, s := range map[string]synthetic{"default": likeDefault, "crowd": crowd, "wide": wide, "long names": long, "odd sizes": odd} {
		t.Run(name, func(t *testing.T) {
			for _, c := range s.charts(t) {
				checkLayout(t, c)
			}
		})
	}
}

func TestNoTextLiesOnAnotherInSmallPlots(t *testing.T) {
	for _, c := range ofEveryTransport(t) {
		checkLayout(t, c)
	}
}

func TestSpread(t *testing.T) {
	for name, c := range map[string]struct{ want, heights, at []float64 }{
		"apart already":            {[]float64{10, 30, 60}, []float64{10, 10, 10}, []float64{10, 30, 60}},
		"two in one place":         {[]float64{50, 50}, []float64{10, 10}, []float64{45, 55}},
		"at the lower edge":        {[]float64{0, 1}, []float64{10, 10}, []float64{5, 15}},
		"at the upper edge":        {[]float64{99, 100}, []float64{10, 10}, []float64{85, 95}},
		"blocks that meet":         {[]float64{48, 50, 52, 70}, []float64{20, 20, 20, 20}, []float64{25, 45, 65, 85}},
		"of different heights":     {[]float64{50, 50}, []float64{10, 30}, []float64{40, 60}},
		"none":                     {nil, nil, nil},
		"one pushed by the bottom": {[]float64{2, 12, 40}, []float64{10, 10, 10}, []float64{5, 15, 40}},
	} {
		got := spread(c.want, c.heights, 0, 100)
		for i := range got {
			if diff := got[i] - c.at[i]; diff > 1e-9 || diff < -1e-9 {
				t.Errorf("%s: %v, want %v", name, got, c.at)
				break
			}
		}
		if len(got) != len(c.at) {
			t.Errorf("%s: %v, want %v", name, got, c.at)
		}
	}
}

func TestWrap(t *testing.T) {
	text := "mmap:api=inplace,sync=async,wait=hybrid · /mnt/somewhere " + strings.Repeat("ü", 60)
	lines := wrap(text, nameType, nameWidth, withinNames)
	for _, line := range lines {
		if w := nameType.width(line); w > nameWidth {
			t.Errorf("%q is %v wide, want at most %v", line, w, nameWidth)
		}
		if !utf8.ValidString(line) {
			t.Errorf("%q: a letter was cut in two", line)
		}
	}
	if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(text, " ", "") {
		t.Errorf("letters were lost: %q", lines)
	}
	if got := wrap("short", nameType, nameWidth, withinNames); len(got) != 1 || got[0] != "short" {
		t.Errorf("a short name became %q", got)
	}
	cutShort := clip([]string{"a", "b", "c", "d"}, 3)
	if len(cutShort) != 3 || cutShort[2] != "c…" {
		t.Errorf("four lines became %q", cutShort)
	}
}
