"""``isac evaluate``."""

from typing import Annotated

import tyro

from isac_agents.commands.output import console, emit_json
from isac_agents.commands.values import assignments
from isac_agents.tables import table
from isac_envs.catalog import trust_modules as trust
from isac_envs.errors import IsacError


def evaluate(
    environment: Annotated[str, tyro.conf.Positional],
    /,
    agent: tuple[str, ...] = (),
    scenario: str | None = None,
    parameters: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = (),
    episodes: int = 1000,
    seed: int | None = None,
    against: str = "",
    details: bool = False,
    trust_modules: bool = False,
    json: bool = False,
) -> None:
    """Compare agents with the baselines on the same held-out episodes.

    Args:
        environment: Id, such as isac/ModeSelect-v0, module:Class of your own, or a run folder,
            which is evaluated on its own environment.
        agent: Run folders, names of baselines, or module:Class of your own; the table always holds
            all baselines.
        scenario: Name of a scenario or path of a scenario file.
        parameters: Environment parameters that replace the scenario's.
        episodes: Number of episodes.
        seed: Seed of the first episode; by default a block kept apart from training.
        against: Row to subtract from every row, paired by episode: a baseline or an agent.
        details: Also print reward, score and objectives of every single run.
        trust_modules: Import the modules that run folders name, registered or not; this runs their
            code.
        json: Print JSON instead of a table.
    """
    trust(trust_modules)
    from isac_agents.evaluation.comparison import compare
    from isac_agents.evaluation.episodes import HELD_OUT_SEED
    from isac_agents.evaluation.policy_sources import gather, is_folder
    from isac_agents.progress import Progress
    from isac_agents.runs.record import read_record
    from isac_envs import scenarios

    first = HELD_OUT_SEED if seed is None else seed
    if episodes < 2:
        raise IsacError(f"episodes is {episodes}, must be at least 2")
    if not 0 <= first < 2**63:
        raise IsacError(f"seed is {first}, must lie in 0..2**63-1")
    overrides = assignments(parameters)
    if is_folder(environment):
        record, agent = read_record(environment), (environment, *agent)
        if scenario is None and not overrides:
            model, scenario = record.world(), record.scenario
        else:
            model = scenarios.build(record.environment, scenario, overrides)
    else:
        model = scenarios.build(environment, scenario, overrides)
    entrants = gather(agent, model)
    with Progress(hidden=json):
        comparison = compare(model, entrants, episodes, first, against)
    if json:
        emit_json(comparison.as_dict())
        return
    runs = max((len(policies) for policies in entrants.values()), default=1)
    title = ", ".join((model.id, scenario or model.default_scenario, *parameters))
    console().print(comparison.table(title))
    console().print(comparison.caption(runs))
    if details:
        console().print(table("Each run", *comparison.details()))
