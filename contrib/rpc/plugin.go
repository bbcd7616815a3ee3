package rpc

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"ipcbench/contrib/internal/over"
	"ipcbench/contrib/rpc/internal/wire"
	"ipcbench/transports"
)

// go-plugin's own part is to start a process, to read an address from its standard output
// and to connect to that. Here both processes run already, so this is its server and its
// client over the link's connection, with all that they have on it beside the plug-in's own
// service: the broker, the streams of standard output and error, the health service. What a
// message pays for that is in the row, what starting a plug-in takes is not.
func init() {
	transports.Register(library{
		info:  info("plugin", "hashicorp/go-plugin: gRPC with its broker and streams beside; not how it starts a process", tlsOption, over.Option),
		serve: servePlugin, dial: dialPlugin, secret: pluginSecret,
	})
}

var tlsOption = transports.Option{Name: "tls", Doc: "whether the connection is encrypted", Values: []transports.Value{
	{Name: "no", Doc: "it is not, which is go-plugin's default"},
	{Name: "yes", Doc: "it is, by certificates of both ends as those of AutoMTLS (ECDSA, P-521)"},
}}

// pluginName is what the plug-in is called between host and plug-in.
const pluginName = "exchange"

// exchangePlugin is the plug-in as its host and as itself.
type exchangePlugin struct {
	plugin.NetRPCUnsupportedPlugin
	service grpcService
}

func (p exchangePlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	wire.RegisterExchangeServer(s, p.service)
	return nil
}

func (exchangePlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return c, nil
}

func servePlugin(s transports.Spec, l *listener, t target) (stop func(), err error) {
	security, err := pluginTLS(l.secret)
	if err != nil {
		return nil, err
	}
	server := &plugin.GRPCServer{
		Plugins: map[string]plugin.Plugin{pluginName: exchangePlugin{service: grpcService{target: t}}},
		Server: func(options []grpc.ServerOption) *grpc.Server {
			return plugin.DefaultGRPCServer(append(options, grpc.MaxRecvMsgSize(roomFor(s)), grpc.MaxSendMsgSize(roomFor(s))))
		},
		TLS:    security,
		DoneCh: make(chan struct{}),
		Stdout: silent{}, Stderr: silent{},
	}
	if err := server.Init(); err != nil {
		return nil, err
	}
	go server.Serve(l)
	return server.Stop, nil
}

// silent is the standard output of a plug-in that never says anything.
type silent struct{}

func (silent) Read([]byte) (int, error) { select {} }

func dialPlugin(_ transports.Spec, d *dialer) (client, error) {
	security, err := pluginTLS(d.connection.secret)
	if err != nil {
		return nil, err
	}
	return &pluginClient{security: security, dialer: d}, nil
}

// pluginClient dispenses the plug-in when it is first called, for that waits for the plug-in.
type pluginClient struct {
	grpcClient
	security *tls.Config
	dialer   *dialer
	host     plugin.ClientProtocol // nil: not yet
}

func (p *pluginClient) begin(msg []byte) error {
	if p.host == nil {
		if err := p.dispense(); err != nil {
			return err
		}
	}
	return p.grpcClient.begin(msg)
}

func (p *pluginClient) dispense() (err error) {
	c := plugin.NewClient(&plugin.ClientConfig{
		Plugins:          map[string]plugin.Plugin{pluginName: exchangePlugin{}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		TLSConfig:        p.security,
		Logger:           hclog.NewNullLogger(),
		GRPCDialOptions:  []grpc.DialOption{grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return p.dialer.dial() })},
		Reattach: &plugin.ReattachConfig{
			Protocol: plugin.ProtocolGRPC, Addr: p.dialer.connection.RemoteAddr(), Test: true,
			ReattachFunc: func() (runner.AttachedRunner, error) { return running{p.dialer.connection}, nil },
		},
	})
	if p.host, err = c.Client(); err != nil {
		return fmt.Errorf("connect to the plug-in: %w", err)
	}
	dispensed, err := p.host.Dispense(pluginName)
	if err != nil {
		return fmt.Errorf("dispense the plug-in: %w", err)
	}
	p.conn = dispensed.(*grpc.ClientConn)
	return nil
}

func (p *pluginClient) close() error {
	if p.host != nil {
		p.host.Close() // tells the plug-in to stop, and cannot hear its answer
	}
	return nil
}

// running is a plug-in that runs for as long as its connection lasts, and is ended by
// whoever started it.
type running struct{ connection *connection }

func (r running) Wait(context.Context) error { <-r.connection.over; return nil }
func (running) Kill(context.Context) error   { return nil }
func (running) ID() string                   { return fmt.Sprint(os.Getppid()) }

func (running) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

func (running) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// pluginSecret is a key and a certificate that both ends show and ask for, in PEM; nil
// without encryption.
func pluginSecret(s transports.Spec) ([]byte, error) {
	if s.Option(tlsOption.Name) == "no" {
		return nil, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	const valid = 24 * time.Hour
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{serverName}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		NotBefore:   time.Now().Add(-valid), NotAfter: time.Now().Add(valid),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write down a key: %w", err)
	}
	var text bytes.Buffer
	err = errors.Join(pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: certificate}), pem.Encode(&text, &pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return text.Bytes(), err
}

const serverName = "localhost"

// pluginTLS is what either end makes of that.
func pluginTLS(secret []byte) (*tls.Config, error) {
	if len(secret) == 0 {
		return nil, nil
	}
	pair, err := tls.X509KeyPair(secret, secret)
	if err != nil {
		return nil, fmt.Errorf("read the certificate that both ends were given: %w", err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(secret)
	return &tls.Config{
		Certificates: []tls.Certificate{pair}, RootCAs: trusted, ClientCAs: trusted, ServerName: serverName,
		ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	}, nil
}
