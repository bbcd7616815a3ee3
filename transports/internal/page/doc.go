// Package page shares one page of memory between the two sides of a link.
package page
