"""Checks of hyper-parameters: types from the signatures, ranges from one table.

Names follow the field. A name of the table means the same for every learner based on
Stable-Baselines3, including those of this package. Other learners are checked by their signatures
alone.
"""

import inspect
import math
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, get_args, get_origin

from isac_envs.errors import IsacError, hint

MOST = 2**63 - 1
"""Largest integer."""


@dataclass(frozen=True)
class Interval:
    """Numbers from ``low`` to ``high``.

    Attributes:
        low: Smallest value.
        high: Largest value.
        above: Whether ``low`` itself is excluded.
        besides: A further valid value, which learners read as 'automatic'.
    """

    low: float
    high: float = math.inf
    above: bool = False
    besides: int | None = None

    def holds(self, value: Real) -> bool:
        """Return whether a finite number is in the interval."""
        number = float(value)
        inside = self.low < number if self.above else self.low <= number
        return (inside and number <= self.high) or number == self.besides

    def __str__(self) -> str:
        if math.isinf(self.low):
            return "that is finite"
        if math.isinf(self.high):
            text = f"{'above' if self.above else 'at least'} {self.low:g}"
        else:
            text = f"in {'(' if self.above else '['}{self.low:g}, {self.high:g}]"
        return text if self.besides is None else f"{text}, or {self.besides}"


_POSITIVE, _COUNT = Interval(0, above=True), Interval(1)
_NOT_NEGATIVE = Interval(0)
_PROBABILITY, _SHARE = Interval(0, 1), Interval(0, 1, above=True)
_ANY = Interval(-math.inf)

RANGES: dict[str, Interval] = {
    # step sizes, discounts, targets
    "learning_rate": _POSITIVE, "final_learning_rate": _NOT_NEGATIVE,
    "critic_learning_rate": _POSITIVE, "actor_learning_rate": _POSITIVE,
    "gamma": _PROBABILITY, "gae_lambda": _PROBABILITY, "tau": _SHARE,
    "visit_exponent": _PROBABILITY, "reward_scale": _POSITIVE, "team_reward": _PROBABILITY,
    "target_update_interval": _COUNT, "policy_delay": _COUNT,
    # sizes and counts
    "buffer_size": _COUNT, "batch_size": _COUNT, "n_steps": _COUNT, "n_epochs": _COUNT,
    "epochs": _COUNT, "rounds": _COUNT, "hidden": _COUNT, "learning_starts": _NOT_NEGATIVE,
    "train_freq": _COUNT, "gradient_steps": Interval(1, besides=-1), "k": _COUNT,
    "n_atoms": Interval(2), "value_horizon": _COUNT, "actors": _NOT_NEGATIVE, "num_agents": _COUNT,
    "top_quantiles_to_drop_per_net": _NOT_NEGATIVE, "stats_window_size": _COUNT,
    "sde_sample_freq": Interval(1, besides=-1), "verbose": Interval(0, 2),
    # networks, in policy_kwargs
    "net_arch": _COUNT, "n_quantiles": _COUNT, "n_critics": _COUNT, "lstm_hidden_size": _COUNT,
    "n_lstm_layers": _COUNT, "width": _COUNT,
    # exploration
    "exploration_fraction": _SHARE, "exploration_initial_eps": _PROBABILITY,
    "exploration_final_eps": _PROBABILITY, "noise_fraction": _PROBABILITY,
    "noise_scale": _NOT_NEGATIVE, "noise_spread": _POSITIVE, "noise_std": _NOT_NEGATIVE,
    "final_noise_std": _NOT_NEGATIVE, "target_policy_noise": _NOT_NEGATIVE,
    "target_noise_clip": _NOT_NEGATIVE, "disturbed": _PROBABILITY, "sweep_below": _PROBABILITY,
    # rollouts
    "teacher_rounds": _NOT_NEGATIVE, "candidates": Interval(2), "changed": _SHARE,
    "branch_steps": _COUNT, "given": _NOT_NEGATIVE,
    # imitation
    "imitation_fraction": _SHARE, "imitation_epochs": _COUNT, "imitation_batch_size": _COUNT,
    "memory": _COUNT,
    # losses
    "clip_range": _SHARE, "clip_range_vf": _POSITIVE, "ent_coef": _NOT_NEGATIVE,
    "final_ent_coef": _NOT_NEGATIVE, "vf_coef": _NOT_NEGATIVE, "max_grad_norm": _POSITIVE,
    "max_action_gradient": _POSITIVE, "target_kl": _POSITIVE, "rms_prop_eps": _POSITIVE,
}  # fmt: skip

ALIASES = {
    "lr": "learning_rate", "alpha": "learning_rate", "step_size": "learning_rate",
    "discount": "gamma", "discount_factor": "gamma", "polyak": "tau",
    "lam": "gae_lambda", "lambda": "gae_lambda", "lambda_": "gae_lambda",
    "minibatch_size": "batch_size", "mini_batch_size": "batch_size", "epochs": "n_epochs",
    "memory_size": "buffer_size", "replay_size": "buffer_size", "warmup": "learning_starts",
    "epsilon": "exploration_final_eps", "eps": "exploration_final_eps",
    "entropy_coef": "ent_coef", "entropy": "ent_coef", "value_coef": "vf_coef",
    "clip": "clip_range", "clip_eps": "clip_range", "prioritized": "prioritised",
    "net_arch": "policy_kwargs", "hidden_sizes": "policy_kwargs", "layers": "policy_kwargs",
    "n_step": "n_steps", "atoms": "n_atoms",
}  # fmt: skip
"""Names in other libraries, for messages."""

_ELSEWHERE = {
    "env": "the environment is the argument of the command",
    "seed": "seeds of runs are set by --first-seed and --seeds",
    "steps": "the length of a run is set by --steps",
    "total_timesteps": "the length of a run is set by --steps",
}
_LIBRARIES = ("isac_agents", "stable_baselines3", "sb3_contrib")


def checked(title: str, learner: Any, hyper_parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Check hyper-parameters and convert them: integers written as 1e5 become int.

    Args:
        title: Name of the learner, for messages.
        learner: Class of the learner.
        hyper_parameters: Keyword arguments.

    Raises:
        IsacError: If one is not valid; the message names the hyper-parameter, its value, and valid
            values or the nearest name.
    """
    if not isinstance(learner, type):
        raise IsacError(f"{title} is not a class")
    declared = arguments(learner)
    bases = inspect.getmro(learner)
    ranged = any(base.__module__.partition(".")[0] in _LIBRARIES for base in bases)
    found = {}
    for name, value in hyper_parameters.items():
        unknown = declared is not None and name not in declared
        if name in ("env", "seed") or (unknown and name in _ELSEWHERE):
            raise IsacError(f"{title}: {name!r} is not a hyper-parameter: {_ELSEWHERE[name]}")
        if declared is not None and unknown:
            other = ALIASES.get(name)
            near = f"; did you mean {other!r}?" if other in declared else hint(name, declared)
            raise IsacError(f"{title} has no hyper-parameter {name!r}{near}")
        kind = Any if declared is None else declared[name]
        found[name] = _converted(name, value, kind, ranged)
    return found


def arguments(learner: type) -> dict[str, Any] | None:
    """Return the annotations of a class's keyword arguments, following ``**`` up its bases.

    None if any argument is accepted; ``Any`` for arguments without an annotation.
    """
    found: dict[str, Any] = {}
    for base in inspect.getmro(learner):
        if "__init__" not in vars(base):
            continue
        parameters = _parameters(vars(base)["__init__"])
        for each in parameters:
            if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL):
                plain = each.annotation is not each.empty and not isinstance(each.annotation, str)
                found.setdefault(each.name, each.annotation if plain else Any)
        if not any(each.kind == each.VAR_KEYWORD for each in parameters):
            own = {"self", "env", "seed"}
            return {k: kind for k, kind in found.items() if k not in own and k[0] != "_"}
    return None


def _parameters(function: Any) -> Iterable[inspect.Parameter]:
    try:
        signature = inspect.signature(function, eval_str=True)
    except Exception:  # annotations may name imports for type checkers only
        signature = inspect.signature(function)
    return signature.parameters.values()


def _converted(name: str, value: Any, kind: Any, ranged: bool) -> Any:
    kinds = _members(kind)
    integer = int in kinds and float not in kinds
    if integer and isinstance(value, float) and value.is_integer():
        value = int(value)
    interval = RANGES.get(name) if ranged else None
    if not any(_fits(value, each) for each in kinds):
        raise IsacError(f"{name} is {value!r}, must be {_described(kinds, interval)}")
    _check_numbers(name, name, value, ranged, "an integer" if integer else "a number")
    return value


def _members(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) in (typing.Union, types.UnionType):
        return tuple(each for member in get_args(kind) for each in _members(member))
    return (kind,)


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a value has a type; True for annotations that are not classes."""
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind in (Any, object):
        return True
    if kind is None or kind is type(None):
        return value is None
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, Real)
    if kind is int:
        return isinstance(value, Integral)
    kind = get_origin(kind) or kind
    if not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
        return True
    return isinstance(value, kind) and (kind is str or not isinstance(value, str))


def _check_numbers(name: str, path: str, value: Any, ranged: bool, kind: str = "a number") -> None:
    """Refuse numbers that are not finite or out of range, also within lists and tables.

    The innermost name that has a range determines it.
    """
    if isinstance(value, Mapping):
        for key, each in value.items():
            _check_numbers(str(key) if key in RANGES else name, f"{path}.{key}", each, ranged)
    elif isinstance(value, list | tuple):
        for each in value:
            _check_numbers(name, path, each, ranged)
    elif isinstance(value, Real) and not isinstance(value, bool):
        interval = RANGES.get(name, _ANY) if ranged else _ANY
        if isinstance(value, Integral) and abs(int(value)) > MOST:
            raise IsacError(f"{path} is an integer beyond 2**63 - 1, must be {kind} {interval}")
        if not math.isfinite(value) or not interval.holds(value):
            raise IsacError(f"{path} is {value!r}, must be {kind} {interval}")


def _described(kinds: Iterable[Any], interval: Interval | None) -> str:
    """Describe the valid values of a type and range."""
    words = {bool: "true or false", int: "an integer", float: "a number", str: "a word"}
    told = []
    for kind in kinds:
        name = get_origin(kind) or kind
        if name is Literal:
            told.append(f"one of {', '.join(map(repr, get_args(kind)))}")
        elif name in words:
            numeric = interval is not None and name in (int, float)
            told.append(f"{words[name]} {interval}" if numeric else words[name])
        elif isinstance(name, type) and issubclass(name, Mapping):
            told.append("a table")
        elif isinstance(name, type) and issubclass(name, Sequence) and name is not tuple:
            told.append("a list")
    return " or ".join(told) or "an object made in Python"
