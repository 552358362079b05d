"""Registers every environment with Gymnasium; idempotent, and nothing heavy is imported."""

import gymnasium

from isac_envs.catalog import MODELS
from isac_envs.errors import IsacError


def register_all() -> None:
    """Register every id of the catalogue that Gymnasium does not know yet."""
    for name in MODELS:
        register(name, name)


def register(name: str, model: str) -> None:
    """Register an environment with its native vector form.

    Args:
        name: Id, ``namespace/Name-vN``.
        model: Id of the catalogue, or ``"module:Class"`` of a model of your own.

    Raises:
        IsacError: If another model is registered under this id.
    """
    if name in gymnasium.registry:
        known = gymnasium.registry[name].kwargs.get("model")
        if known != model:
            raise IsacError(f"{name} is registered already, with the model {known!r}")
        return
    gymnasium.register(
        name,
        entry_point="isac_envs.core.env:Env",
        vector_entry_point="isac_envs.core.vector_env:VectorEnv",
        kwargs={"model": model},
    )
