// Package iouring says whether this host has the io_uring that a transport
// needs, and why not. The rings themselves are internal/uring's.
package iouring
