package profile

import (
	"slices"
	"strings"
)

// A Subsystem is a part of the kernel or of a program that time is spent in.
type Subsystem string

// The subsystems. What of the kernel none of the others names is the mechanism: pipes,
// sockets, futexes, files.
const (
	Entry     Subsystem = "entry and exit" // system calls and exceptions, with what mitigates attacks there
	Scheduler Subsystem = "scheduler"      // also waking up, and switching between threads
	Copy      Subsystem = "copy"
	Locks     Subsystem = "locks"  // waiting for them, taking and leaving them
	Memory    Subsystem = "memory" // allocation, page faults, mapping
	Interrupt Subsystem = "interrupts"
	Mechanism Subsystem = "mechanism"
	Transport Subsystem = "transport" // its code outside the kernel
	Harness   Subsystem = "harness"   // the measuring program's
	Runtime   Subsystem = "Go runtime"
	Sampling  Subsystem = "sampling" // what finds this out
	Unknown   Subsystem = "kernel, not seen"
)

// Subsystems are all there are, in the order in which they are shown.
var Subsystems = []Subsystem{Entry, Scheduler, Copy, Locks, Memory, Mechanism, Interrupt, Transport, Harness, Runtime, Sampling, Unknown}

// kernelRows say of functions of the kernel which subsystem they belong to, by how their
// names begin. The first row that has one is it.
var kernelRows = []struct {
	is    Subsystem
	alone bool // only where time is spent in the function itself, not in those that it calls
	names string
}{
	{Unknown, true, "[kernel]"},
	{Sampling, false, "perf_ __perf_ x86_pmu_ armv8pmu_ get_perf_callchain unwind_ orc_find"},
	{Interrupt, false, "asm_sysvec_ sysvec_ asm_common_interrupt common_interrupt hrtimer_interrupt irq_exit __irq_exit el1_interrupt el0_interrupt el1h_64_irq el0t_64_irq gic_ handle_irq handle_edge_irq tick_"},
	{Locks, false, "_raw_spin_lock _raw_read_lock _raw_write_lock native_queued_spin queued_spin queued_read queued_write __pv_queued pv_native_ mutex_ __mutex ww_mutex down_ up_ __down __up rwsem_ osq_ rt_mutex lock_sock release_sock __lock_sock __release_sock"},
	{Locks, true, "_raw_spin_trylock _raw_spin_unlock _raw_read_unlock _raw_write_unlock"},
	{Copy, false, "copy_ _copy_ __copy_ rep_movs memcpy __memcpy memmove __memmove memset __memset clear_page skb_copy_ __skb_datagram_iter simple_copy_ csum_partial_copy copyin copyout raw_copy_ __arch_copy_"},
	{Scheduler, false, "schedule __schedule finish_task_switch try_to_wake_up ttwu_ enqueue_ dequeue_ pick_ __pick_ set_next_ put_prev_ update_curr update_load update_rq update_se update_cfs update_min place_entity reweight_ select_task_ select_idle available_idle sched_ __sched_ psi_ __switch_to switch_mm switch_fpu resched_ wake_up_ __wake_up default_wake_ autoremove_wake pollwake ep_poll_callback wakeup_preempt check_preempt avg_vruntime sugov_ cpuacct_ yield_task do_sched_yield cpu_startup do_idle prepare_to_wait finish_wait wake_q_ wake_affine load_balance newidle_ sched_balance hrtick_ rcu_note_context __cgroup_account"},
	{Memory, false, "kmalloc __kmalloc kfree kmem_cache_ ___slab __slab_ slab_ alloc_skb __alloc_skb kfree_skb __kfree_skb consume_skb skb_release_ skb_free_ sock_alloc_send_ sock_wmalloc alloc_pages __alloc_pages get_page_from_ free_pages free_unref free_frozen __free_pages alloc_frozen rmqueue folio_alloc exc_page_fault asm_exc_page_fault do_user_addr_fault handle_mm_fault do_mem_abort do_page_fault do_mmap __mmap vm_mmap do_munmap unmap_ zap_ tlb_ flush_tlb mem_cgroup_ obj_cgroup_ memcg_ refill_obj"},
	{Entry, true, "entry_ do_syscall_ x64_sys_call __x64_sys_ __arm64_sys_ __se_sys_ syscall_ exit_to_user irqentry_ fred_ srso_ retbleed_ zen_ clear_bhb_ __x86_return_thunk __x86_indirect_ its_ entry_ibpb write_ibpb do_el0_svc el0_svc el0t_64_sync ret_to_user invoke_syscall __do_fast_syscall arch_exit_to_user error_entry asm_exc_ native_irq_return paranoid_ restore_regs common_interrupt_return swapgs_ sync_regs"},
	{Entry, false, "exit_to_user_mode_loop"},
}

// enabling are functions that let interrupts in again. A clock's sample of what could not
// be interrupted falls on them, so that they are taken for whoever calls them.
// Where a mechanism does so itself, it has woken somebody: a queue of sleepers is locked
// so, and the function that wakes them leaves by that call and is on no stack.
const enabling = "_raw_spin_unlock_irqrestore _raw_spin_unlock_irq _raw_read_unlock_irqrestore _raw_write_unlock_irqrestore"

// programRows say the same of functions that are outside the kernel, by their packages. What
// belongs to no row is of a transport: others bring their own.
var programRows = []struct {
	is    Subsystem
	names string
}{
	{Copy, "runtime.memmove runtime.memclr"},
	{Harness, "ipcbench/bench ipcbench/cmd ipcbench/internal/peer ipcbench/internal/host ipcbench/results main."},
	{Transport, "ipcbench/transports ipcbench/internal/shm ipcbench/internal/uring"},
}

func begins(name, with string) bool {
	return slices.ContainsFunc(strings.Fields(with), func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// Of says which subsystem a stack's time belongs to, the innermost function first: the
// first function decides that belongs to any. Each function of the stack can be inlined
// into the next.
func Of(stack []Frame) Subsystem {
	for i, f := range stack {
		if !f.Kernel && i > 0 {
			break // none of the kernel's functions says more
		}
		if !f.Kernel {
			return ofProgram(stack)
		}
		if is, known := ofKernel(f.Name, i == 0); known {
			return is
		}
		if i == 1 && isEnabling(stack[0].Name) {
			return Scheduler
		}
	}
	return Mechanism
}

func isEnabling(name string) bool { return slices.Contains(strings.Fields(enabling), name) }

func ofKernel(name string, itself bool) (Subsystem, bool) {
	if isEnabling(name) {
		return "", false
	}
	for _, row := range kernelRows {
		if (itself || !row.alone) && begins(name, row.names) {
			return row.is, true
		}
	}
	return "", false
}

// ofProgram looks through what Go's own packages and the vDSO do for others.
func ofProgram(stack []Frame) Subsystem {
	for _, f := range stack {
		for _, row := range programRows {
			if begins(f.Name, row.names) {
				return row.is
			}
		}
		if f.Module != "[vdso]" && !isLibrary(f.Name) {
			return Transport
		}
	}
	return Runtime
}

// isLibrary says whether a function is of Go's standard library: the first part of such a
// path has no dot, as a module's has that is not this one.
func isLibrary(name string) bool {
	path := name
	if i := strings.LastIndex(name, "/"); i >= 0 {
		path = name[:i]
	} else if i := strings.Index(name, "."); i >= 0 {
		path = name[:i]
	}
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && goPackages[first]
}

// goPackages are where Go's standard library begins, as far as a message comes by there.
var goPackages = map[string]bool{
	"runtime": true, "internal": true, "sync": true, "syscall": true, "os": true, "net": true, "io": true, "bytes": true, "bufio": true,
	"encoding": true, "errors": true, "fmt": true, "math": true, "reflect": true, "slices": true, "strconv": true, "strings": true, "time": true,
	"context": true, "hash": true, "unsafe": true, "crypto": true, "sort": true, "maps": true, "iter": true, "unique": true, "log": true, "poll": true,
}
