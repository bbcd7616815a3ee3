package uring

// What io_uring_setup(2), io_uring_enter(2) and io_uring_register(2) take, as
// linux/io_uring.h numbers it. golang.org/x/sys has the system calls' numbers
// and nothing else of it.

// An Opcode is an operation that a ring can be asked for.
type Opcode uint8

// The operations used here.
const (
	PollAdd Opcode = 6
	Read    Opcode = 22
	Write   Opcode = 23
	Send    Opcode = 26
	Recv    Opcode = 27
	MsgRing Opcode = 40 // since Linux 5.18
)

func (o Opcode) String() string {
	names := map[Opcode]string{PollAdd: "POLL_ADD", Read: "READ", Write: "WRITE", Send: "SEND", Recv: "RECV", MsgRing: "MSG_RING"}
	return "IORING_OP_" + names[o]
}

const (
	setupSQPoll       = 1 << 1
	setupCQSize       = 1 << 3
	setupCoopTaskrun  = 1 << 8
	setupTaskrunFlag  = 1 << 9
	setupSingleIssuer = 1 << 12
	setupDeferTaskrun = 1 << 13

	featSingleMmap = 1 << 0
	featFastPoll   = 1 << 5

	enterGetEvents = 1 << 0
	enterSQWakeup  = 1 << 1

	sqNeedWakeup = 1 << 0
	sqTaskrun    = 1 << 2

	entryFixedFile   = 1 << 0
	entrySkipSuccess = 1 << 6

	registerFiles   = 2
	unregisterFiles = 3
	registerProbe   = 8

	opSupported = 1 << 0

	offsetRings   = 0
	offsetEntries = 0x10000000
)

// params is struct io_uring_params.
type params struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32
	_                                                                      [3]uint32

	sq struct {
		head, tail, ringMask, ringEntries, flags, dropped, array, _ uint32
		_                                                           uint64
	}
	cq struct {
		head, tail, ringMask, ringEntries, overflow, cqes, flags, _ uint32
		_                                                           uint64
	}
}

// entry is struct io_uring_sqe: what is asked for.
type entry struct {
	opcode   Opcode
	flags    uint8
	_        uint16
	fd       int32 // or the index of a registered file
	off      uint64
	addr     uint64
	len      uint32
	opFlags  uint32
	userData uint64
	_        [3]uint64
}

// A Completion is what came of an entry, or what another ring sent (struct
// io_uring_cqe).
type Completion struct {
	Data   uint64 // the entry's own mark, or the message
	Result int32  // as of the system call: an error is -errno
	Flags  uint32
}

// probe is struct io_uring_probe with room for every operation.
type probe struct {
	last, n uint8
	_       [14]byte
	ops     [256]struct {
		op, _ uint8
		flags uint16
		_     uint32
	}
}
