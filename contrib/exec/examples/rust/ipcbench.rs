//! An end of your transport, measured by `ipcbench-contrib run 'exec:./server ./client'`.
//! Implement `Transport`, and hand it to `End::run`. ../../README.md spells out what is
//! done here. Standard library alone.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

/// How messages, all of one size, go to the other end and come from it.
pub trait Transport {
    fn put(&mut self, message: &[u8]);
    /// Waits for the next message.
    fn get(&mut self, message: &mut [u8]);
}

const WARMING: u64 = 0;
const MARKING: u64 = 1;
const MEASURED: u64 = 2;
const LAST: u64 = 3;
const INDEX: u64 = (1 << 40) - 1;
const STEP: u64 = 0x9e3779b97f4a7c15;

fn head(key: u64, i: u64, phase: u64) -> u64 {
    key.wrapping_mul(i + 1) >> 42 << 42 | i << 2 | phase
}

fn tail(head: u64, n: usize) -> u64 {
    (!head).swap_bytes() ^ (n as u64).wrapping_mul(0xa24baed4963ee407)
}

fn stamp(message: &mut [u8], head: u64) {
    let n = message.len();
    message[n - 8..].copy_from_slice(&tail(head, n).to_le_bytes());
    message[..8].copy_from_slice(&head.to_le_bytes());
}

fn pattern(message: &mut [u8], head: u64) {
    let n = message.len();
    if n <= 16 {
        return;
    }
    let mut word = (head >> 2).wrapping_mul(0xd1342543de82ef95).wrapping_add(1);
    for part in message[8..n - 8].chunks_mut(8) {
        part.copy_from_slice(&word.to_le_bytes()[..part.len()]);
        word = word.wrapping_add(STEP);
    }
}

fn fail(why: String) -> ! {
    eprintln!("{why}");
    std::process::exit(1)
}

fn say(line: String) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|_| out.flush()).unwrap_or_else(|_| std::process::exit(0));
}

/// CLOCK_MONOTONIC, ns. `Instant` is that clock on Linux and does not tell its zero, which
/// is therefore asked of the kernel, once.
pub struct Clock {
    zero: Instant,
    at: i64,
}

#[repr(C)]
struct Timespec(i64, i64);

extern "C" {
    fn clock_gettime(clock: i32, t: *mut Timespec) -> i32;
}

impl Clock {
    fn new() -> Clock {
        let mut t = Timespec(0, 0);
        let zero = Instant::now();
        unsafe { clock_gettime(1, &mut t) };
        Clock { zero, at: t.0 * 1_000_000_000 + t.1 }
    }
    fn now(&self) -> i64 {
        self.at + self.zero.elapsed().as_nanos() as i64
    }
}

/// What is asked for.
pub struct End {
    pub producer: bool,
    pub size: usize,
    pub dir: String,
    told: HashMap<String, Vec<String>>,
    clock: Clock,
    key: u64,
    digest: u64,
    latency: bool,
    full: bool,
    out: Vec<u8>,
    input: Vec<u8>,
    due: Vec<u8>,
}

fn hear(told: &mut HashMap<String, Vec<String>>, until: &str) {
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap_or_default();
        let mut words = line.split_whitespace().map(String::from);
        let Some(word) = words.next() else { continue };
        told.insert(word.clone(), words.collect());
        if word == until {
            return;
        }
    }
    std::process::exit(0)
}

/// Times are rounded down to a step of a 1024th at most.
fn count(times: &mut HashMap<i64, u64>, ns: i64) {
    let shift = 53 - (ns as u64 | 1024).leading_zeros();
    *times.entry(ns >> shift << shift).or_insert(0) += 1;
}

impl End {
    /// Takes in which end this is.
    pub fn open() -> End {
        let mut told = HashMap::new();
        hear(&mut told, "open");
        let size = told["size"][0].parse().unwrap();
        End {
            producer: told["side"][0] == "producer",
            size,
            dir: told["dir"].join(" "),
            told,
            clock: Clock::new(),
            key: 0,
            digest: 0,
            latency: false,
            full: false,
            out: vec![0; size],
            input: vec![0; size],
            due: vec![0; size],
        }
    }

    fn number(&self, word: &str, at: usize) -> i64 {
        self.told.get(word).map_or(0, |values| values[at].parse().unwrap())
    }

    /// Says that this end is ready, and does what is asked.
    pub fn run(mut self, t: &mut impl Transport) {
        say("ready".into());
        hear(&mut self.told, "go");
        self.latency = self.told["workload"][0] == "latency";
        self.full = self.told["verify"][0] == "full";
        self.key = self.told.get("key").map_or(0, |values| values[0].parse().unwrap());
        if self.producer {
            self.produce(t)
        } else {
            self.consume(t)
        }
    }

    fn send(&mut self, t: &mut impl Transport, i: u64, phase: u64) {
        let head = head(self.key, i, phase);
        if phase < MEASURED || self.full {
            pattern(&mut self.out, head);
        }
        stamp(&mut self.out, head);
        t.put(&self.out);
    }

    /// Receives message i, checks it and returns its first word.
    fn receive(&mut self, t: &mut impl Transport, i: u64) -> u64 {
        t.get(&mut self.input);
        let head = u64::from_le_bytes(self.input[..8].try_into().unwrap());
        if head >> 2 & INDEX != i {
            fail(format!("message {} arrived where {i} was due", head >> 2 & INDEX));
        }
        let whole = head & 3 < MEASURED || self.full;
        if whole {
            pattern(&mut self.due, head);
        }
        stamp(&mut self.due, head);
        let n = self.size;
        let ends = self.input[n - 8..] == self.due[n - 8..];
        if !ends || (whole || i % 4096 == 0) && self.input != self.due {
            fail(format!("message {i} was damaged"));
        }
        self.digest = (self.digest ^ head).wrapping_mul(STEP);
        head
    }

    fn trip(&mut self, t: &mut impl Transport, i: u64, phase: u64) {
        self.send(t, i, phase);
        self.receive(t, i);
    }

    fn exchange(&mut self, t: &mut impl Transport, i: u64, phase: u64) {
        if self.latency {
            self.trip(t, i, phase)
        } else {
            self.send(t, i, phase)
        }
    }

    fn warm(&mut self, messages: u64, ns: i64) -> i64 {
        let (clock, stamp) = self.costs();
        say(format!("warm {messages} {ns} {clock:.2} {stamp:.2}"));
        hear(&mut self.told, "measure");
        self.number("measure", 0)
    }

    /// What a reading of the clock takes, and all of timing a round trip, ns.
    fn costs(&self) -> (f64, f64) {
        let each = |work: &mut dyn FnMut()| {
            let batch = |work: &mut dyn FnMut()| {
                let start = self.clock.now();
                (0..200).for_each(|_| work());
                (self.clock.now() - start) as f64 / 200.0
            };
            (0..21).map(|_| batch(work)).fold(f64::MAX, f64::min)
        };
        let (mut times, mut batches) = (HashMap::new(), HashMap::new());
        let clock = each(&mut || {
            std::hint::black_box(self.clock.now());
        });
        let stamp = each(&mut || {
            let before = self.clock.now();
            count(&mut times, self.clock.now() - before);
            count(&mut batches, before & 1023);
        });
        (clock, stamp)
    }

    fn produce(&mut self, t: &mut impl Transport) {
        let (mut i, start) = (0, self.clock.now());
        while self.clock.now() - start < self.number("warmup", 0) || (i as i64) < self.number("warmup", 1) {
            self.exchange(t, i, WARMING);
            i += 1;
        }
        self.trip(t, i, MARKING);
        i += 1;
        let every = self.warm(i, self.clock.now() - start);
        let (messages, time) = (self.number("messages", 0), self.number("time", 0));
        let (mut times, mut batches) = (HashMap::new(), HashMap::new());
        let began = self.clock.now();
        let (mut at, mut n) = (began, 0);
        while if messages > 0 { n < messages } else { at - began < time || n < 10 } {
            let next = if messages > 0 { every.min(messages - n) } else { every };
            let before = self.clock.now();
            self.exchange(t, i, MEASURED);
            let last = at;
            at = self.clock.now();
            if self.latency {
                count(&mut times, at - before);
                if n > 0 {
                    count(&mut batches, at - last);
                }
            }
            for k in 1..next {
                self.exchange(t, i + k as u64, MEASURED);
            }
            i += next as u64;
            n += next;
        }
        let ended = self.clock.now();
        self.send(t, i, LAST);
        let received = if self.latency { n } else { 0 };
        self.report(n, received, began, ended, times, batches);
    }

    fn consume(&mut self, t: &mut impl Transport) {
        let (mut i, mut n, mut began, start) = (0, 0, 0, self.clock.now());
        loop {
            let phase = self.receive(t, i) & 3;
            i += 1;
            if phase == LAST {
                break;
            }
            if phase == MEASURED {
                n += 1;
                if n == 1 {
                    began = self.clock.now();
                }
            }
            if phase == MARKING {
                self.warm(i, self.clock.now() - start);
            }
            if self.latency || phase == MARKING {
                t.put(&self.input);
            }
        }
        let ended = self.clock.now();
        let sent = if self.latency { n } else { 0 };
        self.report(sent, n, began, ended, HashMap::new(), HashMap::new());
    }

    fn report(&mut self, sent: i64, received: i64, began: i64, ended: i64, times: HashMap<i64, u64>, batches: HashMap<i64, u64>) {
        say("done".into());
        hear(&mut self.told, "report");
        let mut lines = format!("sent {sent}\nreceived {received}\nbegan {began}\nended {ended}\ndigest {}\n", self.digest);
        for (word, counts) in [("rtt", times), ("batch", batches)] {
            for (ns, count) in counts {
                lines += &format!("{word} {ns} {count}\n");
            }
        }
        say(lines + "end");
    }
}
