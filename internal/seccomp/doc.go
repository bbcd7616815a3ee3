// Package seccomp starts programs whose system calls are refused, as a sandbox
// would: tests ask by it what a refusal does to us.
//
// It knows filters and how to start a program under one. It must not know who is
// tested, nor by what: nothing but tests imports it.
package seccomp
