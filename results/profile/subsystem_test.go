package profile

import (
	"strings"
	"testing"
)

// TestEachStackHasItsSubsystem has stacks as they were seen, the innermost function
// first. Those of the kernel come before "|".
func TestEachStackHasItsSubsystem(t *testing.T) {
	for stack, want := range map[string]Subsystem{
		"do_syscall_64 entry_SYSCALL_64_after_hwframe | ipcbench/transports/internal/kernel.Syscall":    Entry,
		"anon_pipe_read vfs_read ksys_read do_syscall_64 | ipcbench/transports/internal/kernel.Syscall": Mechanism,
		"finish_task_switch.isra.0 __schedule schedule anon_pipe_read do_syscall_64":                    Scheduler,
		"_raw_spin_unlock_irqrestore anon_pipe_write vfs_write":                                         Scheduler, // it woke the reader
		"_raw_spin_unlock_irqrestore try_to_wake_up wake_up_q futex_wake":                               Scheduler,
		"native_queued_spin_lock_slowpath _raw_spin_lock futex_wait_setup":                              Locks,
		"_copy_to_iter copy_page_to_iter anon_pipe_read":                                                Copy,
		"kmem_cache_alloc_node_noprof __alloc_skb sock_alloc_send_pskb unix_stream_sendmsg":             Memory,
		"tcp_ack tcp_rcv_established tcp_v4_do_rcv":                                                     Mechanism,
		"[kernel]": Unknown,
		"| ipcbench/internal/shm.(*Ring).Recv ipcbench/bench/workload.ping":                     Transport,
		"| example.com/other.(*end).spin ipcbench/bench/workload.ping":                          Transport,
		"| ipcbench/bench/internal/message.(*byCopy).Receive main.main":                         Harness,
		"| __vdso_clock_gettime runtime.nanotime1 time.Since ipcbench/bench/internal/clock.Now": Harness,
		"| runtime.memmove ipcbench/transports/memory.(*end).Send":                              Copy,
		"| runtime.findRunnable runtime.schedule runtime.mcall":                                 Runtime,
	} {
		var frames []Frame
		kernel := !strings.HasPrefix(stack, "|")
		for _, name := range strings.Fields(stack) {
			if name == "|" {
				kernel = false
				continue
			}
			f := Frame{Name: name, Kernel: kernel}
			if strings.HasPrefix(name, "__vdso") {
				f.Module = "[vdso]"
			}
			frames = append(frames, f)
		}
		if got := Of(frames); got != want {
			t.Errorf("%s: %s instead of %s", stack, got, want)
		}
	}
}
