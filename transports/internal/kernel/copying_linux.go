package kernel

// A byte stream knows no messages, so unless all are of one size, each is sent
// as a frame: a header that starts with the message's length, four bytes
// little-endian, and the message. A frame is one system call on either side, as
// an unframed message is, unless it is larger than what the kernel buffers.
//
// headerBytes is not four, because the kernel copies a message twice as fast
// between addresses that are multiples of it.
const HeaderBytes = 16

// copyLimit is up to which size of message a copy costs less than a second
// vector in the system call.
const CopyLimit = 4096
