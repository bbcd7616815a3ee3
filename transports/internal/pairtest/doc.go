// Package pairtest has both ends of a link for a test: in the test's own
// process, or one of them in another process that echoes.
//
// It must not know any transport: a test says which by its spec.
package pairtest
