"""No dead action, no parameter without effect, no dead agent."""

from collections.abc import Iterator
from typing import Any

import harness
import numpy as np
import pytest
from effects import SIZES, has_effect, trace, unchanged
from gymnasium import spaces
from harness import bind, digest, random_actions, same, several, short

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv

NO_EFFECT: dict[str, set[str]] = {
    "isac/BeamTrack-v0": {"traces"},
    "isac/BeamTraining-v0": {"data", "replay_offset", "replay_split"},
    "isac/SecureIsac-v0": {"users"},
    "isac/SecureIsacMulti-v0": {"users", "codebook_size", "share_levels"},
    "isac/DirectionalJrc-v0": {"traces"},
    "isac/DirectionalJrcSingle-v0": {"traces"},
    "isac/VcpsView-v0": {"traces"},
    "isac/VcpsViewMulti-v0": {"traces"},
}
"""Parameters by id that change nothing in a trajectory, each with a reason in its meaning.

Files of the user are tested with the environment that reads them.
"""


def neighbours(space: spaces.Space[Any], action: Any) -> Iterator[tuple[str, Any]]:
    """Yield actions that differ from one in one coordinate, under the name of the difference."""
    if isinstance(space, spaces.Discrete):
        yield from ((f"value {k}", k) for k in range(int(space.n)) if k != action)
        return
    for coordinate in range(len(action)):
        if isinstance(space, spaces.Box):
            values = np.linspace(space.low[coordinate], space.high[coordinate], 3)
        else:
            counts = getattr(space, "nvec", np.full(len(action), 2))
            values = np.arange(counts[coordinate])
        for k, value in enumerate(values):
            other = action.copy()
            other[coordinate] = value
            yield f"coordinate {coordinate}, value {k}", other


def all_differences(space: spaces.Space[Any]) -> set[str]:
    first = random_actions(space, 1)[0]
    found = {name for name, _ in neighbours(space, first)}
    return found | ({f"value {first}"} if isinstance(space, spaces.Discrete) else set())


def test_no_dead_actions(case: str) -> None:
    env = Env(short(case, 40))
    env.reset(seed=0)
    missing = all_differences(env.action_space)
    for action in random_actions(env.action_space, 200):
        here = env.simulate(action)
        for name, other in neighbours(env.action_space, action):
            if name in missing and not same(here, env.simulate(other)):
                missing.discard(name)
        if not missing:
            return
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
    pytest.fail(f"dead actions of {case}: {sorted(missing)}")


@pytest.mark.parametrize("name", harness.TOYS)
def test_every_agent_s_action_matters(name: str) -> None:
    env = ParallelEnv(several(name))
    for agent in env.possible_agents:
        outcomes = set()
        for action in random_actions(env.action_space(agent), 20):
            env.reset(seed=1)
            still = random_actions(env.action_space(agent), 1)[0]
            given = {**dict.fromkeys(env.agents, still), agent: action}
            outcomes.add(digest(env.step(given)))
        assert len(outcomes) > 1, agent


def parameters() -> list[tuple[str, str]]:
    names = [*harness.IDS, *harness.TOYS]
    return [(name, field) for name in names for field in type(bind(name).params).model_fields]


@pytest.mark.parametrize(("name", "parameter"), parameters())
def test_every_parameter_has_an_effect(name: str, parameter: str) -> None:
    if parameter in NO_EFFECT.get(name, set()):
        pytest.skip("documented as without effect")
    assert has_effect(name, parameter), f"{name}: {parameter} changes nothing"


def weight_has_effect(name: str, scenario: str, k: int, size: tuple[int, int]) -> bool:
    """Tell whether another weight of one objective shows in a scenario."""
    weights = bind(name, scenario, horizon=60).params.weights
    changed = (*weights[:k], weights[k] + 0.5, *weights[k + 1 :])
    before = unchanged(name, scenario, (("horizon", 60),), size)
    return trace(name, scenario, {"horizon": 60, "weights": changed}, size) != before


def test_every_weight_has_an_effect(env_id: str) -> None:
    for k in range(len(bind(env_id).params.weights)):
        assert any(
            weight_has_effect(env_id, scenario, k, size)
            for size in SIZES
            for scenario in scenarios.names(env_id)
        ), k


def test_every_scenario_is_another_environment(env_id: str) -> None:
    found = scenarios.names(env_id)
    assert len({scenarios.load(env_id, name).hash for name in found}) == len(found)
