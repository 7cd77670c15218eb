# Everything is one target; `make help` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
PYTHON := $(VENV)/bin/python

# RAW=folder AS_OF=YYYY-MM-DD TARGET=duckdb VARS='{name: value}' CUSTOMER=id VERSION=name: handed on by the shell,
# so that spaces and quotes in them stay what they are
export RAW AS_OF TARGET VARS SMOKE ORDERS ORDERS_PER_CUSTOMER ROUNDS OF CUSTOMER VERSION

# nothing calls home
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

.PHONY: help build test lint style proof bench gates publish rollback audit export erase docs requirements clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /\1|/' \
		| awk -F'|' '{ printf "  make %-14s %s\n", $$1, $$2 }'
	@echo
	@echo "  build knows RAW=folder AS_OF=YYYY-MM-DD TARGET=duckdb VARS='{name: value}'"

build: $(VENV)/runtime profiles.yml ## build, test and publish the demo shop, or your files with RAW=folder
	@$(PYTHON) -m ops.build $${RAW:+--raw="$$RAW"} $${AS_OF:+--as-of="$$AS_OF"} \
		$${TARGET:+--target="$$TARGET"} $${VARS:+--vars="$$VARS"}

test: style $(VENV)/dialects/installed ## style, then every check: builds of many shops against known answers
	@LIFETIME_THREADS=1 $(PYTHON) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: style ## style and types of Python and SQL, names, docs, layers, protected attributes
	@$(PYTHON) -m pytest --quiet tests/python/test_manifest.py
	@$(PYTHON) -m ops.proof

style: $(VENV)/development profiles.yml
	@$(PYTHON) -m ruff check ops tests/python
	@$(PYTHON) -m ruff format --check ops tests/python
	@$(PYTHON) -m mypy
	@LIFETIME_BUILD_PATH=:memory: $(PYTHON) -m sqlfluff lint --processes 2 models tests analyses

proof: $(VENV)/development profiles.yml ## that no protected attribute reaches a decision; knows RAW, AS_OF, TARGET and VARS
	@$(PYTHON) -m ops.proof $${RAW:+--raw="$$RAW"} $${AS_OF:+--as-of="$$AS_OF"} \
		$${TARGET:+--target="$$TARGET"} $${VARS:+--vars="$$VARS"}

bench: $(VENV)/development profiles.yml ## what it costs beside Polars, pandas, lifetimes; knows ORDERS, ORDERS_PER_CUSTOMER, ROUNDS, SMOKE=1, OF=clv, lift, decision, night
	@case "$$OF" in \
		"") $(PYTHON) -m ops.bench --scaling $${ORDERS:+--orders="$$ORDERS"} $${ROUNDS:+--rounds="$$ROUNDS"} \
			$${ORDERS_PER_CUSTOMER:+--orders-per-customer="$$ORDERS_PER_CUSTOMER"} $${SMOKE:+--smoke} ;; \
		clv) for part in speed scores recovery; do $(PYTHON) -m ops.bench_clv $$part || exit; done ;; \
		lift | decision | night) $(PYTHON) -m "ops.bench_$$OF" $${SMOKE:+--smoke} ;; \
		*) echo "OF is clv, lift, decision or night; without it everything is measured together" >&2; exit 2 ;; \
	esac

gates: $(VENV)/runtime ## what is expected of the last delivery and build, as pages: warehouse/gates
	@$(PYTHON) -W ignore -m ops.validate

publish: $(VENV)/runtime ## publish the last build again, if it passed
	@$(PYTHON) -m ops.publish $${TARGET:+--target="$$TARGET"}

rollback: $(VENV)/runtime ## let readers see the version before again, or VERSION=name
	@$(PYTHON) -m ops.rollback $${VERSION:+--version="$$VERSION"} $${TARGET:+--target="$$TARGET"}

audit: $(VENV)/runtime ## the fairness audit as a page for people: warehouse/fairness.html
	@$(PYTHON) -m ops.audit

export: $(VENV)/runtime ## what each tool must add, update, remove, as CSV: warehouse/export
	@$(PYTHON) -m ops.export

erase: $(VENV)/runtime ## forget CUSTOMER=id at once, or whoever the last delivery asks to forget
	@$(PYTHON) -m ops.erase $${CUSTOMER:+--customer="$$CUSTOMER"}

docs: $(VENV)/runtime profiles.yml ## the models and their columns as one page: target/static_index.html
	@$(VENV)/bin/dbt docs generate --static --quiet
	@echo "target/static_index.html"

requirements: $(VENV)/runtime ## pin requirements*.txt again, to the newest releases that fit
	@$(PYTHON) -m pip install --quiet uv
	@for name in requirements-dev requirements requirements-spark requirements-dialects; do \
		$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
			--no-strip-extras --generate-hashes --no-header $$name.in --output-file $$name.txt \
			$$(case $$name in (*-dev|*-dialects) ;; (*) echo "--constraint requirements-dev.txt" ;; esac) || exit 1; \
	done

clean: ## remove what builds and checks left; the published file stays
	@rm -rf target logs warehouse/build.* warehouse/bench_* warehouse/spark/build warehouse/gates .hypothesis .mypy_cache .pytest_cache .ruff_cache

profiles.yml: | profiles.yml.example
	@cp profiles.yml.example $@

# The stamps say which lock file an environment was last installed from.
$(VENV)/runtime: requirements.txt | $(VENV)/bin/python
	@echo "Installing what a build needs (once, about a minute)"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@

$(VENV)/development: requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing what the checks need (once, a few minutes)"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# The adapters of engines that are not at hand do not fit beside the rest: an environment of their own.
$(VENV)/dialects/installed: requirements-dialects.txt | $(VENV)/bin/python
	@echo "Installing what compiles for engines that are not at hand (once, about a minute)"
	@$(PYTHON) -m venv --clear $(VENV)/dialects
	@$(VENV)/dialects/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/bin/python:
	@for candidate in python3.11 python3; do \
		if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making $(VENV) with $$($$candidate --version)"; \
			$$candidate -m venv $(VENV) && exit 0; rm -rf $(VENV); \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed, with its venv module. Debian: apt install python3.11-venv" >&2; \
	exit 1
