# Needs Python 3.11 or later, make, and a route to PyPI. `make demo` and `make test` are each complete by themselves.
PYTHON ?= python3
BIN := .venv/bin
DEMO := _build/demo
export PATH := $(CURDIR)/$(BIN):$(PATH)
# The products are small: more than one thread for each would only wait for the others.
export OPENBLAS_NUM_THREADS := 1

BOOK_SOURCES := _config.yml _toc.yml $(shell find book exercises rnnlab -type f -not -name '*.pyc')
RELEASE_SOURCES := $(shell find solutions rnnlab/checks rnnlab/assignments rnnlab/grading -name '*.py')

.PHONY: help setup exercises book words weigh demo test lint types validate lock clean

help:
	@echo "make demo    build the book, derive the notebooks, grade a demo class, and show where everything is"
	@echo "make test    run the whole test suite"
	@echo "make words   count the words and the pictures of each chapter;  make weigh: what a browser loads for each page"
	@echo "make book | exercises | lint | types | validate | clean"

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

# Words and pictures of each chapter, and what a browser loads for each page.
words: book
	PYTHONPATH=book/_ext $(BIN)/python -m rnnbook.words

weigh: book
	PYTHONPATH=book/_ext $(BIN)/python -m rnnbook.weigh

test: setup
	@$(MAKE) --no-print-directory book
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

validate: setup
	$(BIN)/rnnlab assign validate

lock: # needs uv
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
		--extra course --extra data --extra scale --extra dev pyproject.toml --output-file requirements.lock

clean:
	rm -rf _build .venv
