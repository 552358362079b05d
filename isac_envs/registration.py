"""Fills the table of environments, and Gymnasium's and PettingZoo's registries from it.

An environment with one agent goes to Gymnasium, one with several agents to PettingZoo, whatever is
imported first. A package of your own announces its environments under the entry-point groups of
:data:`GROUPS`, by id and ``"module:Class"``; nothing of it is imported before one is made.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import Distribution, distributions
from typing import TYPE_CHECKING, Any, NoReturn, get_args

import gymnasium
import pettingzoo

from isac_envs.catalog import ENVIRONMENTS, OWN, Agents, Entry, announce, check_id, split_path
from isac_envs.errors import IsacError

if TYPE_CHECKING:
    from isac_envs.core.parallel_env import ParallelEnv

GROUP = "isac_envs.environments"
GROUPS: dict[str, Agents] = {GROUP: "one", f"{GROUP}.several": "several"}
"""Entry-point groups of environments with one agent and with several."""


def register(id: str, model: str, agents: Agents = "one") -> None:
    """Register an environment, with its native vector form.

    Args:
        id: ``namespace/Name-vN``, which the model states as well.
        model: ``"module:Class"`` of the model; it is imported when the environment is made.
        agents: ``"one"``, or ``"several"`` for PettingZoo; ``gymnasium.make`` then says so.

    Raises:
        IsacError: If an argument is not valid, or another model is registered under this id.
    """
    _enter(id, Entry(model, agents))


def register_all() -> None:
    """Register the environments of this package and those that others announce.

    What cannot be registered is left out, with a warning that names the distribution.
    """
    for name, entry in OWN.items():
        _enter(name, entry)
    for distribution in _announcing():
        with _left_out(distribution.name):
            for each in distribution.entry_points:
                if each.group in GROUPS:
                    with _left_out(distribution.name):
                        _enter(each.name, Entry(each.value, GROUPS[each.group], distribution.name))


def parallel_env(model: str, **settings: Any) -> "ParallelEnv":
    """Return an environment behind PettingZoo's parallel interface.

    Args:
        model: Id of the table or ``"module:Class"``; one with a single agent works as well.
        **settings: What :class:`isac_envs.core.parallel_env.ParallelEnv` takes: ``scenario``,
            ``max_cycles``, ``render_mode`` and single parameters that replace the scenario's.

    Raises:
        ScenarioError: If the scenario or an override is not valid.
    """
    from isac_envs.core.parallel_env import ParallelEnv

    return ParallelEnv(model, **settings)


def refuse_several_agents(model: str, **_: Any) -> NoReturn:
    """Say how an environment with several agents is made: Gymnasium knows one agent only.

    Raises:
        IsacError: Always.
    """
    raise IsacError(
        f"{model} has several agents, which Gymnasium does not know; "
        f"make it with isac_envs.parallel_env({model!r})"
    )


def _enter(name: str, entry: Entry) -> None:
    """Put an environment into the table and into the registries that follow from it."""
    check_id(name)
    split_path(entry.model)
    if entry.agents not in get_args(Agents):
        valid = ", ".join(map(repr, get_args(Agents)))
        raise IsacError(f"{name}: agents is {entry.agents!r}, valid: {valid}")
    known = ENVIRONMENTS.get(name)
    if known is not None:
        if known[:2] != entry[:2]:
            raise IsacError(
                f"{name} is registered already, with the model {known.model!r} and "
                f"{known.agents} agents"
            )
        return
    settings = {"model": name}
    listed = gymnasium.registry.get(name)
    if listed is not None and listed.kwargs != settings:
        raise IsacError(f"{name} is the id of an environment that Gymnasium has already")
    ENVIRONMENTS[name] = entry
    announce(entry.model)
    several = entry.agents == "several"
    here, core = "isac_envs.registration:refuse_several_agents", "isac_envs.core"
    if listed is None:
        gymnasium.register(
            name,
            entry_point=here if several else f"{core}.env:Env",
            vector_entry_point=here if several else f"{core}.vector_env:VectorEnv",
            kwargs=settings,
        )
    if several and hasattr(pettingzoo, "register"):  # there is no registry before 1.27
        made = "isac_envs.registration:parallel_env"
        pettingzoo.register("parallel", name, made, kwargs=settings)


def _announcing() -> Iterator[Distribution]:
    """Yield the installed distributions that announce environments, each once.

    Their files are searched as text: a damaged one of a package that has nothing to do with us
    does no harm.
    """
    seen = set()
    for each in distributions():
        text = ""
        with suppress(Exception):
            text = each.read_text("entry_points.txt") or ""
        if GROUP in text and each.name not in seen:
            seen.add(each.name)  # of two that are installed, the first is imported
            yield each


@contextmanager
def _left_out(distribution: str) -> Iterator[None]:
    """Turn errors into warnings: third-party files may hold anything."""
    try:
        yield
    except Exception as error:
        kind = "" if isinstance(error, IsacError) else f"{type(error).__name__}: "
        warnings.warn(
            f"an environment of the installed distribution {distribution!r} is left out: "
            f"{kind}{error}",
            stacklevel=2,
        )
