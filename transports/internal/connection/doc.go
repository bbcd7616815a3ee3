// Package connection makes pairs of sockets that are connected to each other and
// to nobody else. Sockets of a network have doors that every user of the machine
// can knock at while they are made: what comes in by them is neither let in nor
// kept, and nobody can hold them up for longer than a deadline.
package connection
