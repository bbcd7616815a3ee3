// Package pipes makes pairs of pipes.
package pipes
