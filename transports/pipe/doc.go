// Package pipe holds the transports over pipes of the kernel's, one in each
// direction: one file for one word that a user types.
//
// It must not know any transport of another package.
package pipe

// group is the heading that they are listed under.
const group = "Pipes"
