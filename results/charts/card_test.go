package charts

import (
	"bytes"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"
)

// someCard is made up.
var someCard = Card{
	Title: "Two processes on this machine",
	Lines: []string{
		"With a CPU for each end to spin on, mmap takes 111 or 195 ns there and back.",
		"Where an end may sleep, a pipe does it in 6.8 µs on one CPU and in 74 µs on two.",
		"A Unix socket costs 16 % less than a pipe across CPUs, and twice as much on one.",
		"From 4 KiB on the copy counts: shared memory moves 10 GB/s, a pipe 1.3 GB/s.",
	},
	Shown: "Median round trip, 64 B, on two CPUs · lower is better · each group to its own scale",
	Groups: []Bars{
		{"Both ends may sleep", []Bar{
			{"unix", "unix", []Value{{61.3e3, "61.3 µs"}}}, {"mmap", "mmap:wait=futex", []Value{{68e3, "68.0 µs"}}}, {"pipe", "pipe", []Value{{74e3, "74.0 µs"}}},
		}},
		{"Both ends may spin", []Bar{
			{"mmap", "mmap", []Value{{111, "111 ns ×3"}, {195, "195 ns ×7"}}}, {"file", "file", []Value{{8940, "8.94 µs"}}},
		}},
	},
	Machine: "AMD EPYC, 2 CPUs, KVM guest · Linux 6.18.44 · 2026-11-26 · differences below 12 % do not show",
	Command: "ipcbench run",
}

func TestCard(t *testing.T) {
	picture, err := png.Decode(bytes.NewReader(written(t, someCard.WritePNG)))
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); size.X != 1200 || size.Y != 675 {
		t.Errorf("it is %v dots", size)
	}
	parse(t, written(t, someCard.WriteSVG))
	texts := textsOfCard(t, someCard)
	for _, words := range []string{someCard.Title, "$ ipcbench run", "111 ns ×3", "195 ns ×7", "Both ends may sleep", "mmap:wait=futex"} {
		if !strings.Contains(texts, words) {
			t.Errorf("it does not say %q", words)
		}
	}
}

// TestNoCardLosesItsText: what is long is set smaller, and what is missing leaves no
// hole that is a panic.
func TestNoCardLosesItsText(t *testing.T) {
	full := someCard
	full.Title = strings.Repeat("A long title ", 8)
	full.Lines = nil
	for range 6 {
		full.Lines = append(full.Lines, strings.Repeat("An answer that goes on ", 6))
	}
	full.Machine, full.Command = strings.Repeat("machine ", 60), "ipcbench run "+strings.Repeat("mmap ", 60)
	full.Groups = slices.Clone(full.Groups)
	for range 2 {
		for i, group := range full.Groups {
			full.Groups[i].Bars = append(slices.Clone(group.Bars), Bar{"other", strings.Repeat("long", 20), []Value{{math.NaN(), "—"}}})
		}
	}
	for _, c := range []Card{someCard, full} {
		textsOfCard(t, c)
	}
	if err := (Card{}).WritePNG(&bytes.Buffer{}); err != nil {
		t.Error(err)
	}
}

func textsOfCard(t *testing.T, c Card) string {
	t.Helper()
	canvas := newSVG(cardWidth, cardHeight, true)
	c.draw(canvas)
	var b bytes.Buffer
	if err := canvas.writeTo(&b, c.Title, c.Shown); err != nil {
		t.Fatal(err)
	}
	checkTexts(t, "card", b.String())
	_, texts := parse(t, b.Bytes())
	return strings.Join(texts, "\n")
}
