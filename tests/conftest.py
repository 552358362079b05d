"""Fixtures over every registered environment and scenario; a new one is covered by its entry."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import pettingzoo
import pytest
from hypothesis import settings

# The same examples in every run; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)  # compiling takes time
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

HERE = Path(__file__).resolve().parent

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # no windows pop up

sys.path.insert(0, str(HERE))  # the helpers, here and in processes that tests start
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(HERE), os.environ.get("PYTHONPATH", "")))
)

import harness  # noqa: E402 - it stands beside this file

from isac_envs import catalog  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _key_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the key of the user who runs the tests out of them."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("settings"))


def pytest_addoption(parser: Any) -> None:
    parser.addoption(
        "--write-golden", action="store_true", help="write tests/golden.json from present results"
    )


@pytest.fixture
def registries() -> Iterator[None]:
    """Let a test register environments; afterwards nobody knows them."""
    tables = (catalog.ENVIRONMENTS, gymnasium.registry, pettingzoo.parallel_registry)
    before = [dict(table) for table in tables]
    yield
    for table, kept in zip(tables, before, strict=True):
        table.clear()
        table.update(kept)


@pytest.fixture(params=harness.IDS)
def env_id(request: Any) -> str:
    """Every registered id."""
    return request.param


@pytest.fixture(params=harness.ALONE)
def alone_id(request: Any) -> str:
    """Every registered id with one agent."""
    return request.param


@pytest.fixture(params=harness.TEAMS)
def team_id(request: Any) -> str:
    """Every registered id with several agents."""
    return request.param


@pytest.fixture(params=harness.CASES)
def case(request: Any) -> str:
    """Every environment with one agent, the toys included."""
    return request.param


@pytest.fixture(params=harness.SCENARIOS, ids="/".join)
def scenario(request: Any) -> tuple[str, str]:
    """Every registered id with each of its scenarios."""
    return request.param
