// Package all registers every transport of this module by importing it. They are in the
// folders beside it, one file for one word that a user types.
package all

import (
	_ "ipcbench/contrib/broker"
	_ "ipcbench/contrib/exec"
	_ "ipcbench/contrib/messaging"
	_ "ipcbench/contrib/rpc"
	_ "ipcbench/contrib/stdio"
)
