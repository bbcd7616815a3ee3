// Package all registers every transport of this module: a program imports it for
// that alone.
package all

import (
	_ "ipcbench/transports/direct"
	_ "ipcbench/transports/file"
	_ "ipcbench/transports/memory"
	_ "ipcbench/transports/notify"
	_ "ipcbench/transports/pipe"
	_ "ipcbench/transports/queue"
	_ "ipcbench/transports/socket"
	_ "ipcbench/transports/uring"
)
