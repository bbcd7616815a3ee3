package transports

// Served is implemented by an [Endpoint] whose messages go through further processes, as
// through a broker. What these cost is part of what a message costs.
type Served interface {
	// Serving lists those processes by their numbers, each once. They are there from
	// Open to Close.
	Serving() []int
}

// Serving lists the processes that serve an endpoint; nil: it needs none.
func Serving(e Endpoint) []int {
	if s, ok := e.(Served); ok {
		return s.Serving()
	}
	return nil
}
