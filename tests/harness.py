"""What the engine's tests share: models by name, random actions, comparison and digests.

``python harness.py [CASE ...]`` prints the digests of cases as JSON, for processes with other
settings.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gymnasium
import numpy as np
from toy.model import Corridor, Rovers
from toy.params import CorridorParams, RoverParams

from isac_envs import scenarios
from isac_envs.catalog import OWN
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.declaration.model import Model
from isac_envs.engine.jit import INTERPRETED

TOYS = {"rovers": (Rovers, RoverParams), "corridor": (Corridor, CorridorParams)}
DIGEST_STEPS, FEW_STEPS = 40, 12  # interpreted, a step may take a third of a second


def bind(name: str, scenario: str | None = None, **overrides: Any) -> Model:
    """Return a model of a registered id or of a toy."""
    if name not in TOYS:
        return scenarios.build(name, scenario, overrides)
    model, params = TOYS[name]
    return model(params(**overrides))


IDS = sorted(OWN)
TEAMS = [name for name in IDS if OWN[name].agents == "several"]
ALONE = [name for name in IDS if name not in TEAMS]
CASES = [*ALONE, *TOYS]
SCENARIOS = [(name, scenario) for name in IDS for scenario in scenarios.names(name)]


def short(name: str, horizon: int = 17) -> Model:
    """Return a model with short episodes, so that a test meets many of them."""
    return bind(name, horizon=horizon)


def several(name: str) -> Model:
    """Return a toy with three agents."""
    return bind(name, **{"rovers" if name == "rovers" else "walkers": 3})


def random_action(space: gymnasium.Space[Any], random: np.random.Generator) -> Any:
    """Return a valid action; unlike ``space.sample``, drawn the same way in every version."""
    if isinstance(space, gymnasium.spaces.Discrete):
        return int(random.integers(space.n))
    if isinstance(space, gymnasium.spaces.Box):
        if space.dtype.kind == "i":  # what Gymnasium makes of several multi-discrete spaces
            return random.integers(space.low, space.high, endpoint=True)
        width = space.high - space.low
        drawn = space.low + random.random(space.shape, np.float32) * width
        return np.clip(drawn, space.low, space.high)
    if isinstance(space, gymnasium.spaces.MultiBinary):
        return random.integers(0, 2, space.shape).astype(np.int8)
    assert isinstance(space, gymnasium.spaces.MultiDiscrete)
    return random.integers(space.nvec)


def random_actions(space: gymnasium.Space[Any], count: int, seed: int = 0) -> list[Any]:
    """Return ``count`` actions, or batches of actions for a batched space."""
    random = np.random.default_rng(seed)
    return [random_action(space, random) for _ in range(count)]


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield path and raw bytes of every number in nested dictionaries, tuples and arrays.

    An array of objects holds arrays, or None where there is nothing.
    """
    if isinstance(value, dict):
        for key in sorted(value):
            yield from flatten(value[key], f"{path}.{key}")
    elif isinstance(value, (tuple, list)):
        for k, each in enumerate(value):
            yield from flatten(each, f"{path}[{k}]")
    else:
        array = np.asarray(value)
        if array.dtype.names:  # a record has padding, which means nothing
            yield from flatten({name: array[name] for name in array.dtype.names}, path)
            return
        if array.dtype == object and array.ndim:
            yield path, b"objects"
            yield from flatten(tuple(array), path)
            return
        assert array.dtype != object or value is None, f"{path} is no array of numbers"
        content = b"" if value is None else array.tobytes()
        yield path, f"{array.dtype}{array.shape}".encode() + content


def same(first: Any, second: Any) -> bool:
    """Tell whether two nested values hold the same bits."""
    return dict(flatten(first)) == dict(flatten(second))


def differences(first: Any, second: Any) -> list[str]:
    """Return the paths at which two nested values differ, for messages."""
    a, b = dict(flatten(first)), dict(flatten(second))
    return sorted(path for path in a.keys() | b.keys() if a.get(path) != b.get(path))


def digest(values: Any) -> str:
    """Return the SHA-256 over the raw bytes of nested values."""
    result = hashlib.sha256()
    for path, content in flatten(values):
        result.update(path.encode())
        result.update(content)
    return result.hexdigest()


def drawn(outcomes: list[Any]) -> list[Any]:
    """Return outcomes of which a reset is what it draws: observations, and masks."""
    return [(part[0], _only_masks(part[1])) if len(part) == 2 else part for part in outcomes]


def _only_masks(info: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in info.items() if name == "action_mask"}
    nested = {name: _only_masks(value) for name, value in info.items() if isinstance(value, dict)}
    return kept | nested


def play(env: Any, actions: list[Any], seed: int | None = None, start: bool = True) -> list[Any]:
    """Return everything that an Env hands out along actions, resetting it when it is over."""
    outcomes: list[Any] = [env.reset(seed=seed)] if start else []
    for action in actions:
        outcomes.append(env.step(action))
        if outcomes[-1][2] or outcomes[-1][3]:
            outcomes.append(env.reset())
    return outcomes


def play_parallel(env: ParallelEnv, steps: int, seed: int) -> list[Any]:
    """Return everything that a ParallelEnv hands out under random actions."""
    random = np.random.default_rng(seed)
    outcomes: list[Any] = [env.reset(seed=seed)]
    for _ in range(steps):
        if not env.agents:
            outcomes.append(env.reset())
        each = {agent: random_action(env.action_space(agent), random) for agent in env.agents}
        outcomes.append(env.step(each))
    return outcomes


def _quick(name: str, scenario: str | None) -> dict[str, Any]:
    """Return what shortens random episodes before an episode: interpreted, they take minutes."""
    if scenario is None or not getattr(bind(name, scenario).params, "warmup_episodes", 0):
        return {}
    return {"warmup_episodes": 1, "slots": 60, "horizon": 60}


def _alone(name: str, scenario: str | None, steps: int) -> list[Any]:
    env = Env(bind(name, scenario, **_quick(name, scenario)))
    return play(env, random_actions(env.action_space, steps), seed=11)


def _together(model: Model, steps: int) -> list[Any]:
    return play_parallel(ParallelEnv(model), steps // 2, seed=11)  # one kernel for both


def digest_cases() -> dict[str, Callable[[int], list[Any]]]:
    """Return, by name, what produces the outcomes of a digest from a number of steps."""
    cases: dict[str, Callable[[int], list[Any]]] = {}
    for name, scenario in SCENARIOS:
        if name in ALONE:
            cases[f"{name}/{scenario}"] = lambda steps, n=name, s=scenario: _alone(n, s, steps)
        else:
            cases[f"{name}/{scenario}"] = lambda steps, n=name, s=scenario: _together(
                bind(n, s, **_quick(n, s)), steps
            )
    for name in TOYS:
        cases[name] = lambda steps, n=name: _alone(n, None, steps)
        cases[f"{name}/several"] = lambda steps, n=name: _together(several(n), steps)
    return cases


def default_cases() -> list[str]:
    """Return the names of the cases with default scenarios, and of the toys."""
    left_out = {f"{name}/{each}" for name in IDS for each in scenarios.names(name)[1:]}
    return [name for name in digest_cases() if name not in left_out]


def digests(names: Iterable[str], steps: int = FEW_STEPS) -> dict[str, str]:
    """Return the digests of cases."""
    cases = digest_cases()
    return {name: digest(cases[name](steps)) for name in names}


if __name__ == "__main__":
    found = digests(sys.argv[2:] or digest_cases(), int(sys.argv[1]))
    print(json.dumps({"interpreted": INTERPRETED, "digests": found}))
