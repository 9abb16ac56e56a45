# One short list of verbs. Every verb sets up what it needs first.
SHELL := /bin/bash
UV := $(shell command -v uv || echo .uv/bin/uv)
RUN := $(UV) run --no-sync
STAMP := .venv/.setup-done
export QT_QPA_PLATFORM ?= $(if $(DISPLAY)$(WAYLAND_DISPLAY),,offscreen)

.PHONY: setup demo test check protos bench package soak

setup: $(STAMP)  ## install what is missing

$(STAMP): uv.lock pyproject.toml $(wildcard */pyproject.toml) packaging/setup/setup.sh packaging/setup/package-lock.json
	@packaging/setup/setup.sh
	@touch $(STAMP)

demo: setup  ## the main job: cloud, exchange, desktop, phone, console (ARGS=--fresh starts anew)
	@$(RUN) python -m demo $(ARGS)

test: setup  ## every test
	@$(RUN) python packaging/setup/run_tests.py

check: setup  ## format, lint, types, imports, protos, tidy
	@$(RUN) python packaging/setup/run_checks.py

protos: setup  ## generate the message classes from protos/
	@$(RUN) python packaging/setup/generate.py

bench: setup  ## measure against rivals, into bench-out/
	@$(RUN) python -m benchmarks $(ARGS)

bench-engine: setup  ## the research engine beside its rivals, into bench-out/engine.json
	@$(RUN) python -m benchmarks.engine.parity
	@$(RUN) python -m benchmarks.engine $(ARGS)

bench-execution: setup  ## from a trade's bytes to an order's bytes, beside rivals, into bench-out/execution.json
	@$(RUN) python -m benchmarks.execution $(ARGS)

package: setup  ## wheels of the four members, into dist/
	@$(UV) build --all-packages --wheel --quiet --out-dir dist && ls dist/*.whl

soak: setup  ## the chaos tests, many more rounds, 10,000 storms, and 10,000 random strategies and markets
	@$(RUN) python -m tests.simulation --seeds 10000
	@$(RUN) python -m tests.shared.compile.fuzz --strategies 250 --markets 40 --seed 1
	@TRADEDECK_KILLS=500 $(RUN) pytest -q -m chaos tests/chaos
