package cmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/transports"
)

// completeSpec completes a transport, one of its options after a colon or a comma, or
// the value of one.
func completeSpec(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	name, options, begun := strings.Cut(typed, ":")
	if !begun {
		return transportsLike(typed), cobra.ShellCompDirectiveNoFileComp
	}
	last := strings.LastIndexByte(options, ',') + 1
	before := name + ":" + options[:last]
	option, value, begun := strings.Cut(options[last:], "=")
	if !begun {
		return optionsLike(before, option, optionsOf(name)), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return valuesLike(before+option+"=", option, value, optionsOf(name)), cobra.ShellCompDirectiveNoFileComp
}

func transportsLike(typed string) (offers []cobra.Completion) {
	for _, transport := range transports.All() {
		if info := transport.Info(); strings.HasPrefix(info.Name, typed) {
			offers = append(offers, cobra.CompletionWithDesc(info.Name, info.Doc))
		}
	}
	if strings.HasPrefix(allTransports, typed) {
		offers = append(offers, cobra.CompletionWithDesc(allTransports, "every transport that can run here"))
	}
	return offers
}

// optionsOf are the options of a transport, or those that any has.
func optionsOf(name string) (options []transports.Option) {
	for _, transport := range transports.All() {
		if info := transport.Info(); info.Name == name || name == allTransports {
			options = append(options, info.Options...)
		}
	}
	return options
}

func optionsLike(before, typed string, options []transports.Option) (offers []cobra.Completion) {
	var seen []string
	for _, o := range options {
		given := strings.Contains(before, ":"+o.Name+"=") || strings.Contains(before, ","+o.Name+"=")
		if strings.HasPrefix(o.Name, typed) && !given && !slices.Contains(seen, o.Name) {
			seen, offers = append(seen, o.Name), append(offers, cobra.CompletionWithDesc(before+o.Name+"=", o.Doc))
		}
	}
	return offers
}

func valuesLike(before, option, typed string, options []transports.Option) (offers []cobra.Completion) {
	var seen []string
	for _, o := range options {
		for _, v := range o.Values {
			if o.Name == option && strings.HasPrefix(v.Name, typed) && !slices.Contains(seen, v.Name) {
				seen, offers = append(seen, v.Name), append(offers, cobra.CompletionWithDesc(before+v.Name, v.Doc))
			}
		}
	}
	return offers
}
