// Package stdio holds the way in which a program talks to the one that it started: standard
// input and output, with an encoding of whole messages in them.
//
// It must not know any transport of another package.
package stdio

// group is the heading that it is listed under.
const group = "Standard input and output"
