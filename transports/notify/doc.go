// Package notify holds the transports that are a wake-up, which carries up to
// 8 bytes: one file for one word that a user types.
//
// It must not know any transport of another package.
package notify

// group is the heading that they are listed under.
const group = "Notification"

// wordBytes is what a wake-up carries at most: the counter of an eventfd, the
// value of a signal.
const wordBytes = 8
