#include "textflag.h"

// func row(flags uintptr, calls *Call, n uintptr) uintptr
//
// The new process has the registers of this one and its stack, of which it writes
// nothing. A Call is 80 bytes.
TEXT ·row(SB), NOSPLIT, $0-32
	MOVD	flags+0(FP), R0
	MOVD	calls+8(FP), R19
	MOVD	n+16(FP), R20
	MOVD	$0, R1
	MOVD	$0, R2
	MOVD	$0, R3
	MOVD	$0, R4
	MOVD	$220, R8 // clone
	SVC
	CBZ	R0, first
	MOVD	R0, ret+24(FP)
	RET

first:
	MOVD	0(R19), R8
	MOVD	8(R19), R0
	MOVD	16(R19), R1
	MOVD	24(R19), R2
	MOVD	32(R19), R3
	MOVD	40(R19), R4
	MOVD	48(R19), R5
	SVC
	MOVD	R0, 56(R19)
	MOVD	R0, R21 // what was made
	CMN	$4095, R0
	BCS	exit

next:
	ADD	$80, R19
	SUB	$1, R20
	CBZ	R20, exit
	MOVD	8(R19), R0
	MOVD	64(R19), R9
	CBZ	R9, call
	MOVD	R21, R0

call:
	MOVD	0(R19), R8
	MOVD	16(R19), R1
	MOVD	24(R19), R2
	MOVD	32(R19), R3
	MOVD	40(R19), R4
	MOVD	48(R19), R5
	SVC
	MOVD	R0, 56(R19)
	B	next

exit:
	MOVD	$0, R0
	MOVD	$93, R8 // exit
	SVC
	BRK
