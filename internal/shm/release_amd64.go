package shm

// releaseInline is release without the call, for a stream of small messages. A processor of
// this kind makes stores visible in their order, and the compiler keeps that of those to
// memory whose address it has been given: so any store is a release store.
func releaseInline(p *uint64, v uint64) { *p = v }
