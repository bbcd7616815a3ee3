// Package backing makes the files that transports keep messages in: without a
// name, with every byte reserved.
package backing
