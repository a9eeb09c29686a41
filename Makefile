# make help lists the targets. Everything runs from .venv, which `make install` makes from the lock files.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
COMPILE = .venv/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-header --no-annotate --no-emit-index-url

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/installed: pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Setpoint needs Python 3.11 or newer; name one: make PYTHON=python3.12 install")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: install
install: .venv/installed ## make the environment in .venv

.PHONY: install-tools
install-tools: ## install the programs that only tests need (Debian, as root), or say what is missing
	@scripts/install-tools.sh

.PHONY: demo
demo: install ## the whole loop on a service that leaks (HEALTHY=1: on its repaired twin)
	@manifests/demo/demo.sh

# Most tests wait for processes and loads, not for a processor: four at a time also on two cores.
.PHONY: test
test: install install-tools ## all tests that need no cluster
	$(BIN)/pytest -n 4 --dist loadfile -m "not gitea" --ignore=tests/apiserver --ignore=tests/cluster

.PHONY: test-hostile
test-hostile: install ## what a hostile agent tries: each case, the layer that has to stop it, and what came of it
	@PYTHONPATH=tests $(BIN)/python -m local.hostile.table

.PHONY: test-crash
test-crash: install install-tools ## die and be disturbed at each moment of a repair: each plan and how it ended (ONLY="write-*" PART=1/4)
	@PYTHONPATH=tests $(BIN)/python -m apiserver.crash.table $(if $(ONLY),--only '$(ONLY)') $(if $(PART),--part $(PART))

.PHONY: test-bad-constraints
test-bad-constraints: install ## 2,000 bad constraints of each of three kinds, read by the operator: what became of them
	@SETPOINT_EXAMPLES=2000 $(BIN)/pytest -q -s --timeout=1800 tests/unit/kube/test_bad_constraints.py

.PHONY: check
check: install ## format, lint, types, layers
	$(BIN)/ruff format --check operator tests manifests
	$(BIN)/ruff check operator tests manifests
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/setpoint crd | cmp --silent - $(CRD) || { echo "$(CRD) is not what the models say; run: make crds"; exit 1; }
	@$(BIN)/python scripts/manifests.py check

CRD := crds/performanceconstraints.setpoint.dev.yaml
.PHONY: crds
crds: install ## write the CRD again from operator/setpoint/api, also into the chart and manifests/install
	$(BIN)/setpoint crd > $(CRD)
	$(BIN)/python scripts/manifests.py write

# One Kubernetes node of its own on this machine, from Go modules; see tests/testbed/README.md.
.PHONY: cluster-up cluster-down cluster-status
cluster-up: install ## a real one-node Kubernetes on this machine (Debian, as root)
	@PYTHONPATH=tests $(BIN)/python -m testbed up
cluster-down: install ## end it; nothing of it is left
	@PYTHONPATH=tests $(BIN)/python -m testbed down
cluster-status: install ## what runs, and where its kubeconfig is
	@PYTHONPATH=tests $(BIN)/python -m testbed status

.PHONY: images
images: install ## build the images (a cluster that runs here gets them)
	@PYTHONPATH=tests $(BIN)/python -m testbed images

.PHONY: cluster-demo
cluster-demo: install ## the demo in a cluster: a leak found, its twin cleared (REPAIR=1: repaired in a pull request, proven, merged)
	@PYTHONPATH=tests $(BIN)/python -m testbed.demo$(if $(REPAIR),_repair)

# Long builds come before the suites that need them: inside of a test they would run into its time limit.
.PHONY: helm gitea manifests
helm: install ## build helm into the cache
	@PYTHONPATH=tests $(BIN)/python -m testbed.helm
gitea: install install-tools ## build Gitea into the cache
	@PYTHONPATH=tests $(BIN)/python -m testbed.gitea_server
manifests: install ## write manifests/install and the chart's CRD again
	$(BIN)/python scripts/manifests.py write

.PHONY: test-forge
test-forge: gitea ## the tests that need a real Gitea, built from its Go module (minutes, once)
	$(BIN)/pytest -n 2 -m gitea tests/contract/forge

# The first suite needs an API server alone, the second one the node.
.PHONY: test-cluster
test-cluster: install cluster-up images helm test-forge ## the tests that need a real Kubernetes
	$(BIN)/pytest -n 4 --dist loadfile tests/apiserver
	$(BIN)/pytest tests/cluster

.PHONY: bench-judge bench-live bench-load bench-operator bench-repair bench-sense
bench-operator: install ## what idle constraints cost the operator (COUNT=1000 MINUTES=5)
	PYTHONPATH=tests $(BIN)/python tests/bench/operator/idle.py
.venv/otava/installed:
	$(PYTHON) -m venv .venv/otava
	.venv/otava/bin/pip install --quiet --disable-pip-version-check apache-otava==0.8.0
	@touch $@
bench-judge: install .venv/otava/installed ## how often the judge is right, on labelled series
	$(BIN)/python tests/bench/judge/bench.py
bench-live: install ## how the judge does on recorded real processes
	$(BIN)/python tests/bench/live/bench.py
bench-repair: install ## the loop on every seeded fault (about an hour)
	$(BIN)/python tests/bench/repair/bench.py
bench-load: install ## how fast k6's output is folded
	$(BIN)/python tests/bench/load/fold.py
bench-sense: install ## how fast a page of 100,000 series is read
	$(BIN)/python tests/bench/sense/page.py

# The build backend is locked too (alone as well, for the images), so that installing the package itself needs nothing unpinned.
.PHONY: lock
lock: ## write the lock files again from pyproject.toml
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install --quiet --disable-pip-version-check uv
	$(COMPILE) pyproject.toml --output-file requirements.lock
	printf '%s\n' 'hatchling>=1.27' editables | $(COMPILE) pyproject.toml --group dev --group corpus --constraint requirements.lock --output-file requirements-dev.lock -
	echo 'hatchling>=1.27' | $(COMPILE) --constraint requirements-dev.lock --output-file requirements-build.lock -

.PHONY: clean
clean: ## remove the environment, the demo and all caches
	rm -rf .venv .demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
	find operator tests manifests -name __pycache__ -prune -exec rm -rf {} +
