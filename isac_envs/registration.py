"""Registers every environment; idempotent, and nothing heavy is imported.

An environment with one agent goes to Gymnasium, one with several agents to PettingZoo, whatever is
imported first. :func:`parallel_env` needs no registration at all.
"""

from typing import TYPE_CHECKING, Any, NoReturn

import gymnasium
import pettingzoo

from isac_envs.catalog import MODELS, PARALLEL, announce
from isac_envs.errors import IsacError

if TYPE_CHECKING:
    from isac_envs.core.parallel_env import ParallelEnv


def register_all() -> None:
    """Register every id of the catalogue that is not known yet."""
    for name in MODELS:
        register(name, name, parallel=name in PARALLEL)


def register(name: str, model: str, parallel: bool = False) -> None:
    """Register an environment with its native vector form.

    Args:
        name: Id, ``namespace/Name-vN``.
        model: Id of the catalogue, or ``"module:Class"`` of a model of your own.
        parallel: It has several agents and belongs to PettingZoo; ``gymnasium.make`` then says so.

    Raises:
        IsacError: If another model is registered under this id.
    """
    announce(model)
    if name in gymnasium.registry:
        known = gymnasium.registry[name].kwargs.get("model")
        if known != model:
            raise IsacError(f"{name} is registered already, with the model {known!r}")
        return
    here, core = "isac_envs.registration:refuse_several_agents", "isac_envs.core"
    gymnasium.register(
        name,
        entry_point=here if parallel else f"{core}.env:Env",
        vector_entry_point=here if parallel else f"{core}.vector_env:VectorEnv",
        kwargs={"model": model},
    )
    if parallel and hasattr(pettingzoo, "register"):  # there is no registry before 1.27
        entry = "isac_envs.registration:parallel_env"
        pettingzoo.register("parallel", name, entry, kwargs={"model": model})


def parallel_env(model: str, **settings: Any) -> "ParallelEnv":
    """Return an environment behind PettingZoo's parallel interface.

    Args:
        model: Id of the catalogue or ``"module:Class"``; one with a single agent works as well.
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
