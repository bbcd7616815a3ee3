/* sockmap: two connected TCP sockets, where a BPF program puts what is written to
 * one into the queue of the other, so that TCP has nothing to send. A queue has
 * no bound: the round trip alone is compared. */
#include <linux/bpf.h>
#include <stddef.h>

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	int result = syscall(SYS_bpf, cmd, attr, sizeof *attr);
	if (result < 0)
		die("bpf");
	return result;
}

/* redirect loads the program: the socket with that port sends to the second one
 * of the map, and the other to the first. */
static int redirect(int map, int port)
{
	struct bpf_insn program[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 5, .src_reg = 1, .off = offsetof(struct sk_msg_md, local_port)},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 1},
		{.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 5, .off = 1, .imm = port},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 0},
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map},
		{.code = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = BPF_F_INGRESS},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_msg_redirect_map},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_SK_MSG,
		.insns = (uintptr_t)program,
		.insn_cnt = sizeof program / sizeof program[0],
		.license = (uintptr_t)"MIT",
	};
	return bpf(BPF_PROG_LOAD, &load);
}

static void create_sockmap(struct end ends[2])
{
	struct sockaddr_in first;
	socklen_t size = sizeof first;
	create_tcp(ends);
	if (getsockname(ends[0].wr, (struct sockaddr *)&first, &size) < 0)
		die("getsockname");
	union bpf_attr create = {.map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 2};
	int map = bpf(BPF_MAP_CREATE, &create);
	union bpf_attr attach = {
		.target_fd = map,
		.attach_bpf_fd = redirect(map, ntohs(first.sin_port)),
		.attach_type = BPF_SK_MSG_VERDICT,
	};
	bpf(BPF_PROG_ATTACH, &attach);
	for (int side = 0; side < 2; side++) {
		union bpf_attr update = {.map_fd = map, .key = (uintptr_t)&side, .value = (uintptr_t)&ends[side].wr};
		bpf(BPF_MAP_UPDATE_ELEM, &update);
	}
}
