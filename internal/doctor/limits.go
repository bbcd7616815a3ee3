package doctor

import (
	"fmt"
	"strings"

	"ipcbench/results"
)

// largest is the largest message of a default run, in bytes.
const largest = 64 << 10

// size writes a number of bytes, also one that is no multiple of anything.
func size(bytes int64) string { return results.FormatSize(int(bytes)) }

func transparentHugePages(m machine) verdict {
	finding := fmt.Sprintf("transparent huge pages: %s for private memory, %s for memfds; a tmpfs has them by its mount option huge=", m.fact("thp"), m.fact("thp-shmem"))
	switch m.fact("thp-shmem") {
	case "":
		return unknown
	case "always", "within_size", "force":
		return fine(finding)
	}
	return note(finding, "echo always > /sys/kernel/mm/transparent_hugepage/shmem_enabled; mount -o remount,huge=always /dev/shm")
}

// writeCaches notes the disks that take no flush: of a guest, it is the host that
// decides what that means; another may have a cache that outlives the power.
func writeCaches(m machine) verdict {
	said := m.fact("write-caches")
	finding := "write caches of disks: " + said
	switch {
	case said == "":
		return unknown
	case strings.Contains(said, "write through") && m.isGuest():
		return note(finding+"; the one of write through is not flushed from here", "none: whether a sync is stored is up to the host")
	}
	return fine(finding)
}

func hugePages(m machine) verdict {
	n, known := m.number("hugepages")
	switch {
	case !known:
		return unknown
	case n == 0:
		return note("no huge page is reserved", "sysctl vm.nr_hugepages=64")
	}
	return fine(fmt.Sprintf("%d huge pages are reserved, of %s", n, m.fact("hugepage-size")))
}

func memlock(m machine) verdict {
	const enough = 8 << 20 // the kernel's own default since 5.16
	bytes, isNumber := m.number("memlock")
	switch {
	case m.fact("memlock") == "unlimited":
		return fine("any amount of memory may be locked")
	case !isNumber:
		return unknown
	case bytes < enough:
		return note(size(bytes)+" of memory may be locked", m.raise("ulimit -l unlimited", "memlock"))
	}
	return fine(size(bytes) + " of memory may be locked")
}

func pipes(m machine) verdict {
	bytes, known := m.number("pipe-max-size")
	switch {
	case !known:
		return unknown
	case bytes < 16*largest:
		return note("a pipe may be made to hold "+size(bytes), fmt.Sprintf("sysctl fs.pipe-max-size=%d", 16*largest))
	}
	return fine("a pipe may be made to hold " + size(bytes))
}

func sockets(m machine) verdict {
	bytes, known := m.number("wmem-max")
	waiting, knownToo := m.number("max-dgram-qlen")
	if !known || !knownToo {
		return unknown
	}
	finding := fmt.Sprintf("a socket may buffer %s, and %d datagrams that wait", size(bytes), waiting)
	switch {
	case bytes < 2*largest:
		return note(finding, fmt.Sprintf("sysctl net.core.wmem_max=%d", 16*largest))
	case waiting <= 10:
		return note(finding, "sysctl net.unix.max_dgram_qlen=512")
	}
	return fine(finding)
}

func messageQueues(m machine) verdict {
	bytes, known := m.number("mqueue-msgsize-max")
	n, knownToo := m.number("mqueue-msg-max")
	if !known || !knownToo {
		return unknown
	}
	finding := fmt.Sprintf("a POSIX message queue holds %d messages of %s at most", n, size(bytes))
	if bytes < largest {
		return note(finding, fmt.Sprintf("sysctl fs.mqueue.msgsize_max=%d fs.mqueue.msg_max=64", largest))
	}
	return fine(finding)
}

func systemVQueues(m machine) verdict {
	bytes, known := m.number("sysv-msgmax")
	all, knownToo := m.number("sysv-msgmnb")
	if !known || !knownToo {
		return unknown
	}
	finding := fmt.Sprintf("a System V message has %s at most, and their queue %s", size(bytes), size(all))
	if bytes < largest {
		return note(finding, fmt.Sprintf("sysctl kernel.msgmax=%d kernel.msgmnb=%d", largest, 16*largest))
	}
	return fine(finding)
}
