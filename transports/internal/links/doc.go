// Package links has the links of which each side inherits files, and closes
// what is to be closed once.
package links
