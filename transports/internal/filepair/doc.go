// Package filepair is what the transports over files have in common: a file
// that each side writes and its peer reads, records in it, receipts, and what
// goes past the page cache.
package filepair
