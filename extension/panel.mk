# The panel's part of the Makefile, which includes it; needs node >= 20.19 and npm.

.PHONY: panel panel-check e2e

extension/node_modules/.package-lock.json: extension/package-lock.json
	cd extension && npm ci --ignore-scripts

panel: extension/node_modules/.package-lock.json  ## build the JupyterLab panel into mlsec_nb/labextension
	cd extension && npm run --silent build:prod

panel-check: extension/node_modules/.package-lock.json  ## lint, types and unit tests of the panel
	cd extension && npm run --silent check

e2e: panel $(VENV)/.tests  ## JupyterLab in a real browser; needs Debian's chromium (or CHROMIUM=/path)
	$(BIN)/python -m pytest -m e2e tests/e2e
