"""Parameter sets drawn over the declared ranges, and what an environment must do with each.

Bounds that are declared are bounds that work: a set is refused when the environment is made, by the
name of a field, or the environment runs, finite and inside its spaces.

A set whose tables have another shape than those of the scenarios would compile its kernels anew.
Such sets are left to interpreted runs. So two commands make the whole survey::

    python parameter_draws.py
    NUMBA_DISABLE_JIT=1 python parameter_draws.py --resize 0.1
"""

import argparse
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as initial
from itertools import count
from typing import Any, Literal, get_args, get_origin

import numpy as np
import numpy.typing as npt
from harness import bind

from isac_envs import scenarios
from isac_envs.catalog import OWN
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model
from isac_envs.declaration.params import EnvParams
from isac_envs.engine.jit import INTERPRETED
from isac_envs.engine.loops import per_copy
from isac_envs.errors import ScenarioError

COPIES = 2
MOST_BYTES = 2**30
"""Arrays of a batch of ``COPIES`` copies."""

Range = tuple[float, float]


def limits(metadata: Any) -> Range:
    """Return the closed range that pydantic's bounds state; infinite where one is missing."""
    bounds = {name: getattr(part, name) for part in metadata for name in ("ge", "le")
              if getattr(part, name, None) is not None}  # fmt: skip
    return bounds.get("ge", -np.inf), bounds.get("le", np.inf)


def element_limits(field: Any) -> Range:
    """Return the closed range of the elements of a tuple."""
    (element, *_) = get_args(field.annotation)
    return limits([part for each in getattr(element, "__metadata__", ()) for part in each.metadata])


def lengths(name: str, field: Any) -> Range:
    """Return the shortest and the longest tuple; there is one weight for each objective."""
    if name == "weights":
        return len(field.default), len(field.default)
    bounds = {key: getattr(part, key) for part in field.metadata
              for key in ("min_length", "max_length") if hasattr(part, key)}  # fmt: skip
    return bounds.get("min_length", 0), bounds.get("max_length", np.inf)


def ranges(params: type[EnvParams]) -> Iterator[tuple[str, Range]]:
    """Yield what must be finite: the range of each number, elements and lengths of each tuple."""
    for name, field in params.model_fields.items():
        if get_origin(field.annotation) is tuple:
            yield f"elements of {name}", element_limits(field)
            yield f"length of {name}", lengths(name, field)
        elif field.annotation in (int, float):
            yield name, limits(field.metadata)


class Draw:
    """Draws values of parameters.

    Args:
        random: Generator of all draws.
        resize: Probability that a tuple gets another length; each compiles the kernels anew.
    """

    def __init__(self, random: np.random.Generator, resize: float) -> None:
        self.random, self.resize = random, resize

    def number(self, low: float, high: float, whole: bool) -> float | int:
        """Return an edge, or a value in between: of a scale, its logarithm is uniform."""
        kind = self.random.random()
        if kind < 0.3:
            value = low if kind < 0.15 else high
        elif low > 0 and high > 100 * low:
            value = low * (high / low) ** self.random.random()
        elif low == 0 and kind < 0.5:  # also what is small
            value = high * 1e-9 ** self.random.random()
        else:
            value = low + (high - low) * self.random.random()
        value = min(max(value, low), high)
        return min(round(value), int(high)) if whole else float(value)

    def value(self, name: str, field: Any, usual: Any) -> Any:
        """Return a value of a field."""
        kind = field.annotation
        if get_origin(kind) is Literal:
            return str(self.random.choice(get_args(kind)))
        if kind is bool:
            return bool(self.random.integers(2))
        if kind in (int, float):
            return self.number(*limits(field.metadata), kind is int)
        shortest, longest = lengths(name, field)
        size = len(usual)
        if self.random.random() < self.resize:
            size = int(self.random.integers(shortest, min(longest, 2 * size + 2) + 1))
        if not size:
            return ()
        usual = usual or (1.0,) * size
        whole = get_args(get_args(kind)[0])[:1] == (int,) or isinstance(usual[0], int)
        low, high = element_limits(field)
        if self.random.random() < 0.5:  # near what it was, so that more is accepted
            mixed = [usual[k % len(usual)] for k in range(size)]
            mixed[self.random.integers(size)] = self.number(low, high, whole)
        else:
            mixed = [self.number(low, high, whole) for _ in range(size)]
        return tuple(sorted(mixed) if self.random.random() < 0.7 else mixed)

    def overrides(self, params: EnvParams) -> dict[str, Any]:
        """Return values of one, a few or all fields."""
        fields = {n: f for n, f in type(params).model_fields.items() if f.annotation is not str}
        most = self.random.choice([1, 3, 8, len(fields)], p=[0.35, 0.35, 0.2, 0.1])
        names = self.random.permutation(list(fields)).tolist()[: self.random.integers(1, most + 1)]
        return {name: self.value(name, fields[name], getattr(params, name)) for name in names}


def draw_sets(env_id: str, seed: int, resize: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield scenarios with overrides for ever, the same ones for the same seed."""
    names = scenarios.names(env_id)
    for k in count():
        random = np.random.default_rng((seed, k))
        scenario = names[int(random.integers(len(names)))]
        yield scenario, Draw(random, resize).overrides(bind(env_id, scenario).params)


def make(env_id: str, scenario: str, overrides: dict[str, Any]) -> Model | None:
    """Return the environment, or None if the set is refused in the way that it must be."""
    try:
        model = bind(env_id, scenario, **overrides)
    except ScenarioError as error:
        assert any(name in str(error) for name in overrides), f"names no field: {error}"
        return None
    record = model.params.record
    for name in record.dtype.names:
        assert np.isfinite(record[name]).all(), f"derived {name} = {record[name]}"
    return model


def run(model: Model, steps: int, seed: int = 0) -> None:
    """Run random valid actions with resets in between.

    Raises:
        AssertionError: If a number is not finite or outside what is declared for it.
    """
    random = np.random.default_rng(seed)
    batch, frame = Batch(model, COPIES), StepBuffers.allocate(model, COPIES)
    size = sum(
        each.nbytes for each in (*per_copy(batch.state), *frame.written, model.params.record)
    )
    assert size <= MOST_BYTES, f"{size} bytes"
    batch.reset(frame, range(seed, seed + COPIES))
    check_observations(model, frame.observations)
    for _ in range(steps):
        batch.step(valid_actions(batch, frame, random), frame, restart=True)
        check_outcome(model, frame)
        if random.random() < 0.02:
            batch.reset(frame, mask=random.random(COPIES) < 0.5)
            check_observations(model, frame.observations)


def valid_actions(
    batch: Batch, frame: StepBuffers, random: np.random.Generator
) -> npt.NDArray[Any]:
    """Return actions that the space and the masks allow, edges of boxes included."""
    spec, actions = batch.model.action, batch.actions()
    if spec.kind == "box":
        actions[...] = random.uniform(spec.low, spec.high, actions.shape)
        edge = random.random(actions.shape)
        actions[...] = np.where(edge < 0.1, spec.low, np.where(edge > 0.9, spec.high, actions))
        return actions
    for copy, agent in np.ndindex(actions.shape[:2]):
        counts = batch.model.specs_of(agent)[1].high.astype(np.int64) + 1
        if frame.masks is None:
            actions[copy, agent, : len(counts)] = random.integers(counts)
        else:  # those of the coordinates, one after the other
            masks = np.split(frame.masks[copy, agent, : counts.sum()], np.cumsum(counts)[:-1])
            drawn = [random.choice(np.flatnonzero(mask)) for mask in masks]
            actions[copy, agent, : len(counts)] = drawn
    return actions


def check_observations(model: Model, observations: npt.NDArray[Any]) -> None:
    """Assert that the observations of all agents lie in their spaces."""
    for agent in range(len(model.agents)):
        spec = model.specs_of(agent)[0]
        seen = observations[:, agent, : spec.width]
        inside = (seen >= spec.low) & (seen <= spec.high)  # false for NaN
        wrong = np.flatnonzero(~inside.all(0))
        names = np.repeat([each.name for each in spec.coordinates],
                          [each.size for each in spec.coordinates])  # fmt: skip
        assert not len(wrong), "; ".join(
            f"observation {names[i]} = {seen[:, i]}, {spec.low[i]}..{spec.high[i]}"
            for i in wrong[:4]
        )


def check_outcome(model: Model, frame: StepBuffers) -> None:
    """Assert that everything of a step is finite and inside what is declared for it."""
    check_observations(model, frame.observations)
    for kind, array in (("objectives", frame.objectives), ("costs", frame.costs)):
        assert np.isfinite(array).all(), f"{kind} {array}"
    assert np.isfinite(frame.objectives @ np.array(model.params.weights)).all()
    for signal in model.metrics:
        assert np.isfinite(frame.metrics[signal.name]).all(), (
            f"metric {signal.name} = {frame.metrics[signal.name]}"
        )
    bounds = model.objective_bounds()
    if bounds is not None:
        for k, (low, high) in enumerate(bounds):
            slack = 1e-9 * max(1.0, abs(low), abs(high))
            values = frame.objectives[..., k]
            assert ((values >= low - slack) & (values <= high + slack)).all(), (
                f"objective {model.objectives[k].name} = {values.ravel()}, {low}..{high}"
            )


@dataclass
class Survey:
    """What became of drawn sets."""

    accepted: int = 0
    refused: int = 0
    failures: list[str] = initial(default_factory=list)

    def __str__(self) -> str:
        return f"{self.accepted} accepted, {self.refused} refused, {len(self.failures)} failures"


def survey(env_id: str, sets: int, steps: int, seed: int = 0, resize: float = 0.0) -> Survey:
    """Draw sets and try each of them; warnings count as failures."""
    found = Survey()
    draws = draw_sets(env_id, seed, resize)
    layouts = {bind(env_id, each).params.record.dtype for each in scenarios.names(env_id)}
    while found.accepted + found.refused + len(found.failures) < sets:
        scenario, overrides = next(draws)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                model = make(env_id, scenario, overrides)
                if model is None:
                    found.refused += 1
                elif INTERPRETED or model.params.record.dtype in layouts:
                    run(model, steps)
                    found.accepted += 1
        except Exception as error:  # whatever it is, it is a finding
            found.failures.append(f"{scenario} {overrides}: {type(error).__name__}: {error}")
    return found


def main() -> None:
    """Print what is wrong, and the counts for each id."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", default=sorted(OWN))
    parser.add_argument("--sets", type=int, default=300)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resize", type=float, default=0.0)
    options = parser.parse_args()
    for env_id in options.ids:
        found = survey(env_id, options.sets, options.steps, options.seed, options.resize)
        print("\n    ".join([f"{env_id}: {found}", *found.failures]), flush=True)


if __name__ == "__main__":
    main()
