# Two commands set everything up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Where PyTorch's own CPU index can be reached (its address stands on its installation page):
#   make demo TORCH_INDEX=<index>
TORCH_INDEX ?=
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
          -c constraints/ci.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
export OMP_NUM_THREADS ?= 1
unexport PYTHONDONTWRITEBYTECODE  # tests start many processes; each would compile all sources again

.PHONY: demo test slow fuzz lint docs references benchmark clean
demo: $(VENV)/agents.stamp
	$(BIN)/isac train isac/ModeSelect-v0 --agent ddqn --seeds 4

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest -q -n auto --dist worksteal

slow: $(VENV)/test.stamp
	$(BIN)/python -m pytest -q -m slow

# Run folders, scenario files and actions of strangers, for about an hour.
fuzz: $(VENV)/test.stamp
	PYTHONPATH=tests $(BIN)/python -m fuzzing

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/docs.stamp
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -q -W -b html docs docs/_build/html

references: $(VENV)/agents.stamp
	for id in $$($(BIN)/isac list --json | $(BIN)/python -c 'import json, sys; print(*(row["id"] for row in json.load(sys.stdin)))'); \
	do $(BIN)/isac reference $$id --write || exit 1; done

benchmark: $(VENV)/agents.stamp
	$(BIN)/python benchmarks/throughput.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
$(VENV)/%.stamp: pyproject.toml constraints/ci.txt | $(BIN)/python
	$(PIP) -e '.[$*]'
	@touch $@
clean:
	rm -rf $(VENV)
