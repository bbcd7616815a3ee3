// Package uring holds the transports that enter the kernel through io_uring:
// one file for one word that a user types.
//
// It must not know any transport of another package.
package uring

// group is the heading that they are listed under.
const group = "io_uring"
