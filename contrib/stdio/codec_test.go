package stdio

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// encoded is what msgs are in a stream of that encoding.
func encoded(t *testing.T, name string, msgs ...[]byte) []byte {
	t.Helper()
	var stream bytes.Buffer
	out := bufio.NewWriter(&stream)
	c := newCodec(name, nothing(), out)
	for _, msg := range msgs {
		if err := c.encode(msg); err != nil {
			t.Fatal(err)
		}
	}
	out.Flush()
	return stream.Bytes()
}

func nothing() *bufio.Reader { return bufio.NewReader(strings.NewReader("")) }

// TestAStreamThatIsCut: what ends between two messages has ended, and what ends in one is an
// error.
func TestAStreamThatIsCut(t *testing.T) {
	msg := []byte("a message of some bytes, with \n and \r\n\r\n in it")
	for _, e := range encodings {
		t.Run(e.Name, func(t *testing.T) {
			whole := encoded(t, e.Name, msg)
			for cut := range len(whole) + 1 {
				stream := append(bytes.Clone(whole), whole[:cut]...)
				c := newCodec(e.Name, bufio.NewReader(bytes.NewReader(stream)), bufio.NewWriter(io.Discard))
				buf := make([]byte, 100)
				if n, err := c.decode(buf); err != nil || !bytes.Equal(buf[:n], msg) {
					t.Fatalf("decoded %q, %v", buf[:n], err)
				}
				n, err := c.decode(buf)
				switch complete := cut == len(whole) || (e.Name == "json" && cut == len(whole)-1); {
				case complete && (err != nil || !bytes.Equal(buf[:n], msg)):
					t.Errorf("of %d bytes: %q, %v", cut, buf[:n], err)
				case cut == 0 && err != io.EOF:
					t.Errorf("between two messages: %v instead of io.EOF", err)
				case !complete && cut > 0 && (err == nil || err == io.EOF):
					t.Errorf("of a message of %d bytes there were %d: %q, %v", len(whole), cut, buf[:n], err)
				}
			}
		})
	}
}

// TestAMessageLongerThanTheLink is refused, and not cut.
func TestAMessageLongerThanTheLink(t *testing.T) {
	for _, e := range encodings {
		stream := encoded(t, e.Name, make([]byte, 101))
		c := newCodec(e.Name, bufio.NewReader(bytes.NewReader(stream)), bufio.NewWriter(io.Discard))
		if n, err := c.decode(make([]byte, 100)); err == nil {
			t.Errorf("%s: %d bytes of 101", e.Name, n)
		}
	}
}

// TestWhatOthersRead: JSON is an object on each line, and language servers have their own
// header before one.
func TestWhatOthersRead(t *testing.T) {
	stream := string(encoded(t, "json", []byte("one\n"), []byte("two")))
	if want := "{\"data\":\"b25lCg==\"}\n{\"data\":\"dHdv\"}\n"; stream != want {
		t.Errorf("lines of JSON: %q instead of %q", stream, want)
	}
	header, body, _ := strings.Cut(string(encoded(t, "lsp", []byte("one"))), "\r\n\r\n")
	var call map[string]any
	if err := json.Unmarshal([]byte(body), &call); err != nil || call["jsonrpc"] != "2.0" || header != "Content-Length: 61" {
		t.Errorf("a language server reads %q and %q: %v", header, body, err)
	}
}
