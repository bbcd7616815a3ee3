/* file-poll, log-poll: files that each side writes and its peer reads, again
 * and again until there is something new. They have the layout of the transports
 * file and log: see transports/file/file_linux.go and log_linux.go. */

enum { FILE_SLOTS_AT = 4096, HEADER = 16, LENGTH_AT = 4 };

static int own_file, peer_file, files[2]; /* of each side: what it writes */
static char *frame;
static uint64_t file_slots, file_sent, file_taken, file_received;
static size_t file_stride;

static void file_shape(size_t size)
{
	file_stride = (HEADER + size + HEADER - 1) / HEADER * HEADER;
	for (file_slots = 4; file_slots * 2 <= RING / file_stride;)
		file_slots *= 2;
}

ALWAYS off_t slot_at(uint64_t i) { return FILE_SLOTS_AT + (i & (file_slots - 1)) * file_stride; }

ALWAYS void put(const void *p, size_t n, off_t at)
{
	if (pwrite(own_file, p, n, at) != (ssize_t)n)
		die("pwrite");
}

ALWAYS void get(void *p, size_t n, off_t at)
{
	if (pread(peer_file, p, n, at) != (ssize_t)n)
		die("pread");
}

ALWAYS void send_file(struct end *e, const char *msg)
{
	while (file_sent - file_taken >= file_slots - 1) {
		uint8_t quarters;
		get(&quarters, 1, 0);
		file_taken += (uint8_t)(quarters - file_taken / (file_slots / 4)) * (file_slots / 4);
	}
	uint32_t length = e->size;
	uint8_t lap = file_sent / file_slots + 1;
	memcpy(frame + LENGTH_AT, &length, 4);
	memcpy(frame + HEADER, msg, e->size);
	put(frame + LENGTH_AT, HEADER - LENGTH_AT + e->size, slot_at(file_sent) + LENGTH_AT);
	put(&lap, 1, slot_at(file_sent));
	file_sent++;
}

ALWAYS void recv_file(struct end *e)
{
	uint32_t length;
	uint8_t lap;
	do
		get(&lap, 1, slot_at(file_received));
	while (lap != (uint8_t)(file_received / file_slots + 1));
	get(frame + LENGTH_AT, HEADER - LENGTH_AT + e->size, slot_at(file_received) + LENGTH_AT);
	memcpy(&length, frame + LENGTH_AT, 4);
	if (length != e->size)
		wrong("length of a message");
	memcpy(e->buf, frame + HEADER, e->size);
	if (++file_received % (file_slots / 4) == 0) {
		uint8_t quarters = file_received / (file_slots / 4);
		put(&quarters, 1, 0);
	}
}

MECHANISM(file, send_file, recv_file)

static void create_files(struct end ends[2], size_t bytes)
{
	(void)ends;
	for (int side = 0; side < 2; side++) {
		char *zeros = calloc(1, bytes);
		files[side] = unnamed_file(bytes);
		if (pwrite(files[side], zeros, bytes, 0) != (ssize_t)bytes)
			die("fill a file");
		free(zeros);
	}
}

static void create_file(struct end ends[2])
{
	file_shape(ends[0].size);
	create_files(ends, FILE_SLOTS_AT + file_slots * file_stride);
}

/* The reader opens the file again, so that the two share it and nothing else. */
static void open_file(struct end *e)
{
	char name[64];
	snprintf(name, sizeof name, "/proc/self/fd/%d", files[!e->side]);
	own_file = files[e->side];
	peer_file = open(name, O_RDONLY);
	if (peer_file < 0)
		die("open the peer's file again");
	frame = aligned_bytes(HEADER + e->size);
}

/* A log is read as far as it goes, which is the end of a record, or not yet. */

enum { LOG_STEP = 16 << 20 };

static off_t log_end = FILE_SLOTS_AT, log_taken = FILE_SLOTS_AT, log_freed = FILE_SLOTS_AT, log_at = FILE_SLOTS_AT, log_quarter;

ALWAYS void send_log(struct end *e, const char *msg)
{
	while (log_end + (off_t)file_stride - log_taken > 4 * log_quarter) {
		uint8_t quarters;
		get(&quarters, 1, 0);
		log_taken += (uint8_t)(quarters - (log_taken - FILE_SLOTS_AT) / log_quarter) * log_quarter;
		if (log_taken - log_freed < LOG_STEP)
			continue;
		if (fallocate(own_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, log_freed, LOG_STEP) < 0)
			die("give back the start of a log");
		log_freed += LOG_STEP;
	}
	uint32_t length = e->size;
	memcpy(frame + LENGTH_AT, &length, 4);
	memcpy(frame + HEADER, msg, e->size);
	put(frame + LENGTH_AT, HEADER - LENGTH_AT + e->size, log_end + LENGTH_AT);
	log_end += file_stride;
}

ALWAYS void recv_log(struct end *e)
{
	uint32_t length;
	size_t rest = HEADER - LENGTH_AT + e->size;
	ssize_t n;
	while ((n = pread(peer_file, frame + LENGTH_AT, rest, log_at + LENGTH_AT)) < (ssize_t)rest)
		if (n < 0)
			die("pread");
	memcpy(&length, frame + LENGTH_AT, 4);
	if (length != e->size)
		wrong("length of a message");
	memcpy(e->buf, frame + HEADER, e->size);
	off_t before = (log_at - FILE_SLOTS_AT) / log_quarter, after;
	log_at += file_stride;
	if ((after = (log_at - FILE_SLOTS_AT) / log_quarter) != before) {
		uint8_t quarters = after;
		put(&quarters, 1, 0);
	}
}

MECHANISM(log, send_log, recv_log)

static void create_log(struct end ends[2])
{
	file_shape(ends[0].size);
	log_quarter = file_stride > RING / 4 ? file_stride : RING / 4;
	create_files(ends, FILE_SLOTS_AT);
}
