package uring

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel's structures, as linux/io_uring.h has them.
func TestSizesAreTheKernels(t *testing.T) {
	for _, s := range []struct {
		name      string
		got, want uintptr
	}{
		{"io_uring_params", unsafe.Sizeof(params{}), 120},
		{"sq_off", unsafe.Offsetof(params{}.sq), 40},
		{"cq_off", unsafe.Offsetof(params{}.cq), 80},
		{"io_uring_sqe", unsafe.Sizeof(entry{}), 64},
		{"sqe.off", unsafe.Offsetof(entry{}.off), 8},
		{"sqe.user_data", unsafe.Offsetof(entry{}.userData), 32},
		{"io_uring_cqe", unsafe.Sizeof(Completion{}), 16},
		{"io_uring_probe", unsafe.Sizeof(probe{}), 16 + 256*8},
	} {
		if s.got != s.want {
			t.Errorf("%s is %d, not %d", s.name, s.got, s.want)
		}
	}
}

// newRing makes a ring on a thread that the test then keeps.
func newRing(t *testing.T, c Config) *Ring {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	r, err := New(c)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		t.Skipf("io_uring_setup: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

var configs = map[string]Config{
	"block":       {},
	"spin":        {Spin: true},
	"sqpoll":      {SQPoll: true},
	"sqpoll spin": {SQPoll: true, Spin: true},
	"shared":      {Shared: true},
	"shared spin": {Shared: true, Spin: true},
}

// TestTransfer goes round the queues often enough to wrap them.
func TestTransfer(t *testing.T) {
	for name, c := range configs {
		t.Run(name, func(t *testing.T) {
			r := newRing(t, c)
			from, to, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer from.Close()
			if err := r.Register(int32(from.Fd()), int32(to.Fd())); err != nil {
				t.Fatal(err)
			}
			out, in := make([]byte, 100), make([]byte, 200)
			for i := range 10 {
				out[99] = byte(i)
				if n := r.Transfer(Write, 1, unsafe.Pointer(&out[0]), len(out)); n != len(out) {
					t.Fatalf("write %d: %d", i, n)
				}
				if n := r.Transfer(Read, 0, unsafe.Pointer(&in[0]), len(in)); n != len(out) || in[99] != byte(i) {
					t.Fatalf("read %d: %d bytes, the last %d", i, n, in[99])
				}
			}
			if n := r.Transfer(Read, 7, unsafe.Pointer(&in[0]), 1); n != -int(unix.EBADF) {
				t.Errorf("read from a file that is not registered: %d", n)
			}
		})
	}
}

// TestTransferFromAnotherThread: what the kernel refuses to take is not left in
// the queue, where the next operation would submit it.
func TestTransferFromAnotherThread(t *testing.T) {
	r := newRing(t, Config{})
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	defer to.Close()
	if err := r.Register(int32(from.Fd()), int32(to.Fd())); err != nil {
		t.Fatal(err)
	}
	b := []byte("ab")
	refused := make(chan int)
	go func() { // another thread: this one is locked
		refused <- r.Transfer(Write, 1, unsafe.Pointer(&b[0]), 1)
	}()
	switch n := <-refused; n {
	case -int(unix.EEXIST):
	case 1:
		t.Skip("before Linux 6.1 a ring belongs to no thread")
	default:
		t.Fatalf("a write from another thread: %d", n)
	}
	if n := r.Transfer(Write, 1, unsafe.Pointer(&b[0]), 2); n != 2 {
		t.Errorf("the next write wrote %d bytes", n)
	}
}

// TestMessages go into a ring that another one attached to, and what that
// watches comes behind them.
func TestMessages(t *testing.T) {
	for name, spin := range map[string]bool{"block": false, "spin": true} {
		t.Run(name, func(t *testing.T) {
			out := newRing(t, Config{})
			if known, err := out.Supports(MsgRing); err != nil || !known {
				t.Skipf("IORING_OP_MSG_RING: %v, error %v", known, err)
			}
			c := Config{Completions: 8, Shared: true, Spin: spin}
			fd, err := Setup(c)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			in, err := Attach(fd, c)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			from, to, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer from.Close()
			if err := in.Watch(int32(from.Fd()), unix.POLLHUP); err != nil {
				t.Fatal(err)
			}
			for i := range 100 {
				if n := out.Message(int32(fd), ^uint64(i), int32(i)); n != 0 {
					t.Fatalf("message %d: %d", i, n)
				}
				if i%5 == 4 {
					to.Write([]byte("not what is watched for"))
				}
				if got, errno := in.Next(); errno != 0 || got.Data != ^uint64(i) || got.Result != int32(i) {
					t.Fatalf("message %d came as %x %d, error %d", i, got.Data, got.Result, errno)
				}
				in.Release()
			}
			if n := out.Message(int32(from.Fd()), 1, 1); n != -int(unix.EBADFD) {
				t.Errorf("a message to a pipe: %d", n)
			}
			out.Message(int32(fd), 1, 1)
			to.Close()
			in.Next()
			if got, errno := in.Next(); errno != 0 || got.Result&unix.POLLHUP == 0 {
				t.Errorf("the end of the pipe came as %d, error %d", got.Result, errno)
			}
		})
	}
}

func TestCloseTwice(t *testing.T) {
	r := newRing(t, Config{})
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
