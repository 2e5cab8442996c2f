# make run [PROGRAM=x.bf]   sets up, builds, runs a program (an example without PROGRAM)
# make test                 sets up, passes the tests
# make docs                 writes what the commands print into the documentation

PROGRAM ?= examples/mandelbrot.bf
LLVM := $(shell cat llvm-version.txt)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
CARGO := $(shell command -v cargo || echo "$(HOME)/.cargo/bin/cargo")

.PHONY: run test docs build setup setup-tests

run: build
	@$(CARGO) run --quiet --release --locked --bin bfllvm -- run $(PROGRAM)

test: setup setup-tests
	@$(CARGO) test --locked

# The picture is of the page's hottest loop.
docs: build setup-tests
	@BFLLVM_WRITE_DOCS=1 BFLLVM_DOCS_BINARY=target/release/bfllvm $(CARGO) test --quiet --locked --test docs as_it_is
	@target/release/bfllvm explain examples/factorial.bf -o target/explain.html
	@chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1440,810 --virtual-time-budget=5000 \
		--screenshot=docs/explain.png "file://$(CURDIR)/target/explain.html" 2>/dev/null >&2

build: setup
	@$(CARGO) build --quiet --release --locked

# libLLVM is opened by bfllvm itself; lli and opt are for the tests.
setup:
	@$(CARGO) --version >/dev/null 2>&1 || { echo "Rust is missing: install it with rustup" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "a C toolchain is missing: install gcc" >&2; exit 1; }
	@if ! command -v lli-$(LLVM) >/dev/null || ! command -v opt-$(LLVM) >/dev/null; then \
		echo "installing LLVM $(LLVM)" >&2; \
		$(SUDO) apt-get update -qq >&2 && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qq -y llvm-$(LLVM) >&2; \
	fi

# Debug information is tested with gdb, the pages of `explain` with a browser.
setup-tests:
	@if ! command -v gdb >/dev/null; then \
		echo "installing gdb" >&2; \
		$(SUDO) apt-get update -qq >&2 && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qq -y --no-install-recommends gdb >&2; \
	fi
	@if ! command -v chromium >/dev/null; then \
		echo "installing Chromium" >&2; \
		$(SUDO) apt-get update -qq >&2 && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qq -y --no-install-recommends chromium >&2; \
	fi
