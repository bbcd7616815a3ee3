// Package wire is what the two ends say to each other, as each library's generator makes
// it of wire.proto and wire.capnp. Nothing in it is written by hand but those.
package wire

//go:generate ./generate
