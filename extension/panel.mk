# The panel's part of the Makefile; needs node >= 20.19 and npm.
NODE_MODULES := extension/node_modules/.package-lock.json

.PHONY: panel panel-check e2e

$(NODE_MODULES): extension/package-lock.json
	cd extension && npm ci --ignore-scripts
	touch $@

panel: $(NODE_MODULES)  # build the JupyterLab panel into mlsec_nb/labextension
	cd extension && npm run --silent build:prod

panel-check: $(NODE_MODULES)  # lint, types and unit tests of the panel
	cd extension && npm run --silent check

e2e: panel $(VENV)/.tests  # JupyterLab in a real browser
	$(BIN)/python -m pytest -m "e2e and not slow" tests/e2e
