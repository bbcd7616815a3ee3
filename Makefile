# What "ipcbench --version" says.
VERSION ?= $(shell packaging/version)
# The newest run, or where there is none the sample.
RUN ?= $(or $(lastword $(sort $(wildcard results/2*))),results/sample)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

comma := ,

export CGO_ENABLED = 0

.DEFAULT_GOAL := help

# Where the program is built; where make install puts it, and below which folder (DESTDIR).
BIN ?= bin/ipcbench
PREFIX ?= /usr/local

.PHONY: build
build: ## build the static binary bin/ipcbench
	go build -trimpath -buildvcs=false -ldflags "-s -w -X $$(go list -m)/cmd.version=$(VERSION)" -o $(BIN) ./cmd/ipcbench

.PHONY: dist
dist: ## make dist/: deb, rpm, archive and container image for amd64 and arm64, with checksums
	packaging/dist $(VERSION)

.PHONY: man
man: ## write the manual pages and the completion scripts of shells to bin/share
	rm -rf bin/share
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null)} GOOS= GOARCH= go run ./internal/install bin/share '$(VERSION)'

SHARED = find bin/share -type f -printf '%P\n' | while read -r file; do

# Where there is no Go, as often for root, what was built is installed.
.PHONY: install
install: ## install the binary, manual pages and completion below PREFIX (/usr/local), in DESTDIR
	@if command -v go >/dev/null; then $(MAKE) build man; fi
	install -D -m 755 $(BIN) '$(DESTDIR)$(PREFIX)/bin/ipcbench'
	@$(SHARED) install -D -m 644 "bin/share/$$file" '$(DESTDIR)$(PREFIX)/share/'"$$file" || exit 1; done

.PHONY: uninstall
uninstall: ## take away what make install put below PREFIX, in DESTDIR
	@test -d bin/share || $(MAKE) man
	rm -f '$(DESTDIR)$(PREFIX)/bin/ipcbench'
	@$(SHARED) rm -f '$(DESTDIR)$(PREFIX)/share/'"$$file"; done

.PHONY: dist-check
dist-check: ## hold dist/ against a second one, byte by byte, and install it in fresh roots (root, mmdebstrap, rpm; 5 min)
	packaging/dist-check

.PHONY: release
release: ## make dist/ and its notes for the tag that is checked out, and say how to publish it
	packaging/release

# The command line's PATH is the module's, and would be every command's as well.
.PHONY: module
module: ## change the module's path to PATH=example.org/you/ipcbench, everywhere
	$(if $(filter command line,$(origin PATH)),,$(error which path? make module PATH=example.org/you/ipcbench))
	@PATH="$$(/bin/sed -zn 's/^PATH=//p' /proc/$$PPID/environ | /usr/bin/tr -d '\0')" packaging/module $(PATH)

.PHONY: test
test: ## run every test
	go test ./...

.PHONY: sweep
sweep: ## refuse all transports, or ONLY=udp, every system call they make, four ways each (10 min)
	SWEEP=$(or $(ONLY),all) go test -count=1 -timeout 1h -run '^TestRefusedSystemCalls$$' ./transports

# How long, of each.
FUZZTIME ?= 10m

.PHONY: machines
machines: ## boot machines that we do not have, emulated: every placement, control groups of version 2, a network share, and arm64 (12 min; Debian with qemu-system-x86, qemu-system-arm, nfs-ganesha-vfs)
	VM_TEST_LONG=1 VM_TEST_KERNEL=$$(.ci/kernel amd64) VM_TEST_KERNEL_ARM64=$$(.ci/kernel arm64) go test -count=1 -v -timeout 1h ./internal/vm ./internal/lab

.PHONY: cross
cross: ## compile and vet everything for every 64-bit Linux, and reports for darwin (10 min with nothing compiled)
	for arch in amd64 arm64 riscv64 ppc64le s390x loong64; do GOARCH=$$arch go vet ./... && GOARCH=$$arch go build -o /dev/null ./cmd/ipcbench || exit 1; done
	GOOS=darwin go vet ./results/... ./transports ./transports/all

# As much of the conformance suite as that: brief, short or whole.
SUITE ?= whole

.PHONY: emulated
emulated: cross ## run the conformance suite on emulated arm64 and s390x, kernels 6.1 and 6.12, and riscv64, ppc64le and loong64 in user mode, and keep results/trials/elsewhere.md (2 h, SUITE=short 30 min; root, Debian)
	.ci/emulated $(SUITE)

.PHONY: fleet
fleet: ## have Slurm, Ansible and systemd, or ONLY=slurm, drive three hosts that are made here, and lose one (10 min; root, Debian)
	deploy/fleet/run $(ONLY)

# It sees one process at a time: of the conformance suite, which is about two, one transport
# is enough to watch the driver. Here is what has goroutines of its own, without simulations,
# which take ten times as long by it.
RACE := CGO_ENABLED=1 go test -count=1 -race

.PHONY: race
race: race-brief ## the race detector, over what has goroutines (gcc, 4 min)
	$(RACE) -skip 'Simulated|AWalk|KeepsItsPromise|FalseChanges|NoModes' ./results/effect $$(go list ./transports/... | grep -v 'transporttest\|internal/stream\|transports/queue\|/transports$$')
	$(RACE) -run '^TestRemake|^TestReport' ./results/report

.PHONY: race-brief
race-brief: ## as much of that as CI has time for
	$(RACE) -skip 'Simulated|AFleetThatDidNotChange|AFleetOfFifty' ./results/history ./results/fleet ./results/store ./internal/peer ./internal/seccomp ./transports/queue
	$(RACE) -run '^TestWriteTo' ./results/charts
	$(RACE) -run '^TestARun|^TestAnInterruptedRun|^TestSeveralPairs|^TestAPair' ./bench
	$(RACE) -run '^TestConformance$$/^pipe$$/^pipe$$' ./transports

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
ring: ## stream through the ring in C, one thing changed at a time: what limits it? (4 min, gcc)
	go run ./internal/studies ring

.PHONY: aa
aa: ## compare a thing with itself, by two runs and in one: is what did not change called changed? (15 min)
	go run ./internal/studies aa

.PHONY: power
power: ## how small a slowdown is found at 10 launches (10 min)
	go run ./internal/studies power

.PHONY: fleet-power
fleet-power: ## is what all hosts show told from what one shows alone? made-up fleets (5 min)
	go run ./internal/studies fleet-power

.PHONY: fleet-scale
fleet-scale: ## what an index of up to 10,000 runs, and a comparison of them, take (2 min, 1 GB in TMPDIR)
	go run ./internal/studies fleet-scale

.PHONY: haltpoll
haltpoll: ## change guest_halt_poll_ns and see whether compare finds it (root on a KVM guest)
	go run ./internal/studies haltpoll

.PHONY: experiments
experiments: build ## carry out every experiment, or ONLY=thp,kernels of them, and keep experiments/NAME.md (15 min; root, a quiet machine)
	.ci/experiments $(subst $(comma), ,$(ONLY))

.PHONY: strace
strace: ## hold the workload setup against strace -T, in order of magnitude (10 s, strace)
	go run ./internal/studies strace

.PHONY: profile-agree
profile-agree: ## hold run --profile against perf record, function by function (2 min; root, perf, a quiet machine)
	go run ./internal/studies profile

.PHONY: report
report: ## make the charts and report of the newest run again, or of RUN=DIR
	go run ./cmd/ipcbench report $(RUN)

.PHONY: docs
docs: ## draw docs/gallery.md and its pictures, and the studies' charts, again
	go test -count=1 -run '^TestTheGalleryIsAsAgreed$$' ./results/charts -update

.PHONY: lint
lint: ## gofmt, go vet and staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -d . && exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

.PHONY: clean
clean: ## remove what build made; runs in results/ stay
	rm -rf bin dist

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12
