package rpc

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"

	"ipcbench/contrib/internal/over"
	"ipcbench/transports"
)

func init() {
	transports.Register(library{
		info:  info("http", "HTTP of the standard library: the consumer serves, a round trip is a POST with its response", versionOption, over.Option),
		serve: serveHTTP, dial: dialHTTP,
	})
}

var versionOption = transports.Option{Name: "version", Doc: "the version of HTTP, without TLS", Values: []transports.Value{
	{Name: "1.1", Doc: "HTTP/1.1, one connection that is kept"},
	{Name: "2", Doc: "HTTP/2 by prior knowledge"},
}}

// protocols are those of one version alone.
func protocols(version string) *http.Protocols {
	var p http.Protocols
	if version == "2" {
		p.SetUnencryptedHTTP2(true)
	} else {
		p.SetHTTP1(true)
	}
	return &p
}

// host stands for the consumer in URLs: connections are made by the dialer alone.
const host = "http://consumer"

func serveHTTP(s transports.Spec, l *listener, t target) (stop func(), err error) {
	return serveHandler(s.Option(versionOption.Name), l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message, err := readAll(r.Body, r.ContentLength)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reply, err := t.call(message)
		if err != nil {
			w.WriteHeader(http.StatusGone)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream") // or it would be guessed
		w.Header().Set("Content-Length", fmt.Sprint(len(reply)))
		w.Write(reply)
	})), nil
}

func serveHandler(version string, l *listener, h http.Handler) (stop func()) {
	server := &http.Server{Handler: h, Protocols: protocols(version), ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(l)
	return func() { server.Close() }
}

func dialHTTP(s transports.Spec, d *dialer) (client, error) {
	c := newHTTPClient(s.Option(versionOption.Name), d)
	return newBlocking(func(message []byte) ([]byte, error) {
		response, err := c.Post(host, "application/octet-stream", bytes.NewReader(message))
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		reply, err := readAll(response.Body, response.ContentLength)
		switch {
		case err != nil:
			return nil, err
		case response.StatusCode == http.StatusGone:
			return nil, io.EOF
		case response.StatusCode != http.StatusOK:
			return nil, fmt.Errorf("the server says %s: %s", response.Status, reply)
		}
		return reply, nil
	}, func() error { c.CloseIdleConnections(); return nil }), nil
}

func newHTTPClient(version string, d *dialer) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: d.dialContext, Protocols: protocols(version), DisableCompression: true,
	}}
}

// readAll reads a body whose length is known, as a rule, and then reads its end too: a
// connection is not kept before that.
func readAll(body io.Reader, length int64) ([]byte, error) {
	if length <= 0 {
		return io.ReadAll(body)
	}
	message := bytes.NewBuffer(make([]byte, 0, length+bytes.MinRead)) // room to see the end in
	_, err := message.ReadFrom(body)
	return message.Bytes(), err
}
