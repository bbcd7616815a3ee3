package cmd

import (
	"errors"
	"io"

	"github.com/spf13/cobra"
)

// The colours, as a terminal takes them (ECMA-48, SGR).
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// A colourChoice is when there is colour: --color.
type colourChoice string

const (
	colourAuto   colourChoice = "auto" // as the environment says or, where it does not, on a terminal
	colourAlways colourChoice = "always"
	colourNever  colourChoice = "never"
)

func (c *colourChoice) String() string { return string(*c) }
func (c *colourChoice) Type() string   { return "when" }

func (c *colourChoice) Set(when string) error {
	switch choice := colourChoice(when); choice {
	case colourAuto, colourAlways, colourNever:
		*c = choice
		return nil
	}
	return errors.New("write auto, always or never")
}

// addColour declares the flag, which every command has.
func addColour(root *cobra.Command, out *console) {
	out.colour = colourAuto
	root.PersistentFlags().Var(&out.colour, "color", "colour `when`: always, never, or auto: on a terminal (NO_COLOR, CLICOLOR and CLICOLOR_FORCE are honoured)")
}

// paint gives text on stderr a colour where that is wanted.
func (c *console) paint(colour, text string) string { return c.paintOn(c.stderr, colour, text) }

// paintOn is paint for text on w.
func (c *console) paintOn(w io.Writer, colour, text string) string {
	if !c.coloured(w) {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// coloured says whether text on w has colour. The flag decides; then, if it says
// auto, NO_COLOR (https://no-color.org), CLICOLOR_FORCE and CLICOLOR, in this order;
// and then whether w is a terminal.
func (c *console) coloured(w io.Writer) bool {
	is := func(name string) string { value, _ := c.env(name); return value }
	switch {
	case c.colour == colourAlways || c.colour == colourNever:
		return c.colour == colourAlways
	case is("NO_COLOR") != "":
		return false
	case is("CLICOLOR_FORCE") != "" && is("CLICOLOR_FORCE") != "0":
		return true
	}
	return is("CLICOLOR") != "0" && c.terminal(w)
}
