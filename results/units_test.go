package results_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int{
		"1": 1, "64": 64, "64B": 64, "1000": 1000, "64 B": 64,
		"4k": 4096, "4K": 4096, "4Ki": 4096, "4KiB": 4096, "4kib": 4096, "4 KiB": 4096,
		"1M": 1 << 20, "1Mi": 1 << 20, "1MiB": 1 << 20, "2G": 2 << 30, "2GiB": 2 << 30,
	} {
		if size, err := results.ParseSize(text); err != nil || size != want {
			t.Errorf("ParseSize(%q) is %d, %v; want %d", text, size, err, want)
		}
	}
}

func TestParseSizeRefuses(t *testing.T) {
	for text, hint := range map[string]string{
		"":                       "whole number",
		"k":                      "whole number",
		"-1":                     "whole number",
		"+1":                     "whole number",
		"1.5k":                   "whole number",
		"0x40":                   "whole number",
		"64,":                    "whole number",
		"0":                      "at least 1 byte",
		"0KiB":                   "at least 1 byte",
		"4T":                     "no unit",
		"4KiBs":                  "no unit",
		"4KB":                    "write 4KiB for 4096 bytes or 4000",
		"4kB":                    "write 4KiB for 4096 bytes or 4000",
		"2MB":                    "write 2MiB for 2097152 bytes or 2000000",
		"1gb":                    "write 1GiB for 1073741824 bytes or 1000000000",
		"99999999999999999999":   "whole number",
		"9223372036854775807KiB": "larger",
		"18446744073709551615KB": "larger",
	} {
		size, err := results.ParseSize(text)
		if err == nil {
			t.Errorf("ParseSize(%q) is %d, want an error", text, size)
		} else if !strings.Contains(err.Error(), hint) || strings.Contains(err.Error(), "\n") {
			t.Errorf("ParseSize(%q) says %q, want one line with %q", text, err, hint)
		}
	}
}

func TestFormatSizeReadsBack(t *testing.T) {
	for size, want := range map[int]string{
		1: "1 B", 64: "64 B", 1000: "1000 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1536 B",
		4096: "4 KiB", 65536: "64 KiB", 1 << 20: "1 MiB", 1<<20 + 1024: "1025 KiB", 3 << 30: "3 GiB",
	} {
		if text := results.FormatSize(size); text != want {
			t.Errorf("FormatSize(%d) is %q, want %q", size, text, want)
		}
		if back, err := results.ParseSize(want); err != nil || back != size {
			t.Errorf("%q reads back as %d, %v", want, back, err)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, text := range []string{"64", "4KiB", "4KB", "1 MiB", "0", "-1", "9223372036854775807G", "4ſ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size, err := results.ParseSize(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error about %q is not one line: %q", text, err)
			}
			return
		}
		if size < 1 {
			t.Errorf("ParseSize(%q) is %d", text, size)
		}
		if back, err := results.ParseSize(results.FormatSize(size)); err != nil || back != size {
			t.Errorf("%q is %d, written as %q and read back as %d, %v", text, size, results.FormatSize(size), back, err)
		}
	})
}

func TestParseSizes(t *testing.T) {
	for text, want := range map[string][]int{
		"64":             {64},
		"64,4KiB, 64KiB": {64, 4096, 65536},
		"64..1k":         {64, 128, 256, 512, 1024},
		"1,8..32,4k":     {1, 8, 16, 32, 4096},
		"64..200":        {64, 128, 200},
		"64..64":         {64},
		"64,64,32..64":   {64, 32},
		"4611686018427387904..9223372036854775807": {1 << 62, math.MaxInt64},
	} {
		if sizes, err := results.ParseSizes(text); err != nil || !slices.Equal(sizes, want) {
			t.Errorf("ParseSizes(%q) is %v, %v; want %v", text, sizes, err, want)
		}
	}
	for text, hint := range map[string]string{
		"": "whole number", "64,": "whole number", "64..": "whole number", "..64": "whole number",
		"4k..64": "smaller end first", "64..4KB": "4096", "1..2..3": "whole number",
	} {
		if sizes, err := results.ParseSizes(text); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("ParseSizes(%q) is %v, %v; want an error with %q", text, sizes, err, hint)
		}
	}
}

func FuzzParseSizes(f *testing.F) {
	for _, text := range []string{"64,4KiB, 64KiB", "64..1k", "1..9223372036854775807", "1M..4k", "..", "64..,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sizes, err := results.ParseSizes(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error about %q is not one line: %q", text, err)
			}
			return
		}
		seen := map[int]bool{}
		for _, size := range sizes {
			if size < 1 || seen[size] {
				t.Errorf("ParseSizes(%q) is %v", text, sizes)
			}
			seen[size] = true
		}
	})
}
