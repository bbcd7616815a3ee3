// Package namespace puts a thread into another IPC namespace, and back.
package namespace
