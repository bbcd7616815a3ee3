// Package ring is what the transports over shared memory have in common: a
// ring in each direction (package shm), the options, the descriptors to wait
// for, the pages that the memory consists of. They differ in where the memory
// comes from, and in nothing else.
package ring
