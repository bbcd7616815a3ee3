VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# The newest run, or where there is none the sample.
RUN ?= $(or $(lastword $(sort $(wildcard results/2*))),results/sample)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

export CGO_ENABLED = 0

.DEFAULT_GOAL := help

.PHONY: build
build: ## build the static binary bin/ipcbench
	go build -trimpath -ldflags '-s -w -X ipcbench/cmd.version=$(VERSION)' -o bin/ipcbench ./cmd/ipcbench

.PHONY: test
test: ## run every test
	go test ./...

.PHONY: sweep
sweep: ## refuse all transports, or ONLY=udp, every system call they make, four ways each (10 min)
	SWEEP=$(or $(ONLY),all) go test -count=1 -timeout 1h -run '^TestRefusedSystemCalls$$' ./transports

# How long, of each.
FUZZTIME ?= 10m

.PHONY: machines
machines: ## boot machines that we do not have, emulated: every placement, and arm64 (10 min; Debian with qemu-system-x86 and qemu-system-arm)
	VM_TEST_LONG=1 VM_TEST_KERNEL=$$(.ci/kernel amd64) VM_TEST_KERNEL_ARM64=$$(.ci/kernel arm64) go test -count=1 -v -timeout 1h ./internal/vm

.PHONY: emulated
emulated: ## the whole conformance suite on arm64 and s390x, emulated, and riscv64 in user mode (2 h; root, Debian with qemu-system-arm, qemu-system-misc, qemu-user-static)
	VM_TEST_LONG=1 VM_TEST_KERNEL_ARM64=$$(.ci/kernel arm64) VM_TEST_KERNEL_S390X=$$(.ci/kernel s390x) go test -count=1 -v -timeout 7h -run '^TestConformanceElsewhere$$' ./internal/vm
	.ci/usermode riscv64 -test.v

.PHONY: fuzz
fuzz: ## fuzz every reader, whole run directories too, for FUZZTIME each (10m; about 2 h in all)
	@grep -rn --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' . | while IFS=: read -r file _ declaration; do \
		echo "$$file $${declaration#func }"; \
		go test -run '^$$' -fuzz "^$${declaration#func }\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" || exit 1; \
	done

.PHONY: bench
bench: ## run the Go benchmarks; pipe the output into benchstat
	go test -run '^$$' -bench . ./bench

.PHONY: overhead
overhead: ## hold ipcbench against tight C loops of the same calls, or ONLY=pipe,mq of them (3 min, gcc)
	go run ./internal/studies overhead $(if $(ONLY),--only $(ONLY))

.PHONY: cores
cores: ## hold the cache line from CPU to CPU against a tight C loop (10 s a placement, gcc)
	go run ./internal/studies cores

.PHONY: lengths
lengths: ## hold making and checking few bytes against making and checking many (1 min)
	go run ./internal/studies lengths

.PHONY: ring
ring: ## stream through the ring in C, one thing changed at a time: what limits it? (3 min, gcc)
	go run ./internal/studies ring

.PHONY: aa
aa: ## compare a thing with itself, by two runs and in one: is what did not change called changed? (15 min)
	go run ./internal/studies aa

.PHONY: power
power: ## how small a slowdown is found at 10 launches (10 min)
	go run ./internal/studies power

.PHONY: haltpoll
haltpoll: ## change guest_halt_poll_ns and see whether compare finds it (root on a KVM guest)
	go run ./internal/studies haltpoll

.PHONY: strace
strace: ## hold the workload setup against strace -T, in order of magnitude (10 s, strace)
	go run ./internal/studies strace

.PHONY: report
report: ## make the charts and report of the newest run again, or of RUN=DIR
	go run ./cmd/ipcbench report $(RUN)

.PHONY: lint
lint: ## gofmt, go vet and staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -d . && exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

.PHONY: clean
clean: ## remove what build made; runs in results/ stay
	rm -rf bin

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12
