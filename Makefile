# Two commands: make demo (see it work) and make test (see that it does). Both make .venv themselves.
PYTHON ?= python3
BUNDLE ?= bundles/micro-c99
BIN := .venv/bin
BARE := .venv-bare
AARCH64 := .aarch64
SOURCES := $(shell find src -name '*.py' -o -path '*/zoo/*' -type f)

.PHONY: help demo test lint types tables report notebooks console reference bare lowest zoo zoo-open zoo-open6 zoo-six site firmware test-aarch64 fuzz hashes audit licences release kills clean

help:  ## what can be made
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 15

demo: .venv/.installed  ## a whole study on made speech: train, measure, export, report; minutes
	$(BIN)/lightspeech run recipes/demo.yaml --fresh

test: lint types tables reference $(BARE)/.installed  ## everything that must hold before a change goes in
	LIGHTSPEECH_BARE=$(CURDIR)/$(BARE) $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -rs --durations 25

lint: .venv/.installed  ## style of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.installed  ## static types
	$(BIN)/mypy

fuzz: .venv/.installed  ## 50,000 spoilt files through every door, to results/reliability; an hour, goes on
	$(BIN)/python tests/fuzz --inputs 50000 --output results/reliability/fuzz.json

kills: .venv/.installed  ## 50 kills of each command, to results/reliability; an hour
	$(BIN)/python benchmarks/kills.py --output results/reliability/kills.json

tables: .venv/.installed  ## are the tables and pictures of the documents those of results/?
	$(BIN)/lightspeech tables --check

report: .venv/.installed  ## the technical report of all results, as report/lightspeech.pdf
	$(BIN)/python docs/report/build.py report/lightspeech.pdf

notebooks: .venv/.installed  ## run the notebooks on RAVDESS in LIGHTSPEECH_DATA and keep what they show; minutes
	$(BIN)/python notebooks/execute.py

console: .venv/.installed  ## write what the README shows of a console, from a real run; minutes
	$(BIN)/python docs/console.py

reference: .venv/.installed  ## the API of the library from its docstrings, as pages in build/reference
	rm -rf build/reference
	$(BIN)/python -W error docs/reference.py build/reference
	test -f build/reference/lightspeech/inference/recognizer.html

bare: .venv/.installed $(BARE)/.installed  ## does the core install run without torch?
	LIGHTSPEECH_BARE=$(CURDIR)/$(BARE) $(BIN)/pytest tests/test_bare.py

lowest: .venv/.installed  ## do networks answer the same on the oldest onnxruntime that is allowed? network
	$(BIN)/pip install -q --no-deps --upgrade --target build/lowest \
	  onnxruntime==$$(sed -n 's/.*"onnxruntime>=\([0-9.]*\)".*/\1/p' pyproject.toml)
	PYTHONPATH=build/lowest $(BIN)/pytest tests/runtime tests/golden tests/inference/test_onnx.py \
	  tests/inference/test_bad_onnx.py

zoo: .venv/.installed  ## bundles of runs/zoo_* into the package, with their cards
	supply/zoo.sh --export open open6 six

zoo-open zoo-open6 zoo-six: zoo-%: .venv/.installed
	supply/zoo.sh $*

site: .venv/.installed  ## the page for any web host, in build/site: models inside, nothing leaves the browser
	rm -rf build/site
	$(BIN)/python site/build.py build/site

firmware: .venv/.installed  ## cost of the C in BUNDLE on an emulated Cortex-M4F, to results/devices
	$(BIN)/lightspeech boards $(BUNDLE) --publish results

test-aarch64: .venv/.installed $(AARCH64)/.installed  ## do bundles answer on an emulated Raspberry Pi? network, minutes
	LIGHTSPEECH_AARCH64=$(CURDIR)/$(AARCH64) $(BIN)/pytest tests/aarch64 -rs

hashes: .venv/.installed  ## constraints-hashed.txt of constraints.txt; network
	$(BIN)/python supply/hashes.py

audit: .venv/.installed  ## known weaknesses of what is pinned, by the database in ADVISORIES
	$(BIN)/python supply/audit.py $(ADVISORIES)

licences: .venv/.installed  ## licences of all dependencies
	@$(BIN)/python supply/licences.py

release: .venv/.installed  ## wheel, bill of materials and checksums in dist/; the same again, byte by byte
	rm -rf dist build/lib && mkdir dist
	umask 022; SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/pip wheel -q --no-deps -w dist .
	$(BIN)/python supply/sbom.py > dist/sbom.json
	cd dist && sha256sum *.whl sbom.json > SHA256SUMS

clean:  ## remove what make made; runs, bundles and results stay
	rm -rf .venv $(BARE) $(AARCH64) build dist .pytest_cache .mypy_cache .ruff_cache

# torch first: a plain resolution would choose a newer one.
.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt torch
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	touch $@

# build/lib goes first: setuptools would pack modules that are no longer there.
$(BARE)/.installed: pyproject.toml constraints.txt $(SOURCES) | .venv/.installed
	rm -rf build/lib
	$(PYTHON) -m venv $(BARE)
	$(BARE)/bin/pip install -q -c constraints.txt .
	touch $@

$(AARCH64)/.installed: tests/aarch64/prepare.sh pyproject.toml constraints.txt | .venv/.installed
	PYTHON=$(CURDIR)/$(BIN)/python tests/aarch64/prepare.sh $(AARCH64)
	touch $@
