// Package direct holds the transports whose messages stay in the sender's
// memory until the kernel copies them into the receiver's: one file for one
// word that a user types.
//
// It must not know any transport of another package.
package direct

// group is the heading that they are listed under.
const group = "Copied by the kernel"
