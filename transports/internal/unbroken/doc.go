// Package unbroken makes system calls in a row that no kill of this process can
// break off: what the first of them makes for others to see, the last one has
// removed again.
package unbroken
