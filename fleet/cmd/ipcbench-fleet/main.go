// Command ipcbench-fleet is ipcbench for many machines: it knows stores of objects, and
// writes tables for engines that answer queries.
package main

import (
	"ipcbench/cmd"
	_ "ipcbench/fleet/bucket"
	_ "ipcbench/fleet/parquet"
	_ "ipcbench/transports/all"
)

func main() {
	cmd.Call("ipcbench-fleet")
	cmd.Main()
}
