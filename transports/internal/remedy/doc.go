// Package remedy says what to do about an error of making something: by which
// error it is, and by the place that this process is in. What root can do is no
// advice in a container, and a kernel that lacks nothing is not to be replaced
// where a sandbox refuses.
package remedy
