package peer

import "golang.org/x/sys/unix"

// oldCalls are those that newer machines have no more: a transport of another module,
// or a library in C, may still make them.
var oldCalls = map[int]string{
	unix.SYS_OPEN:         "open",
	unix.SYS_STAT:         "stat",
	unix.SYS_LSTAT:        "lstat",
	unix.SYS_POLL:         "poll",
	unix.SYS_ACCESS:       "access",
	unix.SYS_PIPE:         "pipe",
	unix.SYS_SELECT:       "select",
	unix.SYS_PAUSE:        "pause",
	unix.SYS_DUP2:         "dup2",
	unix.SYS_FORK:         "fork",
	unix.SYS_VFORK:        "vfork",
	unix.SYS_RENAME:       "rename",
	unix.SYS_MKDIR:        "mkdir",
	unix.SYS_RMDIR:        "rmdir",
	unix.SYS_UNLINK:       "unlink",
	unix.SYS_READLINK:     "readlink",
	unix.SYS_MKNOD:        "mknod",
	unix.SYS_GETDENTS:     "getdents",
	unix.SYS_ARCH_PRCTL:   "arch_prctl",
	unix.SYS_EPOLL_CREATE: "epoll_create",
	unix.SYS_EPOLL_WAIT:   "epoll_wait",
	unix.SYS_INOTIFY_INIT: "inotify_init",
	unix.SYS_SIGNALFD:     "signalfd",
	unix.SYS_EVENTFD:      "eventfd",

	unix.SYS_ACCEPT:          "accept",
	unix.SYS_RENAMEAT:        "renameat",
	unix.SYS_SYNC_FILE_RANGE: "sync_file_range",
}
