"""Where the effect of each parameter shows, for tests/test_effects.py.

    python tests/effects.py [ID ...]

looks for it and writes ``effects.json``: of each parameter whose effect the first attempt does not
show, a scenario, a form of the interface, a size of the trace and another value that do. The file
saves time only. What it says is tried first, and then everything else.
"""

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import harness
from harness import SCENARIOS, bind, digest, random_actions

from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.params import INTERFACE
from isac_envs.errors import ScenarioError

FILE = Path(__file__).with_name("effects.json")
HORIZON = 20
SIZES = ((2, 8), (3, 30), (24, 120))
"""Copies and steps of a trace: nearly every effect shows in the few, the others in the many."""


class Place(NamedTuple):
    """Where another value of a parameter may show."""

    scenario: str | None
    form: dict[str, Any]
    size: tuple[int, int]
    value: Any


def alternatives(field: Any, value: Any) -> list[Any]:
    """Return other values of a parameter, some of which may be out of range."""
    if get_origin(field.annotation) is Literal:
        return [each for each in get_args(field.annotation) if each != value]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [each for each in (value + 1, value - 1, 2 * value, value // 2) if each != value]
    if isinstance(value, float):
        moved = (0.5 * value, 2.0 * value, 0.5 + 0.5 * value, value + 0.1, value + 1.0, 0.0)
        return [each for each in moved if each != value]
    return [
        (*value[:k], other, *value[k + 1 :])
        for k in range(len(value))
        for other in alternatives(field, value[k])[:2]
    ]


def trace(
    name: str, scenario: str | None, overrides: dict[str, Any], size: tuple[int, int]
) -> tuple[str, ...]:
    """Return what identifies the spaces and trajectories of some copies, or of one team."""
    copies, steps = size
    model = bind(name, scenario, **overrides)
    if len(model.agents) > 1:
        env = ParallelEnv(model)
        agent = env.possible_agents[0]
        described = f"{len(model.agents)}{env.observation_space(agent)}{env.action_space(agent)}"
        return described, digest(harness.play_parallel(env, steps, seed=0))
    vector = VectorEnv(model, copies)
    described = f"{vector.observation_space}{vector.action_space}"
    outcomes = [vector.reset(seed=0)]
    outcomes += [vector.step(action) for action in random_actions(vector.action_space, steps)]
    return described, digest(outcomes)


@cache
def unchanged(
    name: str, scenario: str | None, base: tuple[tuple[str, Any], ...], size: tuple[int, int]
) -> tuple[str, ...]:
    """Return the trace that the others are compared with, once for all parameters."""
    return trace(name, scenario, dict(base), size)


def shows(name: str, parameter: str, place: Place) -> bool:
    """Tell whether another value of a parameter shows in a trace; one out of range does not."""
    base = {"horizon": HORIZON, **place.form}
    try:
        after = trace(name, place.scenario, {**base, parameter: place.value}, place.size)
    except ValueError:
        return False
    return after != unchanged(name, place.scenario, tuple(base.items()), place.size)


def places(name: str, parameter: str) -> Iterator[Place]:
    """Yield all that is tried: every scenario and form of interface, short traces first."""
    first, *others = [scenario for n, scenario in SCENARIOS if n == name] or [None]
    declared = type(bind(name).params).model_fields
    cases: list[tuple[str | None, dict[str, Any]]] = [(first, {})]
    for interface in INTERFACE:
        forms = get_args(declared[interface].annotation) if interface in declared else ()
        cases += [(first, {interface: form}) for form in forms if interface != parameter]
    cases += [(scenario, {}) for scenario in others]
    for size in SIZES:
        for scenario, form in cases:
            try:
                params = bind(name, scenario, horizon=HORIZON, **form).params
            except ScenarioError:  # a form that goes with other values only
                continue
            value = getattr(params, parameter)
            for other in alternatives(declared[parameter], value):
                yield Place(scenario, form, size, other)


@cache
def known() -> dict[str, dict[str, Place]]:
    """Return the places of the file."""
    read = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: {
            parameter: Place(scenario, form, (size[0], size[1]), value)
            for parameter, (scenario, form, size, value) in found.items()
        }
        for name, found in read.items()
    }


def has_effect(name: str, parameter: str) -> bool:
    """Tell whether another value of a parameter shows anywhere."""
    place = known().get(name, {}).get(parameter)
    if place is not None and shows(name, parameter, place):
        return True
    return any(shows(name, parameter, each) for each in places(name, parameter))


def search(name: str) -> dict[str, Place]:
    """Return the first place of each parameter where the very first attempt shows nothing."""
    found = {}
    for parameter in type(bind(name).params).model_fields:
        for k, place in enumerate(places(name, parameter)):
            if shows(name, parameter, place):
                if k > 0:
                    found[parameter] = place
                break
    return found


if __name__ == "__main__":
    written = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    for each in sys.argv[1:] or harness.IDS:
        written[each] = search(each)
    parts = (
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(f"{json.dumps(each)}: {json.dumps(place)}" for each, place in found.items())
        + "\n}"
        for name, found in sorted(written.items())
    )
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
