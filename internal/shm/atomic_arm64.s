#include "textflag.h"

// func release(p *uint64, v uint64)
TEXT ·release(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD v+8(FP), R1
	STLR R1, (R0)
	RET

// func cpuPause()
TEXT ·cpuPause(SB), NOSPLIT, $0-0
	ISB $15
	RET

// func prefetchWrite(p unsafe.Pointer)
TEXT ·prefetchWrite(SB), NOSPLIT, $0-8
	MOVD p+0(FP), R0
	PRFM (R0), PSTL1KEEP
	RET
