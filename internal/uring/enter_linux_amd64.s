#include "textflag.h"

// func ioUringEnter(fd, submit, wait, flags uintptr) uintptr
TEXT ·ioUringEnter(SB), NOSPLIT, $0-40
	MOVQ	$426, AX
	MOVQ	fd+0(FP), DI
	MOVQ	submit+8(FP), SI
	MOVQ	wait+16(FP), DX
	MOVQ	flags+24(FP), R10
	XORL	R8, R8
	XORL	R9, R9
	SYSCALL
	MOVQ	AX, ret+32(FP)
	RET

// func pause()
TEXT ·pause(SB), NOSPLIT, $0-0
	PAUSE
	RET
