# Rushlight. `make help` lists what there is.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

export CARGO_TARGET_DIR ?= $(CURDIR)/target
export RUSHLIGHT_MODELS_DIR ?= $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/rushlight/models
export RUSHLIGHT_DATA ?= $(abspath $(CURDIR)/../shared/data)
export RUSHLIGHT_BIN := $(CARGO_TARGET_DIR)/release/rushlight

.PHONY: help demo test soak fuzz bench screenshots build web models setup setup-test lint clean-demo

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: build models ## Set up, build, index the examples, answer two questions, serve the page
	@scripts/demo.sh

test: setup-test ## Check everything: format, lints, tests on fakes and on the real models, the page in a browser
	@python3 scripts/test.py

soak: setup-test models ## Random histories of a folder (10,000 operations) and 200 kills during an import; ARGS="SEED" repeats a history
	@scripts/step.sh "10,000 operations on a folder" env RUSHLIGHT_SOAK_OPERATIONS=10000 $(if $(ARGS),RUSHLIGHT_SOAK_SEED=$(ARGS)) \
		cargo test --release --workspace --test it soak::after_any_history -- --nocapture
	@scripts/step.sh "200 kills during an import" env RUSHLIGHT_SOAK_KILLS=200 \
		cargo test --release --workspace --test full crash:: -- --nocapture

fuzz: setup-test ## Broken files for every reader, and broken models: 20,000 changes of each seed; ARGS="N" tries N
	@RUSHLIGHT_FUZZ_RUNS=$(or $(ARGS),20000) cargo test --release --workspace --test fuzz -- --nocapture

bench: build models ## Measure speed, memory and quality; write docs/benchmarks.md
	@scripts/step.sh "build the tools that measure" cargo build --release --workspace --example scale --example model_speed
	@python3 tests/bench/run.py $(ARGS)

screenshots: build models setup-test ## Make the pictures of the README anew, of the examples and with the real models
	@scripts/npm-install.sh tests/web
	@npm --prefix tests/web run screenshots

build: setup web ## Build the program with everything in it
	@scripts/step.sh "build (the first time takes half an hour or more)" cargo build --release --bin rushlight

web: setup ## Build the page
	@scripts/step.sh "build the page" scripts/web.sh

models: build ## Fetch and verify the default models (1.3 GB, once)
	@$(RUSHLIGHT_BIN) models install

setup: ## Check the tools, and install what is missing where that is allowed
	@scripts/setup.sh

setup-test: ## The same, with what the tests need beside it
	@scripts/setup.sh --test

lint: ## Format check and clippy, without the heavy adapters
	@cargo fmt --check
	@scripts/clippy.sh

clean-demo: ## Delete the demonstration's index
	@rm -rf .demo
