# One command each. `make run` is the whole set-up and ends in the main job; `make test` runs every check.

SHELL := /bin/bash
BOGAM := target/release/bogam
DATA := $(or $(BOGAM_DATA),../shared/data)
# The demo tables, copied with new identifiers: 1000 times is the size of MIMIC-IV and takes 17 GB.
MIMIC_TIMES ?= 100
TABLES := $(or $(TMPDIR),/tmp)/bogam-bench-tables
MODEL := models/SmolLM2-135M-Instruct.Q4_1.gguf

.PHONY: run test setup build bench eval

run: build
	@scripts/run-examples $(BOGAM) $(MODEL)

build: setup
	cargo build --release --locked -p bogam-cli

setup:
	@scripts/setup

test: setup
	@scripts/check

# What is measured rather than tested; results under target/bench.
bench: setup build
	cargo bench --locked -p bogam-app
	cargo bench --locked -p bogam-vault
	BOGAM_KILLS=200 cargo test --release --locked -p bogam-vault --test it kill:: -- --nocapture
	@scripts/bench-csv || [ $$? = 3 ]
	@scripts/bench-learn
	@if [ -d "$(DATA)/mimic-iv-demo/hosp" ]; then \
	  scripts/replicate_mimic.py --hosp "$(DATA)/mimic-iv-demo/hosp" --out "$(TABLES)" --times $(MIMIC_TIMES) && \
	  scripts/bench-mimic "$(TABLES)"; \
	else echo "SKIPPED: no tables in $(DATA) (BOGAM_DATA names the folder)"; fi

# How good the lists are, on past admissions; results under target/eval.
eval: build
	@scripts/eval $(BOGAM) $(MODEL)
