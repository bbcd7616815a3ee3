package cpulist

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]int{
		"":            nil,
		"\n":          nil,
		"0":           {0},
		"0-3,8\n":     {0, 1, 2, 3, 8},
		"8,0-2,1":     {0, 1, 2, 8},
		"64-65,70-70": {64, 65, 70},
	} {
		got, err := Parse(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Parse(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"a", "1-", "-1", "3-1", "0,,1", "0-99999999999", "1-2-3"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v and no error", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "0", "0-3,8", "3-1", "65535", "0-65536", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(Format(list))
		if err != nil || !slices.Equal(list, again) {
			t.Errorf("%q: %v became %v, %v", text, list, again, err)
		}
	})
}
