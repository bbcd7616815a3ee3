/* A ring of one message's slots in shared memory, one each way: put waits for room and
 * get for a message by looking again and again. */
#ifndef RING_H
#define RING_H
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOTS = 64 };

struct way { /* the two counters, on cache lines apart, and the slots */
	_Alignas(128) _Atomic uint64_t put;
	_Alignas(128) _Atomic uint64_t got;
	_Alignas(128) unsigned char slots[];
};

struct ring { struct way *out, *in; uint64_t puts, gets; int yields; };

static inline void pause_briefly(const struct ring *r)
{
	if (r->yields)
		sched_yield();
#if defined __x86_64__
	__builtin_ia32_pause();
#elif defined __aarch64__
	__asm__ volatile("isb");
#endif
}

static inline void ring_put(void *self, const void *msg, size_t n)
{
	struct ring *r = self;
	while (r->puts - atomic_load_explicit(&r->out->got, memory_order_acquire) == SLOTS)
		pause_briefly(r);
	memcpy(r->out->slots + r->puts++ % SLOTS * n, msg, n);
	atomic_store_explicit(&r->out->put, r->puts, memory_order_release);
}

static inline void ring_get(void *self, void *msg, size_t n)
{
	struct ring *r = self;
	while (atomic_load_explicit(&r->in->put, memory_order_acquire) == r->gets)
		pause_briefly(r);
	memcpy(msg, r->in->slots + r->gets++ % SLOTS * n, n);
	atomic_store_explicit(&r->in->got, r->gets, memory_order_release);
}

static inline size_t ring_bytes(size_t n) { return (sizeof(struct way) + SLOTS * n + 127) / 128 * 128; }

/* One end of the two rings in a file, which whoever comes first makes. */
static inline struct ring ring_open(const char *path, size_t n, int producer)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, 2 * ring_bytes(n))) {
		perror(path);
		exit(1);
	}
	char *base = mmap(NULL, 2 * ring_bytes(n), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (base == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	close(fd);
	struct way *there = (struct way *)base, *back = (struct way *)(base + ring_bytes(n));
	return producer ? (struct ring){.out = there, .in = back} : (struct ring){.out = back, .in = there};
}
#endif
