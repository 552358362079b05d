"""Whether an agent fits an environment, and the interface that it uses."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isac_agents import registry
from isac_agents.registry import AgentSpec
from isac_envs.declaration.model import Model
from isac_envs.errors import IsacError, hint


def choose_interface(
    agent: str, preset: AgentSpec, model: Model, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the interface parameters of an agent that differ from a model's.

    Args:
        agent: Name of the agent.
        preset: The agent with the preset of the scenario.
        model: The environment with the scenario's parameters and the user's.
        given: Parameters given by the user; they override presets, but not an agent's requirements.

    Raises:
        IsacError: If the agent cannot use the environment (the message names agents that can), or
            a preset sets a parameter that affects more than the interface.
    """
    needed = registry.preset(agent).environment
    for name, value in needed.items():
        if given.get(name, value) != value:
            raise IsacError(f"agent {agent} needs the parameter {name} = {value!r}")
    valid = type(model.params).interface_names()
    for name in preset.environment:
        if name not in valid and name not in needed:
            raise IsacError(
                f"agent {agent}: {name!r} is not a parameter that an agent may choose"
                f"{hint(name, valid)}"
            )
    wanted = {name: value for name, value in preset.environment.items() if name not in given}
    refuse_unfit(agent, replace(preset, environment=wanted), model)
    changed = model.with_parameters(wanted).params.model_dump(mode="json")
    before = model.params.model_dump(mode="json")
    return {name: changed[name] for name in wanted if changed[name] != before[name]}


def refuse_unfit(agent: str, spec: AgentSpec, model: Model) -> None:
    """Refuse an agent that cannot act in an environment.

    Args:
        agent: Name of the agent, for the message.
        spec: The agent.
        model: The environment.

    Raises:
        IsacError: If it cannot; the message states the reason and the agents that can.
    """
    reason = misfit(spec, model)
    if reason:
        able = [name for name, each in registry.AGENTS.items() if not misfit(each, model)]
        raise IsacError(f"{agent} cannot act in {model.id}: {reason}; agents that can: "
                        f"{', '.join(able)}")  # fmt: skip


def misfit(spec: AgentSpec, model: Model) -> str:
    """Explain why an agent cannot act in an environment; empty if it can."""
    try:
        seen = model.with_parameters(spec.environment)
    except IsacError:
        wanted = ", ".join(f"{name} = {value!r}" for name, value in spec.environment.items())
        return f"it needs {wanted}, which the environment does not offer"
    if seen.action.kind not in spec.actions:
        kinds = " or ".join(spec.actions)
        return f"its actions are {seen.action.kind}, and it needs {kinds}"
    if spec.masks and not seen.masked:
        return "it needs action masks, and every action is always valid"
    return ""
