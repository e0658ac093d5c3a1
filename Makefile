# Pretext. `make` alone lists what can be typed.

VENV ?= .venv
PORT ?= 8501
PYTHON ?=
TORCH_INDEX ?=
ARGS =

# Recipes read these from the environment, so that a folder with a space in its name needs no care.
export VENV PORT PYTHON TORCH_INDEX

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run install test faults lint audit format shots load clean

help: ## list what can be typed (this text)
	@echo "Pretext: a visual explorer for BERT's two pre-training heads."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "Add to any of them, as in: make run PORT=8600"
	@echo "  PORT=8501        where the dashboard listens, on 127.0.0.1 only"
	@echo "  PYTHON=...       the Python to use (3.11 or newer); otherwise the newest found"
	@echo "  VENV=.venv       the folder to install into"
	@echo "  TORCH_INDEX=URL  take torch from this package index, such as the one of torch's CPU builds. It is"
	@echo "                   remembered in .venv; another URL replaces torch, and 'make clean' forgets it"
	@echo "  ARGS=\"...\"       more arguments for streamlit (run), pytest (test), the screenshots (shots) or the load"

# Nothing is watched for changes: with .venv inside the folder that cost 5 s of CPU and 5,000 watches at the first page.
# Whoever edits the code asks for it: make run ARGS="--server.fileWatcherType auto"
run: install ## install what is needed, then open the dashboard
	@"$$VENV/bin/python" scripts/free_port.py "$$PORT"
	@echo "Pretext opens at http://127.0.0.1:$$PORT (Ctrl-C stops it)."
	@exec "$$VENV/bin/python" -m streamlit run serve.py --server.address 127.0.0.1 --server.port "$$PORT" \
		--server.showEmailPrompt false --browser.gatherUsageStats false --logger.hideWelcomeMessage true \
		--server.fileWatcherType none $(ARGS)

install: ## install what the dashboard needs, and run nothing
	@sh scripts/install.sh requirements.txt

# One thread for each of the processes that share the cores: two of short texts would wait for each other.
test: ## install what the tests need, then run all of them (those of a hub model: ARGS="-m hub")
	@sh scripts/install.sh requirements-dev.txt
	@"$$VENV/bin/python" -m tests.e2e.browser
	@OMP_NUM_THREADS=1 "$$VENV/bin/python" -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

faults: ## try a bad day: full disks, a hub that goes away, what is killed; says what each gives
	@sh scripts/install.sh requirements-dev.txt
	@"$$VENV/bin/python" -m tests.faults

lint: ## check style, formatting, types and imports
	@sh scripts/install.sh requirements-dev.txt
	"$$VENV/bin/python" -m ruff check .
	"$$VENV/bin/python" -m ruff format --check .
	"$$VENV/bin/python" -m ty check --python "$$VENV"
	"$$VENV/bin/lint-imports" --no-cache --no-logo

audit: ## ask for known vulnerabilities of what is installed (or say that nobody could be asked)
	@sh scripts/install.sh requirements.txt
	@"$$VENV/bin/python" scripts/audit.py

format: ## format the code and mend what can be mended
	@sh scripts/install.sh requirements-dev.txt
	"$$VENV/bin/python" -m ruff check --fix-only .
	"$$VENV/bin/python" -m ruff format .

shots: ## take the screenshots again
	@sh scripts/install.sh requirements-dev.txt
	@"$$VENV/bin/python" -m tests.e2e.browser
	@"$$VENV/bin/python" -m tests.e2e.shots $(ARGS)

load: ## measure how long 1, 10 and 30 visitors wait (a quarter of an hour, on an idle machine)
	@sh scripts/install.sh requirements.txt
	@"$$VENV/bin/python" -m benchmarks.load $(ARGS)

clean: ## remove what was installed and what was cached
	@if [ -f "$$VENV/pyvenv.cfg" ] || [ -f "$$VENV/.pretext-busy" ]; then rm -rf "$$VENV/lib" "$$VENV"; fi
	@rm -rf .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
