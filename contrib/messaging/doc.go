// Package messaging holds the transports that are libraries of messages: one file for one
// word that a user types. Each speaks its protocol over a connection that its ends inherit.
//
// It must not know any transport of another package.
package messaging

// group is the heading that they are listed under.
const group = "Messaging libraries"
