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

.PHONY: install
install: build ## install it with its documents and completions below PREFIX (/usr/local)
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/ipcbench
	install -d $(DESTDIR)$(PREFIX)/share/doc/ipcbench/docs $(DESTDIR)$(PREFIX)/share/doc/ipcbench/experiments
	install -m 644 *.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/ipcbench
	install -m 644 docs/*.md $(DESTDIR)$(PREFIX)/share/doc/ipcbench/docs
	install -m 644 experiments/* $(DESTDIR)$(PREFIX)/share/doc/ipcbench/experiments
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(BIN) completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ipcbench
	$(BIN) completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ipcbench
	$(BIN) completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ipcbench.fish

.PHONY: dist
dist: ## make dist/: deb, rpm, archive and container image for amd64 and arm64, with checksums
	packaging/dist $(VERSION)

.PHONY: man
man: ## write the manual pages and the completion scripts of shells to bin/share
	rm -rf bin/share
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null)} GOOS= GOARCH= go run ./internal/install bin/share '$(VERSION)'

PREFIX ?= /usr/local
SHARED = find bin/share -type f -printf '%P\n' | while read -r file; do

# Where there is no Go, as often for root, what was built is installed.
.PHONY: install
install: ## install the binary, manual pages and completion below PREFIX (/usr/local), in DESTDIR
	@if command -v go >/dev/null; then $(MAKE) build man; fi
	install -D -m 755 bin/ipcbench '$(DESTDIR)$(PREFIX)/bin/ipcbench'
	@$(SHARED) install -D -m 644 "bin/share/$$file" '$(DESTDIR)$(PREFIX)/share/'"$$file" || exit 1; done

.PHONY: uninstall
uninstall: ## take away what make install put below PREFIX, in DESTDIR
	@test -d bin/share || $(MAKE) man
	rm -f '$(DESTDIR)$(PREFIX)/bin/ipcbench'
	@$(SHARED) rm -f '$(DESTDIR)$(PREFIX)/share/'"$$file"; done

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

.PHONY: experiments
experiments: build ## carry out every experiment, or ONLY=thp,kernels of them, and keep experiments/NAME.md (15 min; root, a quiet machine)
	.ci/experiments $(subst $(comma), ,$(ONLY))

.PHONY: strace
strace: ## hold the workload setup against strace -T, in order of magnitude (10 s, strace)
	go run ./internal/studies strace

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
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12
