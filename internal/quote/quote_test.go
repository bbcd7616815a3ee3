package quote

import (
	"encoding/json"
	"testing"
)

func TestALineOfATerminalObeysNobody(t *testing.T) {
	for text, want := range map[string]string{
		"pipe, 64 B — 4.2 µs":   "pipe, 64 B — 4.2 µs", // what we write ourselves stays as it is
		"größe \u00a0 標籤 👩‍🔧":   "größe \u00a0 標籤 👩‍🔧",
		"":                      "",
		"a\nb\r\tc":             `a\nb\r\tc`,
		"\x1b[31mred\x1b]0;t\a": `\u001b[31mred\u001b]0;t\u0007`,
		"\u009b2J\x7f\x00":      `\u009b2J\u007f\u0000`, // CSI in one character
		"a\u202eb\u2066\u2028":  `a\u202eb\u2066\u2028`,
		"a\xffb\x9b":            "a\uFFFDb\uFFFD",
		"\U0001fffe":            "\uFFFD",
	} {
		if got := Line(text); got != want {
			t.Errorf("Line(%q) is %q, not %q", text, got, want)
		}
	}
	if got := Lines("a\tb\n\x1bc"); got != "a\tb\n\\u001bc" {
		t.Errorf("Lines gives %q", got)
	}
}

// TestJSONThatIsQuotedSaysTheSame: JSON on a terminal is not altered.
func TestJSONThatIsQuotedSaysTheSame(t *testing.T) {
	const text = "\u009b31m \u202e \n \x7f"
	encoded, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	var back string
	if err := json.Unmarshal([]byte(Lines(string(encoded))), &back); err != nil || back != text {
		t.Errorf("%q, %v", back, err)
	}
}

func TestMarkdownShowsTextAsItIs(t *testing.T) {
	for text, want := range map[string]string{
		"rtt_p50_ns, <9.1 %, a & b": "rtt_p50_ns, <9.1 %, a & b",
		"<img src=x>":               `\<img src=x>`,
		"</td><!-- x":               `\</td>\<!-- x`,
		"![a](http://b)":            `![a\](http://b)`,
		"tee cpu*/`x` ~~y~~":        "tee cpu\\*/\\`x\\` \\~\\~y\\~\\~",
		"&lt; &#60;":                `\&lt; \&#60;`,
		`a\<b`:                      `a\\\<b`,
		"a\n\n# b":                  `a\\n\\n# b`,
		"[a]: http://b":             `[a\]: http://b`,
		"[−0.41 %, +0.43 %]":        "[−0.41 %, +0.43 %]",
	} {
		if got := Markdown(text); got != want {
			t.Errorf("Markdown(%q) is %q, not %q", text, got, want)
		}
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"mmap:wait=futex": "mmap:wait=futex", "-1.5e-3": "-1.5e-3", "+inf": "+inf", "": "",
		"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "+1+1": "'+1+1", "-1+cmd": "'-1+cmd", "@SUM(A1)": "'@SUM(A1)",
		"\t=1": "'\t=1", "\r=1": `\r=1`, "a\nb": "a\nb",
	} {
		if got := Cell(text); got != want {
			t.Errorf("Cell(%q) is %q, not %q", text, got, want)
		}
	}
}
