# make run [PROGRAM=x.bf]   sets up, builds, runs a program (an example without PROGRAM)
# make test                 sets up, passes the tests
# make build                sets up, builds target/release/bfllvm, and bfllvm-full beside it: src/cli/image.rs says what is what
# make install [PREFIX=/usr/local]  puts both into PREFIX/bin
# make tsan                 passes the tests in which LLVM takes over under ThreadSanitizer; takes Rust's sources from rustup
# make docs                 writes what the commands print into the documentation
# make bench                sets up, measures speed, and tells it in Markdown; each of these narrows or widens that:
#   ONLY=SECTION,...        of programs, startup, memory, copy, frontend
#   CORPUS=DIR              programs *.b and *.bf, with NAME.in, NAME.out and bench.list beside them (examples without it)
#   LIST=FILE               another bench.list; benches/speed/harness/corpus.rs says what is in one
#   PROGRAMS="NAME ..."     only these
#   PEERS="NAME=COMMAND with {}; ..."  other implementations; $$ for a $, nothing is fetched
#   OURS="NAME=run -O3; NAME=build -O3"  ways of ours
#   BASE=NAME RUNS=N TIMEOUT=SECONDS CPUS=0 JSON=FILE SVG=FILE; ARGS=--help tells of them, and of more

PROGRAM ?= examples/mandelbrot.bf
PREFIX ?= /usr/local
LLVM := $(shell cat llvm-version.txt)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
CARGO := $(shell command -v cargo || echo "$(HOME)/.cargo/bin/cargo")
RUSTUP := $(shell command -v rustup || echo "$(HOME)/.cargo/bin/rustup")
TARGET := $(or $(CARGO_TARGET_DIR),target)
BUILT := $(TARGET)/release/bfllvm
# The target for which bfllvm is linked statically.
STATIC := x86_64-unknown-linux-musl
# Where it is, and the full one beside it, while it is measured, and for the tests.
MEASURED := $(TARGET)/release/measured
TESTED := $(TARGET)/$(STATIC)/debug/bfllvm

# The recipe of bench takes these from the environment, where no shell takes their quotes away.
export CORPUS LIST PROGRAMS PEERS OURS BASE SVG JSON

.PHONY: run test tsan docs bench build install setup setup-tests

run: build
	@$(BUILT) run $(PROGRAM)

# Once with what cargo links, and what goes through the command line once more with the two files that are built for people.
test: setup setup-tests
	@CARGO_PROFILE_DEV_DEBUG=none $(CARGO) build --quiet --locked --target $(STATIC)
	@$(CARGO) build --quiet --locked
	@cp --remove-destination $(TARGET)/debug/bfllvm $(TESTED)-full
	@$(CARGO) test --locked
	@BFLLVM_BINARY=$(abspath $(TESTED)) $(CARGO) test --locked --test cli --test contract --test golden --test restrictions

# The standard library has to be built for it as well, which stable Rust does only when told to. What machine code does that we
# made is not seen.
tsan: setup
	@$(RUSTUP) component add rust-src
	@RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=thread $(CARGO) test --locked -Zbuild-std --target x86_64-unknown-linux-gnu \
		--target-dir target/tsan --test property -- tiered code_in_chunks loops_taken_over

# The picture is of the page's hottest loop.
docs: build setup-tests
	@BFLLVM_WRITE_DOCS=1 BFLLVM_BINARY=$(BUILT) $(CARGO) test --quiet --locked --test docs as_it_is
	@$(BUILT) explain examples/factorial.bf -o target/explain.html
	@chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1440,810 --virtual-time-budget=5000 \
		--screenshot=docs/explain.png "file://$(CURDIR)/target/explain.html" 2>/dev/null >&2

# Cargo puts what it links in the place of what is measured.
bench: setup
	@$(CARGO) bench --quiet --locked --bench speed --no-run
	@$(MAKE) --no-print-directory build
	@cp --remove-destination $(BUILT) $(MEASURED) && cp --remove-destination $(BUILT)-full $(MEASURED)-full
	@BFLLVM_BINARY=$(abspath $(MEASURED)) $(CARGO) bench --quiet --locked --bench speed -- \
		$(if $(ONLY),--only $(ONLY)) $(if $(CORPUS),--corpus "$$CORPUS") $(if $(LIST),--list "$$LIST") \
		$(if $(PROGRAMS),--programs "$$PROGRAMS") $(if $(PEERS),--peers "$$PEERS") $(if $(OURS),--ours "$$OURS") \
		$(if $(BASE),--base "$$BASE") $(if $(RUNS),--runs $(RUNS)) $(if $(TIMEOUT),--timeout $(TIMEOUT)) \
		$(if $(CPUS),--cpus $(CPUS)) $(if $(JSON),--json "$$JSON") $(if $(SVG),--svg "$$SVG") $(ARGS); \
		status=$$?; mv $(MEASURED) $(BUILT) && mv $(MEASURED)-full $(BUILT)-full && exit $$status

# What cargo links is the full one, also without us. Copies are written from their start to their end, and so kept in memory in larger
# pieces than what the linker stores in any order: they start in nine tenths of the time.
build: setup
	@$(CARGO) build --quiet --release --locked
	@$(CARGO) build --quiet --release --locked --target $(STATIC)
	@cp --remove-destination $(BUILT) $(BUILT)-full
	@cp --remove-destination $(TARGET)/$(STATIC)/release/bfllvm $(BUILT)

install: build
	@install -D -t $(PREFIX)/bin $(BUILT) $(BUILT)-full

# libLLVM is opened by bfllvm itself; lli and opt are for the tests.
setup:
	@$(CARGO) --version >/dev/null 2>&1 || { echo "Rust is missing: install it with rustup" >&2; exit 1; }
	@[ -d "$$(rustc --print target-libdir --target $(STATIC))" ] || $(RUSTUP) --quiet target add $(STATIC) || \
		{ echo "Rust's target $(STATIC) is missing: rustup installs it" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "a C toolchain is missing: install gcc" >&2; exit 1; }
	@if ! command -v lli-$(LLVM) >/dev/null || ! command -v opt-$(LLVM) >/dev/null; then \
		echo "installing LLVM $(LLVM)" >&2; \
		$(SUDO) apt-get update -qq >&2 && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qq -y llvm-$(LLVM) >&2; \
	fi

# Debug information is tested with gdb and lldb, the pages of `explain` with a browser.
setup-tests:
	@if ! command -v gdb >/dev/null; then \
		echo "installing gdb" >&2; \
		$(SUDO) apt-get update -qq >&2 && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qq -y --no-install-recommends gdb >&2; \
	fi
	@if ! command -v lldb-$(LLVM) >/dev/null; then \
		echo "installing lldb $(LLVM)" >&2; \
		$(SUDO) apt-get update -qq >&2 && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qq -y --no-install-recommends lldb-$(LLVM) >&2; \
	fi
	@if ! command -v chromium >/dev/null; then \
		echo "installing Chromium" >&2; \
		$(SUDO) apt-get update -qq >&2 && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qq -y --no-install-recommends chromium >&2; \
	fi
