// Command ipcbench-contrib is ipcbench with more transports: what products use in place
// of a mechanism of the kernel's, and programs in other languages.
package main

import (
	"ipcbench/cmd"
	_ "ipcbench/contrib/all"
	"ipcbench/contrib/exec"
)

func main() {
	cmd.Call("ipcbench-contrib")
	cmd.Main(exec.CheckCommand())
}
