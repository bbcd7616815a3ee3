package results

// A Noise is what a machine did of itself while somebody did nothing but read
// the clock, on every CPU at once. Its JSON is read by programs: fields may be
// added and none renamed.
type Noise struct {
	SpentNS    int64       `json:"spent_ns"` // for how long it was watched
	StallNS    int64       `json:"stall_ns"` // a gap between two readings that is longer is a stall
	CPUs       []CPUNoise  `json:"cpus"`
	ClockNS    float64     `json:"clock_ns"`    // what reading the clock costs
	CacheLines []CacheLine `json:"cache_lines"` // nearest first
}

// A CPUNoise is that of one CPU.
type CPUNoise struct {
	CPU       int    `json:"cpu"`
	Stalls    int64  `json:"stalls"`
	StalledNS int64  `json:"stalled_ns"`          // all stalls together
	WorstNS   int64  `json:"worst_ns"`            // the longest
	WaitNS    *int64 `json:"wait_ns,omitempty"`   // other work of this machine had the CPU; nil: the kernel does not say
	StolenNS  *int64 `json:"stolen_ns,omitempty"` // the hypervisor had it, by the timer's ticks; nil: likewise
}

// A CacheLine is what two CPUs take to hand each other a line and have it back.
type CacheLine struct {
	Placement string  `json:"placement"` // how they are related: "same-llc"
	CPUs      [2]int  `json:"cpus"`
	NS        float64 `json:"ns"`
}
