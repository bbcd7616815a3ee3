// Package descriptor reads and writes descriptors, in each way of waiting for
// them: by blocking, by poll(2), by epoll(7), by asking again and again,
// through the poller of the Go runtime.
package descriptor
