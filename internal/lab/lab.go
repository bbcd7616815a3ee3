// Package lab is what an experiment changes about this machine, and puts back: the
// filesystems that it makes, the values of the kernel that it sets, the control
// groups, and what a process is started with.
//
// Whatever needs something of the machine says first what is missing (Missing), with
// the remedy, and what it would do (Steps); neither touches anything. What is mounted
// is mounted in a namespace that ends with its processes ([Private]). What outlives a
// process, values and groups, is written down before it is changed ([Journal]), and
// put back also by another process, after this one was killed.
//
// It needs Linux 5.8, and root for most of it. It knows the machine. It must not know
// what is measured on it: neither runs nor results.
package lab
