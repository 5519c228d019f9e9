# Six words to learn: demo, install, test, check, bench, clean. Each makes the environment it needs.
# A seventh, ui, is done by them where Node.js is: what the page /scan loads to read symbols.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
PATHS  := readers trace api portal simulator tests

.PHONY: demo install test check bench clean requirements format ui
UI     := portal/ui
BUILT  := portal/suyuan/portal/static/shopper/built/detector.js

# demo: the three stories on this machine, running until Ctrl-C; data in var/.
demo: $(VENV)/.server ui
	$(BIN)/suyuan demo

# install: only the environment of the server and its stations, to begin with your own data.
install: $(VENV)/.server ui

# test: every test; as root on Debian or Ubuntu it first installs the system packages the full suite needs.
test: $(VENV)/.dev ui
	bash tests/system-packages
	@$(MAKE) --no-print-directory $(VENV)/.pcsc || echo "WARNING: pyscard could not be built (it needs a C compiler, Python.h and winscard.h: gcc python3-dev libpcsclite-dev); the tests of PC/SC readers will be skipped."
	@$(MAKE) --no-print-directory $(VENV)/.peers || echo "WARNING: the environments of other LLRP programs could not be made; the tests with them will be skipped."
	bash tests/run

# check: format, lint, types, import contracts, containers, docs.
check: $(VENV)/.dev
	$(BIN)/ruff format --check $(PATHS)
	$(BIN)/ruff check $(PATHS)
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/hadolint Dockerfile
	SUYUAN_DATABASE_PASSWORD=check $(BIN)/docker-compose --profile mqtt config --quiet

# bench: ratios measured in one run.
bench: $(VENV)/.dev
	$(BIN)/python -m pytest tests/bench -o python_files='bench_*.py' -q -s

# ui: the detector of symbols, from pinned packages; without Node.js or a network /scan has photos instead.
ui:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(BUILT) || echo "WARNING: the detector of symbols could not be built; the page /scan offers photos instead."; \
	else echo "There is no npm here: the page /scan offers photos instead of the camera, except in browsers that read symbols themselves."; fi

$(BUILT): $(UI)/package-lock.json $(UI)/build.mjs $(UI)/detector.js
	cd $(UI) && npm ci --silent && npm run --silent build
	@touch $@

clean:
	rm -rf $(UI)/node_modules $(dir $(BUILT))
	rm -rf $(VENV) var build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# format: what check would complain about and a tool can mend.
format: $(VENV)/.dev
	$(BIN)/ruff format $(PATHS)
	$(BIN)/ruff check --fix $(PATHS)

# requirements: resolve pyproject.toml anew into the pinned files (maintainers; needs uv).
requirements:
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --quiet \
	  pyproject.toml --extra server --extra postgres --group build -o requirements/server.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --quiet \
	  pyproject.toml --extra server --extra postgres --group build --group dev -c requirements/server.txt -o requirements/dev.txt
	printf 'setuptools\nswig\n' | uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet \
	  - -o requirements/pcsc-build.txt
	sed -n 's/^pcsc = \["\(.*\)"\]/\1/p' pyproject.toml | uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet --no-deps \
	  - -o requirements/pcsc.txt
	for peer in 'sllurp' 'llrpkit' 'pyllrp bitstring<5'; do printf '%s\n' $$peer | uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet \
	  - -o requirements/peer-$${peer%% *}.txt || exit 1; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Suyuan needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 $(MAKECMDGOALS)") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.server: requirements/server.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Suyuan needs into $(VENV) ..."
	$(PIP) install --require-hashes -r requirements/server.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Suyuan and its tests need into $(VENV) ..."
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.server

# pyscard has no wheels for Linux: it is built here, with pinned build tools.
$(VENV)/.pcsc: requirements/pcsc.txt requirements/pcsc-build.txt | $(VENV)/.dev
	$(PIP) install --require-hashes -r requirements/pcsc-build.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install --require-hashes --no-deps --no-build-isolation -r requirements/pcsc.txt
	touch $@

# Other LLRP programs, each in an environment of its own and only ever a process of its own (sllurp is GPL).
PEERS := sllurp llrpkit pyllrp
$(VENV)/.peers: $(PEERS:%=requirements/peer-%.txt) | $(VENV)/.dev
	for peer in $(PEERS); do \
	  $(BIN)/python -m venv --clear --without-pip $(VENV)/peers/$$peer && \
	  $(PIP) --python $(VENV)/peers/$$peer/bin/python install --require-hashes -r requirements/peer-$$peer.txt || exit 1; \
	done
	touch $@
