package peer

import "golang.org/x/sys/unix"

// oldCalls are few: this machine is newer than they are.
var oldCalls = map[int]string{
	unix.SYS_ACCEPT:          "accept",
	unix.SYS_RENAMEAT:        "renameat",
	unix.SYS_SYNC_FILE_RANGE: "sync_file_range",
}
