# One command each. `make run` is the whole set-up and ends in the main job; `make test` runs every check.

SHELL := /bin/bash
BOGAM := target/release/bogam
DATA := $(or $(BOGAM_DATA),../shared/data)
# The demo tables, copied with new identifiers: 1000 times is the size of MIMIC-IV and takes 17 GB.
MIMIC_TIMES ?= 100
TABLES := $(or $(TMPDIR),/tmp)/bogam-bench-tables
MODEL := models/SmolLM2-135M-Instruct.Q4_1.gguf
UI := $(shell find ui/src ui/index.html ui/vite.config.ts ui/package-lock.json -type f)

.PHONY: run test setup setup-test build bench eval app screenshots

# The main job, then the window where there is a display.
run: build
	@scripts/run-examples $(BOGAM) $(MODEL)
	@scripts/run-window

# The whole workspace is named, so that tests find what they need built in the same way.
build: setup ui/dist/index.html
	cargo build --release --locked --workspace --bins

setup:
	@scripts/setup

setup-test:
	@scripts/setup test

test: setup-test ui/dist/index.html
	@scripts/check

# What the window shows, as the shell takes it in.
ui/dist/index.html: $(UI) | setup
	npm --prefix ui run --silent build
	touch $@

# Packages to install: .deb and AppImage under target/release/bundle.
app: build
	@scripts/app

# Every screen in the real window, in Korean and English, and axe over all of them in all languages and themes.
screenshots: setup-test build
	@scripts/screenshots

# What is measured rather than tested; results under target/bench.
bench: setup-test build
	cargo bench --locked -p bogam-app --bench checks
	@scripts/bench-speed
	cargo bench --locked -p bogam-vault
	BOGAM_KILLS=200 cargo test --release --locked -p bogam-vault --test it kill:: -- --nocapture
	@scripts/bench-csv || [ $$? = 3 ]
	@scripts/bench-learn
	@scripts/bench-train || [ $$? = 3 ]
	@scripts/bench-window
	@if [ -d "$(DATA)/mimic-iv-demo/hosp" ]; then \
	  scripts/replicate_mimic.py --hosp "$(DATA)/mimic-iv-demo/hosp" --out "$(TABLES)" --times $(MIMIC_TIMES) && \
	  scripts/bench-mimic "$(TABLES)"; \
	else echo "SKIPPED: no tables in $(DATA) (BOGAM_DATA names the folder)"; fi
	@scripts/bench-table

# How good the lists are, on past admissions; results under target/eval.
eval: build
	@scripts/eval $(BOGAM) $(MODEL)
