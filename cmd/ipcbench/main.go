// Command ipcbench compares mmap of a shared file with the other ways in which
// two processes on one machine hand each other messages.
package main

import "ipcbench/cmd"

func main() { cmd.Main() }
