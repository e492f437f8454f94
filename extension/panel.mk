# The panel's part of the Makefile; needs node >= 20.19 and npm. PYTHON is the interpreter that has the test libraries.
PYTHON ?= python3

.PHONY: panel panel-check e2e

extension/node_modules/.package-lock.json: extension/package-lock.json
	cd extension && npm ci --ignore-scripts

panel: extension/node_modules/.package-lock.json  ## build the JupyterLab panel into mlsec_nb/labextension
	cd extension && npm run --silent build:prod

panel-check: extension/node_modules/.package-lock.json  ## lint, types and unit tests of the panel
	cd extension && npm run --silent check

e2e: panel  ## JupyterLab in a real browser; needs Debian's chromium (or CHROMIUM=/path)
	$(PYTHON) -m pytest -m e2e tests/e2e
