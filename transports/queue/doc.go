// Package queue holds the transports over queues in which the kernel keeps
// whole messages: one file for one word that a user types.
//
// It must not know any transport of another package.
package queue

// group is the heading that they are listed under.
const group = "Message queues"
