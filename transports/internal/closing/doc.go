// Package closing is how the ends of a queue that has no end of stream tell
// each other that they have closed.
package closing
