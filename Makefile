# `make up` and `make test` are all that a fresh machine with Python 3.11 or newer needs; PYTHON=... names one.
PORT ?= 8000
DEMO ?= 1
BIN := .venv/bin
# Containers often set it. Without compiled files, each of the many programs started here compiles Django first.
unexport PYTHONDONTWRITEBYTECODE
# Small portions, so that no process is left alone with many slow tests at the end.
PYTEST_FLAGS ?= -n 3 --maxschedchunk 10 $(if $(CI),--require-browser)

.PHONY: up test lint bench chromium wrk requirements vendor messages

up: .venv/.installed
	$(BIN)/python manage.py up --port $(PORT) $(if $(filter 0,$(DEMO)),--no-demo)

test: .venv/.installed chromium
	$(BIN)/pytest $(PYTEST_FLAGS)

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy community journeys advocacy
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

# Choose the data: make bench DUMP=<folder of an unpacked Stack Exchange dump>, FILL=1, or both; or make bench ENGINE=1.
bench: .venv/.installed wrk
	$(if $(DUMP)$(filter 1,$(FILL) $(ENGINE)),,$(error Name a folder with an unpacked Stack Exchange data dump, or have one filled: make bench DUMP=folder FILL=1, or ENGINE=1))
	$(BIN)/python -m $(if $(filter 1,$(ENGINE)),bench.engine,bench $(DUMP) $(if $(filter 1,$(FILL)),--fill)) $(BENCH_FLAGS)

wrk:
	@command -v wrk >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq && apt-get install -y -qq wrk >/dev/null; } \
	  || { echo "wrk is not installed (Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk)."; exit 1; }

# Made anew only when the list of packages changes; installed with hashes, by uv for its speed.
.venv/.installed: requirements-dev.txt $(BIN)/python
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt > .venv/uv.txt
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --require-hashes -r .venv/uv.txt
	$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --require-hashes -r requirements-dev.txt \
	  || $(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	touch $@

# Made when there is none, or when the Python that it was made with is gone.
$(BIN)/python:
	@python=$$(.ci/python $(if $(PYTHON),"$(PYTHON)")) && echo "Making .venv with $$python" && "$$python" -m venv --clear .venv

# The browser of the browser tests: the system's, else apt's for root, else Playwright's own.
chromium: .venv/.installed
	@.ci/chromium

# Pin what pyproject.toml asks for.
requirements: .venv/.installed
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml --group dev --output-file requirements-dev.txt

# Fetch the browser libraries and draw the icons anew; versions and names are in tools/.
vendor: .venv/.installed
	$(BIN)/python tools/vendor.py

# Collect the sentences for translators.
messages: .venv/.installed
	$(BIN)/python -m tools.messages var/caravan.pot
