# Everything that a contributor does, each one command. The environment is .venv (Python 3.11 and Blender 4.5 as bpy).
PYTHON ?= python3.11
PYTHON_5_2 ?= python3.13
# A CPU-only torch is smaller: make TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

SHELL := /bin/bash
BIN := .venv/bin
INDEX := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: environment demo test test-engine test-blender test-4.2 test-5.0 test-5.2 test-desktop versions audit licences fuzz endurance check format extension clean

environment: .venv/.ready
.venv/.ready: requirements/engine.txt requirements/develop.txt pyproject.toml
	scripts/system_packages.sh
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Patina is developed on Python 3.11: make PYTHON=path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(INDEX) -r requirements/engine.txt -r requirements/develop.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Blenders besides 4.5, and the Python that each needs; their engine is the one in .venv.
PYTHON_OF_4.2 := $(PYTHON)
PYTHON_OF_5.0 := $(PYTHON)
PYTHON_OF_5.2 := $(PYTHON_5_2)
.venv-%/.ready: requirements/blender-%.txt
	$(PYTHON_OF_$*) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

demo: environment
	$(BIN)/python -m demo.rust out/demo

# Tests wait on processes and on one core for much of their time; a worker of tests/blender takes up to 3 GB.
WORKERS ?= 2
PYTEST := -m pytest -n $(WORKERS) --dist loadfile

test: test-engine test-blender

test-engine: environment
	$(BIN)/python $(PYTEST) tests/engine

test-blender: environment
	$(BIN)/python $(PYTEST) tests/blender

# The same tests of the extension in another Blender.
test-4.2 test-5.0 test-5.2: test-%: environment .venv-%/.ready
	PATINA_PYTHON=$(abspath $(BIN)/python) .venv-$*/bin/python $(PYTEST) tests/blender

# The real window: needs a screen, Blender, xdotool and ImageMagick, and skips where they are not; such as
# xvfb-run -s '-screen 0 1600x1000x24' make test-desktop
test-desktop: environment
	$(BIN)/python -m pytest -rs tests/desktop

# One zip in all of them, and a table of how each fared.
versions: environment .venv-4.2/.ready .venv-5.0/.ready .venv-5.2/.ready
	$(BIN)/python -m scripts.versions

# The long run of hostile files, about an hour on one core; `make test` has a short one.
fuzz: environment
	$(BIN)/python -m tests.fuzz

# Known holes (asks osv.dev, or else the package index) and licences of all that the engine's environment gets, in turn too.
AUDITED := requirements/engine.txt requirements/engine-constraints.txt requirements/installer.txt
.venv-audit/.ready: requirements/audit.txt
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@
audit: licences
	$(BIN)/python -m scripts.audit .venv-audit/bin/pip-audit $(AUDITED)
licences: environment .venv-audit/.ready
	.venv-audit/bin/pip-licenses --python $(BIN)/python --with-urls --packages $$(grep -ohE '^[A-Za-z0-9_-]+' $(AUDITED)) --partial-match \
	  --allow-only "Apache;BSD;MIT;PSF-2.0"

# What breaks things, many times over: hours. RUN is one of kills, jumps, writers and large; `make test` has short forms.
RUN ?= kills
endurance: environment
	$(BIN)/python -m tests.endurance $(RUN)

check: environment
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: environment
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

extension: environment
	$(BIN)/python scripts/build_extension.py out/patina.zip

clean:
	rm -rf out build patina.egg-info
