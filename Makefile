# The door. `make demo` and `make test` each work on a fresh machine with Python ≥ 3.11, node ≥ 20 and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
export CHROMIUM ?= /usr/bin/chromium
.DEFAULT_GOAL := help

include extension/panel.mk

.PHONY: demo test check lint unit slow bench old-ipython matrix servers generate clean help browser images dvc


help:
	@echo "make demo   install into $(VENV) and audit the shipped notebooks, run the tutorials"
	@echo "make check  lint, types, floors, fast tests (minutes; for daily work)"
	@echo "make test   everything that CI runs"
	@echo "make old-ipython  the kernel's tests with IPython 8"
	@echo "make matrix  the fast tests on every supported Python at hand"
	@echo "make servers  MLflow, Gradio and Schemathesis, really run beside the API checks"
	@echo "make bench  figures beside other tools, printed as ratios"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

# The demo needs the product and what its tutorials use; the tests need their group on top.
$(VENV)/.product: $(BIN)/python pyproject.toml
	MLSEC_FRONTEND=$${MLSEC_FRONTEND:-skip} $(BIN)/python -m pip install --quiet --editable ".[data,attest]"
	touch $@
$(VENV)/.tests: $(VENV)/.product pyproject.toml
	$(BIN)/python -m pip install --quiet --group test
	touch $@

# Pages that load nothing from elsewhere.
OFFLINE = --HTMLExporter.mathjax_url= --HTMLExporter.require_js_url=
demo: $(VENV)/.product
	@$(BIN)/mlsec scan notebooks --output mlsec-report.html; \
	 $(BIN)/mlsec scan notebooks; code=$$?; \
	 echo; echo "The report to read, filter and hand on: $(CURDIR)/mlsec-report.html"; \
	 test $$code -eq 1  # the shipped examples are made to be found
	@$(BIN)/jupyter nbconvert --execute --to html --log-level ERROR $(OFFLINE) --output-dir mlsec-tutorials notebooks/*.ipynb
	@echo "The tutorials as they ran here: $(CURDIR)/mlsec-tutorials/01-quickstart.html and the others"

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.generated --check

unit: $(VENV)/.tests
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not e2e" --cov --cov-report=term

check: lint unit

test: browser panel-check check panel slow e2e

slow: images dvc $(VENV)/.tests
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow and not e2e"

# The browser of the end-to-end tests; Debian's, because nothing is downloaded from elsewhere.
browser:
	@test -x $(CHROMIUM) || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy --no-install-recommends chromium; } \
	  || { echo "the end-to-end tests need Chromium: install Debian's package chromium, or set CHROMIUM=/path/to/chromium" >&2; exit 1; }

# What tells our reading of images right: Debian's debootstrap, skopeo, umoci and rpm.
images:
	@(for name in debootstrap skopeo umoci rpmbuild; do command -v $$name >/dev/null || exit 1; done) \
	  || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy --no-install-recommends debootstrap skopeo umoci rpm; } \
	  || { echo "the slow tests need Debian's packages debootstrap, skopeo, umoci and rpm" >&2; exit 1; }

# What tells our reading of pinned data right: DVC itself, in an environment of its own (109 MB).
export DVC ?= $(CURDIR)/.venv-dvc/bin/dvc
dvc:
	@test -x $(DVC) || { $(PYTHON) -m venv .venv-dvc && .venv-dvc/bin/python -m pip install --quiet "dvc>=3.60,<4"; }

# The kernel's tests with IPython 8 and ipykernel 6, in an environment of its own above the other one.
OLD := .venv-ipython8
old-ipython: $(VENV)/.tests
	$(BIN)/python -m venv $(OLD)
	$(OLD)/bin/python -m pip install --quiet "ipython<9" "ipykernel<7"
	$(BIN)/python -c "import site; print(site.getsitepackages()[0])" > $$(echo $(OLD)/lib/python*/site-packages)/above.pth
	PATH=$(CURDIR)/$(OLD)/bin:$$PATH $(OLD)/bin/python -m pytest tests/jupyter/kernel tests/jupyter/test_guard.py

# Every supported Python that is at hand, each with an environment of its own; PYTHONS=… names others.
PYTHONS ?= $(shell for v in 3.11 3.12 3.13; do { python$$v -c "" 2>/dev/null && command -v python$$v; } || ls -d $$HOME/.pyenv/versions/$$v.*/bin/python$$v 2>/dev/null | tail -1; done)
matrix:
	@for python in $(PYTHONS); do version=$$($$python -c "import sys; print('%d.%d' % sys.version_info[:2])"); \
	  echo "== $$python"; $(MAKE) --no-print-directory unit PYTHON=$$python VENV=.venv-$$version || exit 1; done

# Servers of models as people run them, in an environment of their own (a gigabyte), weak and hardened.
SERVERS := .venv-servers
servers: $(VENV)/.tests
	$(BIN)/python -m venv $(SERVERS)
	$(SERVERS)/bin/python -m pip install --quiet "mlflow[auth]>=3" "gradio>=5" "schemathesis>=4"
	MLSEC_SERVERS=$(CURDIR)/$(SERVERS)/bin $(BIN)/python -m pytest tests/scanners/api/real.py

bench: $(VENV)/.tests
	@for file in tests/benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

# Files that are made from the code; `make lint` fails when they are stale.
generate: $(VENV)/.tests
	$(BIN)/python -m tests.generated

clean:
	rm -rf $(VENV) .build dist mlsec-report.* mlsec-tutorials .coverage .mypy_cache .ruff_cache
