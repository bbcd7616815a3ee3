package transports

// Join is several ends of one side as one.
func Join(ends []Endpoint) Endpoint { return ends[0] }
