// Package connection makes pairs of connected sockets.
package connection
