"""Loops over the copies of a batch, from functions of one copy.

A loop is written out as source text for each function: one that received the function as an
argument could not be kept on disk.

The state of a batch is a tuple of arrays with an axis of copies: the records of the environments,
then those of any entities. The annotation of ``state`` gives the state of one copy: a
:class:`typing.NamedTuple` with its part of these arrays, the first called ``env``. Without entities
and annotation, it is the record of the environment alone. A last field ``scratch`` holds
intermediate results of a step: it has no axis of copies, all copies of a loop write into the same
one, and nothing in it outlives the call for one copy.
"""

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple, get_type_hints

from isac_envs.engine.jit import jit
from isac_envs.engine.passes import total, weighted_sum


class Outcome(NamedTuple):
    """Output of a step of one copy; with several agents, each array has an axis of agents first.

    Attributes:
        objectives: Shape ``(K,)``.
        costs: Shape ``(C,)``.
        metrics: A record, one field per metric; with several agents an array of records.
    """

    objectives: Any
    costs: Any
    metrics: Any


SCRATCH = "scratch"
"""The field of a state that all copies share."""


def per_copy(state: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arrays of a state that have an axis of copies: all but the scratch."""
    shared = getattr(state, "_fields", ())[-1:] == (SCRATCH,)
    return tuple(state[:-1]) if shared else tuple(state)


class BatchKernel(NamedTuple):
    """The two loops that advance a batch; arrays are written in place and nothing is allocated.

    Attributes:
        reset: ``reset(params, state, mask, observations[, valid])`` resets the masked copies.
        step: ``step(params, state, actions, restart, observations[, valid], objectives, costs,
            metrics, rewards, cost, ended)`` steps all copies; with ``restart``, it resets those
            that are done.
    """

    reset: Callable[..., None]
    step: Callable[..., None]


_RESET = """
def reset_batch(p, state, mask, observations{valid}):
    for i in range(mask.shape[0]):
        if mask[i]:
            copy = {copy}
            {env}.time, {env}.done = 0, False
            reset(p[0], copy)
            observe(p[0], copy, observations{row})
            {write_valid}
"""

_STEP = """
def step_batch(
    p, state, actions, restart, observations{valid}, objectives, costs, metrics, rewards, cost,
    ended,
):
    for i in range(ended.shape[0]):
        copy = {copy}
        if restart and {env}.done:
            {env}.time, {env}.done = 0, False
            reset(p[0], copy)
        else:
            outcome = Outcome(objectives{row}, costs{row}, metrics{row})
            terminated, truncated = step(p[0], copy, actions{row}, outcome)
            {env}.done = terminated or truncated
            ended[i, 0], ended[i, 1] = terminated, truncated
            for a in range(rewards.shape[1]):
                rewards[i, a] = weighted_sum(objectives[i, a], p[0].weights)
                cost[i, a] = total(costs[i, a])
        observe(p[0], copy, observations{row})
        {write_valid}
"""

_EACH = """
def {name}({parameters}):
    for i in range(state[0].shape[0]):
        function({arguments})
"""


@functools.cache
def batch_kernel(dynamics: ModuleType) -> BatchKernel:
    """Return the loops of an environment.

    Args:
        dynamics: Module with the compiled functions of one copy. They are
            ``reset(p, state)``, called with ``time`` and ``done`` at zero;
            ``step(p, state, action, outcome)``, which returns whether the episode has terminated
            and whether it is truncated; ``observe(p, state, observation)``; and, where some actions
            are invalid, ``allow(p, state, valid)``. An action and an observation are rows of
            numbers. Where the parameter of ``step`` is called ``actions``, all functions get the
            rows of all agents.

    Raises:
        TypeError: If a function is missing.
    """
    for name in ("reset", "step", "observe"):
        if not hasattr(dynamics, name):
            raise TypeError(f"{dynamics.__name__} is not a kernel: it has no function {name!r}")
    several = "actions" in inspect.signature(dynamics.step).parameters
    masked = hasattr(dynamics, "allow")
    copy, env, state_type = _state(dynamics.step)
    row = "[i]" if several else "[i, 0]"
    words = {
        "copy": copy,
        "env": env,
        "row": row,
        "valid": ", valid" if masked else "",
        "write_valid": f"allow(p[0], copy, valid{row})" if masked else "",
    }
    names = ("reset", "step", "observe", *(("allow",) if masked else ()))
    space = {name: getattr(dynamics, name) for name in names}
    space |= {"Outcome": Outcome, "State": state_type}
    space |= {"total": total, "weighted_sum": weighted_sum}
    return BatchKernel(
        _compiled(_RESET.format(**words), "reset_batch", dynamics.step, space),
        _compiled(_STEP.format(**words), "step_batch", dynamics.step, space),
    )


def each_copy(function: Callable[..., None], *shared: str) -> Callable[..., None]:
    """Return the loop of a compiled function of one copy over a batch.

    Args:
        function: Takes the parameters of the environment, ``state``, and arrays or numbers to read
            from and write to.
        *shared: Names of arguments that are the same for all copies, instead of having one row for
            each.

    Returns:
        A compiled function with the arguments of ``function``: parameters of shape ``(1,)``, the
        state of a batch, and arrays with an axis of copies in front.
    """
    copy, _, state_type = _state(function)
    first, *others = inspect.signature(function).parameters
    rows = {each: each if each in shared else f"{each}[i]" for each in others}
    name = f"{function.__name__}_batch"
    source = _EACH.format(
        name=name,
        parameters=", ".join((first, *others)),
        arguments=", ".join((f"{first}[0]", *(rows | {"state": copy}).values())),
    )
    return _compiled(source, name, function, {"function": function, "State": state_type})


def _state(function: Callable[..., Any]) -> tuple[str, str, type | None]:
    """Return the words for the state of copy i and for its environment, and the state's type."""
    state_type = get_type_hints(function).get("state")
    fields = getattr(state_type, "_fields", ())
    if not fields:
        return "state[0][i]", "copy", None
    if fields[0] != "env":
        raise TypeError(f"the first field of {state_type} is {fields[0]!r}, must be 'env'")
    if SCRATCH in fields[:-1]:
        raise TypeError(f"{SCRATCH!r} must be the last field of {state_type}")
    entries = ", ".join(
        f"state[{k}]" if name == SCRATCH else f"state[{k}][i]" for k, name in enumerate(fields)
    )
    return f"State({entries})", "copy.env", state_type


def _compiled(
    source: str, name: str, function: Callable[..., Any], space: dict[str, Any]
) -> Callable[..., None]:
    python: Any = getattr(function, "py_func", inspect.unwrap(function))
    space = {**space, "__name__": python.__module__}
    exec(compile(source, inspect.getfile(python), "exec"), space)
    loop: Callable[..., None] = jit(space[name])
    return loop
