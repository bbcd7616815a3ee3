package stdio

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"

	"github.com/vmihailenco/msgpack/v5"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"ipcbench/transports"
)

// A codec puts messages into a stream and takes them out, by the library that a program
// would use for it. decode returns io.EOF where the stream ends between two messages.
type codec interface {
	encode(msg []byte) error
	decode(buf []byte) (int, error)
}

const optionCodec = "codec"

// An encoding is one value of the option codec. Each says where a message ends in its own
// way, so that there is no other option for that.
type encoding struct {
	transports.Value
	open func(*bufio.Reader, *bufio.Writer) codec
}

// encodings are all of them, the default first.
var encodings = []encoding{
	{transports.Value{Name: "raw", Doc: "its length in four bytes, and the bytes", Without: transports.Allocates}, newRaw},
	{transports.Value{Name: "json", Doc: "an object a line, the bytes in base64 (encoding/json)"}, newJSON},
	{transports.Value{Name: "lsp", Doc: "JSON-RPC behind a Content-Length, as language servers do, the bytes in base64"}, newLSP},
	{transports.Value{Name: "proto", Doc: "a protobuf message of one field of bytes, behind its length (protodelim)"}, newProto},
	{transports.Value{Name: "msgpack", Doc: "MessagePack, a map with one field of bytes (vmihailenco/msgpack)"}, newMsgpack},
}

func codecOption() transports.Option {
	o := transports.Option{Name: optionCodec, Doc: "what a message is in the stream"}
	for _, e := range encodings {
		o.Values = append(o.Values, e.Value)
	}
	return o
}

// newCodec opens the encoding of that name.
func newCodec(name string, in *bufio.Reader, out *bufio.Writer) codec {
	for _, e := range encodings {
		if e.Name == name {
			return e.open(in, out)
		}
	}
	return newRaw(in, out) // of a spec that was not parsed, and so has no options
}

type raw struct {
	in  *bufio.Reader
	out *bufio.Writer
}

func newRaw(in *bufio.Reader, out *bufio.Writer) codec { return raw{in, out} }

func (r raw) encode(msg []byte) error {
	header := binary.LittleEndian.AppendUint32(r.out.AvailableBuffer(), uint32(len(msg)))
	if _, err := r.out.Write(header); err != nil {
		return err
	}
	_, err := r.out.Write(msg)
	return err
}

func (r raw) decode(buf []byte) (int, error) {
	header, err := r.in.Peek(4)
	if err != nil {
		if len(header) > 0 && err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	n := int(binary.LittleEndian.Uint32(header))
	r.in.Discard(len(header))
	if n > len(buf) {
		return 0, tooLong(n, buf)
	}
	got, err := io.ReadFull(r.in, buf[:n])
	return got, unexpected(err)
}

// A message is what a program might say with one.
type message struct {
	Data []byte `json:"data" msgpack:"data"`
}

// objects is a codec of a library with an encoder and a decoder of values.
type objects struct {
	encoder interface{ Encode(any) error }
	decoder interface{ Decode(any) error }
}

// The encoder puts a newline behind each object.
func newJSON(in *bufio.Reader, out *bufio.Writer) codec {
	return objects{json.NewEncoder(out), json.NewDecoder(in)}
}

func newMsgpack(in *bufio.Reader, out *bufio.Writer) codec {
	return objects{msgpack.NewEncoder(out), whole{in, msgpack.NewDecoder(in)}}
}

func (o objects) encode(msg []byte) error { return o.encoder.Encode(&message{msg}) }

func (o objects) decode(buf []byte) (int, error) {
	var m message
	if err := o.decoder.Decode(&m); err != nil {
		return 0, err
	}
	return give(buf, m.Data)
}

// whole tells a stream that ends in an object from one that ends before it, which the
// decoder of MessagePack does not.
type whole struct {
	in *bufio.Reader
	*msgpack.Decoder
}

func (w whole) Decode(v any) error {
	if _, err := w.in.Peek(1); err != nil {
		return err
	}
	return unexpected(w.Decoder.Decode(v))
}

// lsp is the base protocol of the Language Server Protocol.
type lsp struct {
	in  *bufio.Reader
	out *bufio.Writer
}

func newLSP(in *bufio.Reader, out *bufio.Writer) codec { return lsp{in, out} }

// A notification is a call of JSON-RPC 2.0 that nobody answers.
type notification struct {
	JSONRPC string  `json:"jsonrpc"`
	Method  string  `json:"method"`
	Params  message `json:"params"`
}

const contentLength = "Content-Length"

func (l lsp) encode(msg []byte) error {
	body, err := json.Marshal(&notification{"2.0", "message", message{msg}})
	if err != nil {
		return err
	}
	fmt.Fprintf(l.out, "%s: %d\r\n\r\n", contentLength, len(body))
	_, err = l.out.Write(body)
	return err
}

func (l lsp) decode(buf []byte) (int, error) {
	header, err := textproto.NewReader(l.in).ReadMIMEHeader()
	if err != nil {
		if len(header) > 0 && err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	n, err := strconv.Atoi(header.Get(contentLength))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("a %s of %q is no length", contentLength, header.Get(contentLength))
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(l.in, body); err != nil {
		return 0, unexpected(err)
	}
	var said notification
	if err := json.Unmarshal(body, &said); err != nil {
		return 0, err
	}
	return give(buf, said.Params.Data)
}

// proto has messages of the type that protobuf itself generates for bytes.
type proto struct {
	in  *bufio.Reader
	out *bufio.Writer
}

func newProto(in *bufio.Reader, out *bufio.Writer) codec { return proto{in, out} }

func (p proto) encode(msg []byte) error {
	_, err := protodelim.MarshalTo(p.out, wrapperspb.Bytes(msg))
	return err
}

func (p proto) decode(buf []byte) (int, error) {
	var m wrapperspb.BytesValue
	if err := (protodelim.UnmarshalOptions{MaxSize: -1}).UnmarshalFrom(p.in, &m); err != nil {
		return 0, err
	}
	return give(buf, m.Value)
}

// give copies a message that was decoded to where it is wanted.
func give(buf, data []byte) (int, error) {
	if len(data) > len(buf) {
		return 0, tooLong(len(data), buf)
	}
	return copy(buf, data), nil
}

func tooLong(n int, buf []byte) error {
	return fmt.Errorf("a message of %d bytes, where the link takes %d", n, len(buf))
}

// unexpected is err, where the stream may not end.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
