# Everything starts here: `make run` on a machine with Python 3.11 and make, nothing else.

PORT ?= 8000
UV ?= uv
PYTHON := .venv/bin/python
INSTALL := $(PYTHON) -m pip install -qq --disable-pip-version-check --require-hashes --requirement
FLASK := $(PYTHON) -m flask --app wsgi
RUNTIME := .venv/runtime
DEVELOPMENT := .venv/development
CQL := tests/cql/node_modules/.package-lock.json
LOOPBACK := 127.0.0.1

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench lock clean

help:
	@echo "make run     the service with a made-up clinic, at http://$(LOOPBACK):$(PORT) (PORT=… for another port)"
	@echo "make setup   everything that development needs, into .venv"
	@echo "make test    the whole suite, on SQLite and PostgreSQL and in a browser"
	@echo "make check   style, types, spelling, and which module may import which"
	@echo "make bench   measure it, and print the figures"
	@echo "make lock    lock the dependencies that pyproject.toml asks for, with hashes (needs uv)"
	@echo "make clean   remove .venv and what the tools left; the data in var/ stays"

setup: $(DEVELOPMENT) $(CQL)
	@echo "Ready."

run: export REFERRALS_MODE := demonstration
run: export PUBLIC_URL ?= http://$(LOOPBACK):$(PORT)
run: $(RUNTIME)
	@$(PYTHON) -c "$$PORT_IS_FREE" "$(PORT)"
	@$(FLASK) db upgrade
	@$(FLASK) demonstration fill
	@echo "Open http://$(LOOPBACK):$(PORT) – Ctrl-C ends it; the data stay for the next time."
	@exec $(PYTHON) -c "$$TOGETHER" "$(FLASK) worker" "$(PYTHON) -m gunicorn wsgi:app --bind $(LOOPBACK):$(PORT) \
		--worker-class gthread --workers 2 --threads 4 --no-control-socket --log-level warning"

test: $(DEVELOPMENT) $(CQL)
	@$(PYTHON) -m pytest

check: $(DEVELOPMENT)
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-logo --no-cache
	@$(PYTHON) -m codespell_lib

bench: $(DEVELOPMENT)
	@$(PYTHON) -m tests.bench

lock:
	@command -v $(UV) > /dev/null || { echo "make lock needs uv: pip install uv, or UV=/where/it/is/uv" >&2; exit 1; }
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf .venv tests/cql/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON):
	@for python in python3.11 python3 python3.12 python3.13 python3.14; do \
		if $$python -c "import sys; sys.exit(sys.version_info < (3, 11))" 2> /dev/null; then \
			$$python -m venv .venv && exit 0; \
			echo "$$python could not make .venv: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed, and no python3 here is that. See python.org, or: apt-get install python3" >&2; \
	exit 1

$(RUNTIME): requirements.lock | $(PYTHON)
	@echo "Installing what the service needs into .venv (half a minute) …"
	@$(INSTALL) requirements.lock
	@touch $@

$(DEVELOPMENT): requirements-dev.lock | $(PYTHON)
	@echo "Installing what development needs into .venv (a minute) …"
	@$(INSTALL) requirements-dev.lock
	@touch $(RUNTIME) $@

# What reads the exported CQL. Where it cannot be had, the tests that need it say so and how to get it.
$(CQL): tests/cql/package.json tests/cql/package-lock.json
	@if ! command -v npm > /dev/null; then \
		echo "No npm here: what reads CQL is left out."; \
	else \
		echo "Installing what reads CQL into tests/cql/node_modules …"; \
		(cd tests/cql && npm ci --loglevel=error) && touch $@ || echo "npm could not: what reads CQL is left out." >&2; \
	fi

COMPILE := $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	--no-config --no-emit-index-url --no-emit-find-links --quiet

define PORT_IS_FREE
import socket, sys
try:
    port = int(sys.argv[1])
    if port == 0:
        raise ValueError("any port")
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("$(LOOPBACK)", port))
except (ValueError, OverflowError):
    sys.exit(f"PORT is {sys.argv[1]!r}; it has to be a number from 1 to 65535, as in: make run PORT=8001")
except OSError as fault:
    sys.exit(f"Port {port} is not to be had ({fault.strerror}). Choose another: make run PORT={port + 1}")
endef
export PORT_IS_FREE

define TOGETHER
import shlex, signal, subprocess, sys, threading
worker_command, server_command = map(shlex.split, sys.argv[1:])
running = []
def end(*_):
    for each in running:
        if each.poll() is None:
            each.terminate()
def watch():
    if worker.wait() and server.poll() is None:
        print("The worker has ended: mails wait until it is started again:", *worker_command, file=sys.stderr)
for asking in (signal.SIGTERM, signal.SIGINT):
    signal.signal(asking, end)
running += [server := subprocess.Popen(server_command), worker := subprocess.Popen(worker_command)]
threading.Thread(target=watch, daemon=True).start()
status = server.wait()
end()
worker.wait()
sys.exit(max(status, 0))
endef
export TOGETHER
