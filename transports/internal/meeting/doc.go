// Package meeting lets two threads share a page by which each sees the other's
// death and, where they take turns, whose turn it is.
package meeting
