// Package kernel enters the kernel by as few instructions as there can be, and
// knows what its errors mean to a transport.
package kernel
