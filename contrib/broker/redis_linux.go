package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"ipcbench/contrib/internal/server"
	"ipcbench/transports"
)

func init() {
	transports.Register(kept{"redis", "Redis", "redis-server", "apt install redis-server"})
	transports.Register(kept{"valkey", "Valkey", "valkey-server", "apt install valkey-server (Debian 13 has it)"})
}

// kept is a server that keeps lists, streams and channels by their names, one for each
// direction. Both of these servers speak the same.
type kept struct{ name, title, program, install string }

func (k kept) Info() transports.Info {
	return transports.Info{
		Name: k.name, Group: group, Kind: inBroker, Caps: caps, Waits: transports.Parks, MaxSize: largest,
		Doc: "a " + k.title + " server on a Unix socket, one request at a time, by go-redis; nothing bounds what it holds but memory",
		Options: []transports.Option{
			{Name: "mode", Doc: "what a message goes through", Values: []transports.Value{
				{Name: "list", Doc: "RPUSH and BLPOP"},
				{Name: "stream", Doc: "XADD and XREAD, up to 64 at once; what was read is trimmed now and then"},
				{Name: "pubsub", Doc: "PUBLISH and SUBSCRIBE, which nothing is kept of"},
			}},
			{Name: "sync", Doc: "when what changes is on the storage", Values: []transports.Value{
				{Name: "none", Doc: "never: it is kept in memory"},
				{Name: "always", Doc: "before a request is answered, of the receiver as well (appendfsync always)", With: transports.NeedsDir | transports.Stores},
			}},
		},
	}
}

func (k kept) Probe(s transports.Spec) error {
	_, err := k.plan(s)
	return err
}

func (k kept) plan(s transports.Spec) (server.Plan, error) {
	if err := transports.ProbeSize(s); err != nil {
		return server.Plan{}, err
	}
	stored := s.Option("sync") == "always"
	if stored && s.Option("mode") == "pubsub" {
		return server.Plan{}, transports.Unsupported("nothing is stored of what is published: choose mode=list or mode=stream with sync=always")
	}
	found, err := server.Find(k.install, k.program)
	if err != nil {
		return server.Plan{}, err
	}
	p := server.Plan{
		Program: found, Args: []string{"{run}/conf"}, Address: "{run}/s",
		Files: map[string]string{"conf": `
port 0
unixsocket {run}/s
unixsocketperm 700
save ""
dir {data}
maxmemory-policy noeviction
client-output-buffer-limit pubsub 0 0 0
appendfsync always
auto-aof-rewrite-percentage 0
appendonly ` + map[bool]string{true: "yes", false: "no"}[stored] + "\n"},
	}
	if stored {
		p.DataIn = s.Dir
	}
	return p, nil
}

func (k kept) Create(s transports.Spec) (transports.Link, error) { return create(s, k.plan) }

func (k kept) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return open(s, h, func(at server.Place) (client, error) {
		redis.SetLogger(quiet{})
		c := redis.NewClient(&redis.Options{
			Network: "unix", Addr: at.Address, MaxRetries: -1, ReadTimeout: -1, WriteTimeout: -1, PoolSize: 1, DisableIdentity: true,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		})
		k := requests{c, context.Background(), inbox(side.Peer()), inbox(side)}
		switch s.Option("mode") {
		case "stream":
			return &stream{requests: k, last: "0"}, k.ping()
		case "pubsub":
			return subscribe(k)
		}
		return &list{k}, k.ping()
	})
}

// quiet keeps what the library logs out of an end's standard error: errors come back.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// requests are what an end asks of the server, one at a time.
type requests struct {
	*redis.Client
	ctx      context.Context
	to, from string // names
}

func (r requests) ping() error  { return r.Ping(r.ctx).Err() }
func (r requests) close() error { return r.Close() }

type list struct{ requests }

func (l *list) send(msg []byte) error { return l.RPush(l.ctx, l.to, msg).Err() }

func (l *list) receive() ([]byte, error) {
	got, err := l.BLPop(l.ctx, 0, l.from).Result()
	if err != nil {
		return nil, err
	}
	return []byte(got[1]), nil // the first is the list's name
}

// field is the one that a stream's entry has.
const field = "m"

// A stream is trimmed after so many messages of it were received, or a few more.
const trimmed = 1024

type stream struct {
	requests
	arrived []redis.XMessage
	last    string // the entry that was read last
	read    int    // since it was trimmed
}

func (s *stream) send(msg []byte) error {
	return s.XAdd(s.ctx, &redis.XAddArgs{Stream: s.to, Values: []any{field, msg}}).Err()
}

func (s *stream) receive() ([]byte, error) {
	if len(s.arrived) == 0 {
		if s.read >= trimmed {
			s.read = 0
			if err := s.XTrimMinID(s.ctx, s.from, s.last).Err(); err != nil {
				return nil, err
			}
		}
		got, err := s.XRead(s.ctx, &redis.XReadArgs{Streams: []string{s.from, s.last}, Count: 64, Block: 0}).Result()
		if err != nil {
			return nil, err
		}
		s.arrived = got[0].Messages
		s.read += len(s.arrived)
		s.last = s.arrived[len(s.arrived)-1].ID
	}
	msg, is := s.arrived[0].Values[field].(string)
	if !is {
		return nil, errors.New("an entry of the stream has no message")
	}
	s.arrived = s.arrived[1:]
	return []byte(msg), nil
}

// A subscriber publishes to its peer on one connection and has another for what it is
// sent: the protocol wants that.
type subscriber struct {
	requests
	in *redis.PubSub
}

func subscribe(r requests) (client, error) {
	s := &subscriber{r, r.Subscribe(r.ctx, r.from)}
	_, err := s.in.Receive(r.ctx) // it is subscribed
	return s, err
}

func (s *subscriber) send(msg []byte) error {
	heard, err := s.Publish(s.ctx, s.to, msg).Result()
	if err == nil && heard != 1 && len(msg) > 0 {
		err = fmt.Errorf("%d subscribers were sent it instead of one", heard)
	}
	return err
}

func (s *subscriber) receive() ([]byte, error) {
	got, err := s.in.ReceiveMessage(s.ctx)
	if err != nil {
		return nil, err
	}
	return []byte(got.Payload), nil
}

func (s *subscriber) close() error { return errors.Join(s.in.Close(), s.Close()) }
