"""An end of your transport, measured by ipcbench-contrib run 'exec:./server ./client'.

Write how a message is sent and received, and:

    end = ipcbench.open()            # which end this is (end.producer), and where both meet (end.dir)
    ...
    end.run(put, get)                # put(bytes), get() -> bytes

../../README.md spells out what is done here. Python 3.8, standard library alone.
"""

import struct
import sys
import time
from collections import Counter

WARMING, MARKING, MEASURED, LAST = range(4)
WORD = (1 << 64) - 1
INDEX = (1 << 40) - 1
now = time.monotonic_ns  # CLOCK_MONOTONIC


def head(key, i, phase):
    """The first word of message i."""
    return ((key * (i + 1) & WORD) >> 42 << 42) | i << 2 | phase


def tail(head, n):
    """The last word of a message of n bytes."""
    return int.from_bytes((~head & WORD).to_bytes(8, "big"), "little") ^ (n * 0xA24BAED4963EE407 & WORD)


def pattern(head, n):
    """What lies between the two words."""
    word, middle = (head >> 2) * 0xD1342543DE82EF95 + 1, bytearray()
    while len(middle) < n - 16:
        middle += struct.pack("<Q", word & WORD)
        word += 0x9E3779B97F4A7C15
    return bytes(middle[: max(0, n - 16)])


def message(head, n, middle):
    first, last = struct.pack("<Q", head), struct.pack("<Q", tail(head, n))
    return first + middle + last if n >= 16 else first + last[16 - n :]


def say(*words):
    print(*words, flush=True)


def fail(why):
    print(why, file=sys.stderr)
    sys.exit(1)


class End:
    """What is asked for, as it is told."""

    def hear(self, until):
        for line in sys.stdin:
            word, *values = line.split()
            setattr(self, word, values)
            if word == until:
                return values
        sys.exit(0)

    def run(self, put, get):
        """Say that this end is ready, and do what is asked."""
        say("ready")
        self.hear("go")
        self.latency, self.full = self.workload == ["latency"], self.verify == ["full"]
        self.put, self.get = put, get
        self.digest, self.middle, self.key = 0, b"", int(self.key[0])
        if self.producer:
            self.produce()
        else:
            self.consume()

    def send(self, i, phase):
        first = head(self.key, i, phase)
        if phase < MEASURED or self.full:
            self.sent_middle = pattern(first, self.size)
        self.put(message(first, self.size, self.sent_middle))

    def receive(self, i):
        """Receive message i, check it and return its first word and all of it."""
        got = self.get()
        if len(got) != self.size:
            fail(f"message {i} has {len(got)} bytes instead of {self.size}")
        first = int.from_bytes(got[:8], "little")
        if first >> 2 & INDEX != i:
            fail(f"message {first >> 2 & INDEX} arrived where {i} was due")
        if first & 3 < MEASURED or self.full:
            self.middle = pattern(first, self.size)
        if got != message(first, self.size, self.middle):
            fail(f"message {i} was damaged")
        self.digest = (self.digest ^ first) * 0x9E3779B97F4A7C15 & WORD
        return first, got

    def trip(self, i, phase):
        self.send(i, phase)
        self.receive(i)

    def warm(self, messages, start):
        clock, stamp = costs()
        say("warm", messages, now() - start, clock, stamp)
        return int(self.hear("measure")[0])

    def produce(self):
        exchange = self.trip if self.latency else self.send
        i, start = 0, now()
        while now() - start < int(self.warmup[0]) or i < int(self.warmup[1]):
            exchange(i, WARMING)
            i += 1
        self.trip(i, MARKING)
        every = self.warm(i + 1, start)
        first = i = i + 1
        times, batches = Counter(), Counter()
        began = at = now()
        while True:
            left = self.left(i - first, at - began)
            if left <= 0:
                break
            before = now()
            exchange(i, MEASURED)
            last, at = at, now()
            times[at - before] += 1
            if i > first:
                batches[at - last] += 1
            for i in range(i + 1, i + min(every, left)):
                exchange(i, MEASURED)
            i += 1
        ended = now()
        self.send(i, LAST)
        n = i - first
        self.report(n, n if self.latency else 0, began, ended, times if self.latency else {}, batches if self.latency else {})

    def left(self, n, elapsed):
        """How many messages are still to be measured, at most."""
        if hasattr(self, "messages"):
            return int(self.messages[0]) - n
        return 0 if elapsed >= int(self.time[0]) and n >= 10 else WORD

    def consume(self):
        i, n, start = 0, 0, now()
        while True:
            first, got = self.receive(i)
            i, phase = i + 1, first & 3
            if phase == LAST:
                break
            if phase == MEASURED:
                if n == 0:
                    began = now()
                n += 1
            if phase == MARKING:
                self.warm(i, start)
            if self.latency or phase == MARKING:
                self.put(got)
        self.report(n if self.latency else 0, n, began, now(), {}, {})

    def report(self, sent, received, began, ended, times, batches):
        say("done")
        self.hear("report")
        for word, value in ("sent", sent), ("received", received), ("began", began), ("ended", ended), ("digest", self.digest):
            print(word, value)
        for word, counts in ("rtt", times), ("batch", batches):
            for ns, count in counts.items():
                print(word, ns, count)
        say("end")


def costs():
    """What a reading of the clock takes, and all of timing a round trip, in ns."""
    def each(work):
        best = WORD
        for _ in range(11):
            start = now()
            for _ in range(100):
                work()
            best = min(best, (now() - start) / 100)
        return best

    counts = Counter()

    def stamp():
        before = now()
        counts[now() - before] += 1
        counts[before & 1023] += 1

    return each(now), each(stamp)


def open():
    """Take in which end this is."""
    end = End()
    end.key = ["0"]
    end.hear("open")
    end.producer, end.size, end.dir = end.side == ["producer"], int(end.size[0]), " ".join(end.dir)
    return end
