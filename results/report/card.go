package report

import (
	"io"

	"ipcbench/internal/folder"
	"ipcbench/results/answer"
	"ipcbench/results/charts"
	"ipcbench/results/summary"
)

// cardFile is the name of the picture of a run that is passed on, without its kind.
const cardFile = "at-a-glance"

// mostBars is how many transports a group of the card has.
const mostBars = 5

// writeCard draws the run at a glance, where there is an answer.
func writeCard(dir *folder.Folder, run summary.Analysis) []error {
	card, has := cardOf(run)
	if !has {
		return nil
	}
	return []error{
		dir.Replace(cardFile+".svg", func(w io.Writer) error { return card.WriteSVG(w) }),
		dir.Replace(cardFile+".png", func(w io.Writer) error { return card.WritePNG(w) }),
	}
}

// cardOf is the card of a run: its answer in words, and in bars what the first of its
// choices compare.
func cardOf(run summary.Analysis) (charts.Card, bool) {
	a := answer.Of(run)
	if len(a.Choices) == 0 {
		return charts.Card{}, false
	}
	card := charts.Card{Title: answer.Question, Machine: machine(run.Host), Command: command(run.Run)}
	better := "lower is better"
	if a.Choices[0].More {
		better = "higher is better"
	}
	card.Shown = a.Choices[0].Measure + ", each group to its own scale · " + better
	for _, c := range a.Choices {
		card.Lines = append(card.Lines, c.Purpose+": "+c.Says)
		if c.Measure == a.Choices[0].Measure {
			card.Groups = append(card.Groups, barsOf(c))
		}
	}
	card.Lines = append(card.Lines, a.Sure)
	return card, true
}

func barsOf(c answer.Choice) charts.Bars {
	bars := charts.Bars{Title: c.Stance}
	for _, r := range c.Ranks[:min(len(c.Ranks), mostBars)] {
		bar := charts.Bar{Transport: r.Family, Label: r.Transport}
		for _, m := range r.Medians {
			bar.Values = append(bar.Values, charts.Value{At: m.Value, Text: m.Text})
		}
		bars.Bars = append(bars.Bars, bar)
	}
	return bars
}
