package queue

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/pairtest"
)

func TestMQLimit(t *testing.T) {
	s := pairtest.Parse(t, "mq", 1)
	s.Size = s.MaxSize()
	if err := (mq{}).Probe(s); err != nil {
		t.Skip(err)
	}
	producer, consumer := pairtest.OpenPair(t, s)
	pairtest.Send(t, producer, pairtest.Message(s.Size))
	pairtest.Receive(t, consumer, make([]byte, s.Size), pairtest.Message(s.Size))
	s.Size++
	err := mq{}.Probe(s)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "fs.mqueue.msgsize_max") {
		t.Errorf("one byte more: %v", err)
	}
	if _, err := (mq{}).Create(s); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Create does not agree with Probe: %v", err)
	}
}

// TestMQLimitFollowsTheUsers: the queues of a user may not take more than
// RLIMIT_MSGQUEUE, whatever the sysctls say.
func TestMQLimitFollowsTheUsers(t *testing.T) {
	s := pairtest.Parse(t, "mq", 1)
	if err := (mq{}).Probe(s); err != nil {
		t.Skip(err)
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MSGQUEUE, &old); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_MSGQUEUE, &old)
	if err := unix.Setrlimit(unix.RLIMIT_MSGQUEUE, &unix.Rlimit{Cur: 0, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	if _, err := (mq{}).Create(s); err == nil || !strings.Contains(err.Error(), "ulimit -q") {
		t.Errorf("without room for a queue: %v", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_MSGQUEUE, &unix.Rlimit{Cur: 4096, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	if limit := (mq{}).Limit(s); limit >= 2048 {
		t.Errorf("with 4096 bytes for two queues, messages of %d bytes", limit)
	}
}

// TestMQWithoutRoom: a user who may have no queue at all is told so, and not
// that messages have a size they cannot have.
func TestMQWithoutRoom(t *testing.T) {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MSGQUEUE, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_MSGQUEUE, &unix.Rlimit{Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_MSGQUEUE, &before)
	for _, size := range []int{0, 1, 8} {
		s := pairtest.Parse(t, "mq", size)
		if err := (mq{}).Probe(s); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "ulimit -q") || strings.Contains(err.Error(), "at most") {
			t.Errorf("%d bytes: probe: %v", size, err)
		}
		if _, err := (mq{}).Create(s); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%d bytes: create: %v", size, err)
		}
	}
}
