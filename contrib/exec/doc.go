// Package exec is a transport that is two programs of the user's, in whatever language:
// they make, exchange and check the messages in a loop of their own, and are told and
// tell what is needed for that by lines on their standard input and output.
// README.md beside this file spells out the lines, the messages and the clock.
//
// It knows processes and lines. It must not know what is measured: that is
// bench/workload's, which checks what the programs say.
package exec
