# SPDX-License-Identifier: Apache-2.0
# Few verbs; every one sets up what it needs first.
SHELL := /bin/bash
PYTHON := .venv/bin/python
FERRULE := .venv/bin/ferrule
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench interop soak fpga lint regs docs clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready ## Debian packages (as root) and the virtual environment in .venv

.venv/ready: requirements.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh

demo: .venv/ready ## a real web server behind the card, four settings; leaves build/demo/
	@$(FERRULE) demo

test: .venv/ready ## every test; the second run reuses compiled simulators
	@$(PYTHON) -m pytest -n $(JOBS) --dist worksteal

bench: .venv/ready ## throughput in simulated time and speed of simulation
	@$(FERRULE) bench

interop: .venv/ready ## drivers and devices of others and ours in every combination; writes docs/interop.md
	@$(PYTHON) -m testbench.interop

soak: .venv/ready ## search for as long as MINUTES=30 says, from SEED=...: model against RTL, hostile cases
	@$(FERRULE) soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

fpga: .venv/ready ## a bitstream for BOARD=colorlight_i5; leaves build/fpga/
	@$(FERRULE) fpga build --board $(or $(BOARD),colorlight_i5)

lint: .venv/ready ## ruff, mypy, and the RTL language checks
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@$(PYTHON) -m pytest -q tests/test_language.py

regs: .venv/ready ## regenerate everything that comes from the sources of the card's and a board's registers
	@$(PYTHON) -m testbench.lib.export_regs
	@$(PYTHON) -m testbench.lib.export_board_regs

docs: .venv/ready ## draw the RTL's ports, hierarchy and state machines into docs/structure; write ferrule.core
	@$(PYTHON) -m testbench.lib.structure.docs
	@$(PYTHON) -m ferrule.fpga.export.core

clean: ## remove build products (not .venv)
	rm -rf build
