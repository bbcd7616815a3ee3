#include "textflag.h"

// func ioUringEnter(fd, submit, wait, flags uintptr) uintptr
TEXT ·ioUringEnter(SB), NOSPLIT, $0-40
	MOVD	$426, R8
	MOVD	fd+0(FP), R0
	MOVD	submit+8(FP), R1
	MOVD	wait+16(FP), R2
	MOVD	flags+24(FP), R3
	MOVD	$0, R4
	MOVD	$0, R5
	SVC
	MOVD	R0, ret+32(FP)
	RET

// func pause()
TEXT ·pause(SB), NOSPLIT, $0-0
	ISB	$15
	RET
