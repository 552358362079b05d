"""``isac evaluate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from isac_agents.commands.output import console, emit_json
from isac_agents.commands.values import assignments
from isac_envs.errors import IsacError, UnknownNameError

if TYPE_CHECKING:
    from isac_agents.comparison import Contestant
    from isac_agents.evaluation import MakePolicy
    from isac_envs.core.vector_env import VectorEnv
    from isac_envs.declaration.model import Model


def evaluate(
    environment: Annotated[str, tyro.conf.Positional],
    /,
    agent: tuple[str, ...] = (),
    scenario: str | None = None,
    parameters: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = (),
    episodes: int = 1000,
    seed: int | None = None,
    json: bool = False,
) -> None:
    """Compare agents with the baselines on held-out seeds, all on the same episodes.

    Args:
        environment: Id, for instance isac/ModeSelect-v0, or a run folder (then it is evaluated
            on the environment that it was trained on).
        agent: Run folders, names of baselines, or module:Class of your own; all baselines are
            in the table anyway.
        scenario: Name of a scenario or path of a scenario file.
        parameters: Environment parameters that replace the scenario's.
        episodes: Number of episodes.
        seed: Seed of the first episode; a block kept apart from training when left out.
        json: Print JSON instead of a table.
    """
    from isac_agents.comparison import compare
    from isac_agents.evaluation import HELD_OUT_SEED
    from isac_agents.runs import read_record
    from isac_envs import scenarios

    if episodes < 2:
        raise IsacError(f"episodes is {episodes}, must be at least 2")
    overrides = assignments(parameters)
    if _is_folder(environment):
        record = read_record(environment)
        unchanged = scenario is None and not overrides
        model = (
            record.model()
            if unchanged
            else scenarios.build(record.environment, scenario, overrides)
        )
        agent = (environment, *agent)
    else:
        model = scenarios.build(environment, scenario, overrides)
    agents: dict[str, list[Contestant]] = {}
    for name in agent:
        _add(agents, name, model)
    first = HELD_OUT_SEED if seed is None else seed
    comparison = compare(model, agents, episodes, first)
    if json:
        emit_json(comparison.as_dict())
        return
    runs = max((len(policies) for policies in agents.values()), default=1)
    console().print(comparison.table(f"{model.id}, {scenario or 'scenario as given'}"))
    console().print(comparison.caption(runs))


def _is_folder(text: str) -> bool:
    return Path(text).exists() or text.endswith("/")


def _add(agents: "dict[str, list[Contestant]]", name: str, model: "Model") -> None:
    """Load what a name stands for and put it under its row."""
    from isac_agents.comparison import Contestant
    from isac_agents.registry import preset
    from isac_agents.training import load

    if _is_folder(name):
        record, trained = load(name)
        if record.environment != model.id:
            raise IsacError(f"{name}: was trained on {record.environment}, not on {model.id}")
        seen = model.with_parameters(preset(record.agent).environment)
        agents.setdefault(record.agent, []).append(Contestant.trained(seen, trained))
    elif ":" in name:
        agents[name] = [Contestant(model, _maker(name))]
    elif name not in model.baselines:
        raise UnknownNameError("agent or baseline", name, model.baselines)


def _maker(path: str) -> "MakePolicy":
    """Return the maker of an agent of the user's own: its class takes the environment."""
    from isac_agents.registry import resolve

    agent_class = resolve(path)

    def make(env: "VectorEnv") -> Any:
        try:
            agent = agent_class(env)
        except Exception as error:  # the user's code may raise anything
            raise IsacError(f"{path}: cannot be made: {type(error).__name__}: {error}") from error
        if not callable(getattr(agent, "predict", None)):
            raise IsacError(f"{path}: has no method predict(observation, state, ...)")
        return agent

    return make
