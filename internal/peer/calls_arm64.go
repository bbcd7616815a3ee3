package peer

// oldCalls are none: this machine is newer than they are.
var oldCalls map[int]string
