// Package uring is a small io_uring: a pair of queues that a process shares
// with the kernel, in which it asks for one operation at a time and finds what
// came of it.
//
// It knows system calls and the memory behind a ring. It must not know what is
// sent, nor clocks. See io_uring(7), io_uring_setup(2), io_uring_enter(2),
// io_uring_register(2).
package uring
