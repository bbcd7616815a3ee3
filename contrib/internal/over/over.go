// Package over has the libraries of this module work over sockets that ipcbench's own
// transports unix and tcp connect. Libraries want to listen and to dial, by a name or a
// port that others see; here each end inherits its socket, and nobody else has a part in it.
//
// It must not know any library.
package over

import (
	"ipcbench/transports"
	_ "ipcbench/transports/socket" // unix and tcp
)

// Option is which of them.
var Option = transports.Option{Name: "over", Doc: "what the connection is", Values: []transports.Value{
	{Name: "unix", Doc: "two Unix sockets (the transport unix)"},
	{Name: "tcp", Doc: "TCP over the loopback (the transport tcp)"},
}}

// Create makes two sockets that are connected to each other, for a spec that has Option.
func Create(s transports.Spec) (transports.Link, error) {
	under, err := transports.Parse(s.Option(Option.Name))
	if err != nil {
		return nil, err
	}
	under.Size, under.Capacity, under.OnStage = s.Size, s.Capacity, s.OnStage
	sockets, err := transports.Lookup(under.Transport)
	if err != nil {
		return nil, err
	}
	return sockets.Create(under)
}
