package transports

// LargestMessage is the MaxSize, in bytes, of transports whose mechanism has no
// limit. A link buffers several messages, so larger ones mostly measure the
// memory that this takes.
const LargestMessage = 16 << 20

// DefaultCapacity is how many bytes a direction buffers where neither the spec
// nor the kernel says.
const DefaultCapacity = 1 << 20
