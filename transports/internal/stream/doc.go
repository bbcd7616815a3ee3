// Package stream finds messages in a byte stream, which knows none: unless all
// are of one size, each is sent as a frame, a header that starts with the
// message's length, four bytes little-endian, and the message. A frame is one
// system call on either side, as an unframed message is, unless it is larger
// than what the kernel buffers.
package stream
