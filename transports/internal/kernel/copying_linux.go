package kernel

// HeaderBytes is the length of what transports put in front of a message: a
// multiple of 16 also where four bytes would do, because the kernel copies a
// message twice as fast between addresses that are multiples of it.
const HeaderBytes = 16

// CopyLimit is up to which size of message, in bytes, a copy costs less than a
// second vector in the system call.
const CopyLimit = 4096
