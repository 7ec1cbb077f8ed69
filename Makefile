# One command each. `make run` is the whole set-up and ends in the main job; `make test` runs every check.

SHELL := /bin/bash
BOGAM := target/release/bogam
MODEL := models/SmolLM2-135M-Instruct.Q4_1.gguf

.PHONY: run test setup build bench

run: build
	@scripts/run-examples $(BOGAM) $(MODEL)

build: setup
	cargo build --release --locked -p bogam-cli

setup:
	@scripts/setup

test: setup
	@scripts/check

# What is measured rather than tested; results under target/bench.
bench: setup
	cargo bench --locked -p bogam-app
