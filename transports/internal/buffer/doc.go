// Package buffer is how much a pipe or a socket holds, where the user or the
// link says so.
package buffer
