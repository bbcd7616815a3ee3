// Package memory holds the transports over memory that both processes map. All
// but memfdpass have a ring in each direction and differ in where the memory
// comes from: one file for one word that a user types.
//
// It must not know any transport of another package.
package memory

// group is the heading that they are listed under.
const group = "Shared memory"
