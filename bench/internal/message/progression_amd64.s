#include "textflag.h"

// The first four terms of a progression from 0, and what 4 and 16 terms add: multiples of
// patternStep.
DATA terms<>+0(SB)/8, $0
DATA terms<>+8(SB)/8, $0x9e3779b97f4a7c15
DATA terms<>+16(SB)/8, $0x3c6ef372fe94f82a
DATA terms<>+24(SB)/8, $0xdaa66d2c7ddf743f
GLOBL terms<>(SB), RODATA|NOPTR, $32
DATA four<>+0(SB)/8, $0x78dde6e5fd29f054
GLOBL four<>(SB), RODATA|NOPTR, $8
DATA sixteen<>+0(SB)/8, $0xe3779b97f4a7c150
GLOBL sixteen<>(SB), RODATA|NOPTR, $8

// func progressesAVX2(p *byte, pieces uintptr, w uint64) bool
TEXT ·progressesAVX2(SB), NOSPLIT, $0-25
	MOVQ p+0(FP), SI
	MOVQ pieces+8(FP), CX
	VPBROADCASTQ w+16(FP), Y0
	VPBROADCASTQ four<>(SB), Y4
	VPBROADCASTQ sixteen<>(SB), Y5
	VPADDQ terms<>(SB), Y0, Y0 // what is due
	VPADDQ Y4, Y0, Y1
	VPADDQ Y4, Y1, Y2
	VPADDQ Y4, Y2, Y3
	VPXOR Y6, Y6, Y6           // all bits that differ
	VPXOR Y7, Y7, Y7

piece:
	VPXOR (SI), Y0, Y8
	VPXOR 32(SI), Y1, Y9
	VPXOR 64(SI), Y2, Y10
	VPXOR 96(SI), Y3, Y11
	VPOR Y8, Y6, Y6
	VPOR Y9, Y7, Y7
	VPOR Y10, Y6, Y6
	VPOR Y11, Y7, Y7
	VPADDQ Y5, Y0, Y0
	VPADDQ Y5, Y1, Y1
	VPADDQ Y5, Y2, Y2
	VPADDQ Y5, Y3, Y3
	ADDQ $128, SI
	DECQ CX
	JNZ piece

	VPOR Y7, Y6, Y6
	VPTEST Y6, Y6
	SETEQ ret+24(FP)
	VZEROUPPER
	RET
