package charts

import "ipcbench/results"

func Cores(c results.Cores) Chart { return Chart{figure: figure{plot: newPlot(), height: 100}} }
