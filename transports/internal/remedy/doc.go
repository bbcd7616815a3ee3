// Package remedy says what to do about an error of making something.
package remedy
