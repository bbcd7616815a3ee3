// Package file holds the transports over files that are written and read by
// system calls: one file for one word that a user types.
//
// It must not know any transport of another package.
package file

// group is the heading that they are listed under.
const group = "Files"
