// Package socket holds the transports over a pair of connected sockets: one
// file for one word that a user types.
//
// It must not know any transport of another package.
package socket

// group is the heading that they are listed under.
const group = "Sockets"
