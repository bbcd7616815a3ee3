package notify

// wordBytes is what a wake-up carries at most: the counter of an eventfd, the
// value of a signal.
const wordBytes = 8
