package results

// PrimaryMetric returns the one metric of a workload that says most: what its
// tables are sorted by, what --until narrows down and what compare decides on.
func PrimaryMetric(workload string) string {
	if workload == "throughput" {
		return MsgsPerS
	}
	return RTTP50
}

// MoreIsBetter says whether a greater value of the metric is the better one:
// of rates. Of times and counts the smaller one is.
func MoreIsBetter(metric string) bool { return metric == MsgsPerS || metric == BytesPerS }
