"""``isac sweep``."""

from pathlib import Path
from typing import Annotated

import tyro

from isac_agents.commands.output import console, emit_json
from isac_agents.commands.values import assignments
from isac_agents.tables import table
from isac_envs.errors import IsacError


def sweep(
    environment: Annotated[str, tyro.conf.Positional],
    /,
    agent: str = "ddqn",
    trials: int = 20,
    scenario: str | None = None,
    parameters: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = (),
    hyper: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = (),
    steps: int | None = None,
    seeds: int = 1,
    first_seed: int = 0,
    episodes: int = 200,
    rungs: int = 3,
    jobs: int = 1,
    study: str = "",
    storage: str = "",
    out: Path = Path("runs"),
    search_seed: int = 0,
    json: bool = False,
) -> None:
    """Search for the hyper-parameters of an agent, and print the best as a preset.

    Trials are scored on validation episodes, separate from those of training and of comparisons.
    Started again, the command continues the same study. Several processes may share one study.

    Args:
        environment: Id, such as isac/ModeSelect-v0, or module:Class of your own.
        agent: Name of an agent, or module:Class of your own with an attribute search_space.
        trials: Trials to add to the study.
        scenario: Name of a scenario or path of a scenario file.
        parameters: Environment parameters that replace the scenario's.
        hyper: Hyper-parameters that replace the preset's and are not searched.
        steps: Environment steps of a run; by default the preset's.
        seeds: Runs of each trial; its score is their mean score.
        first_seed: Seed of the first run.
        episodes: Validation episodes.
        rungs: Intermediate scores of a run, by which trials below the median are stopped; 0 for
            none.
        jobs: Trials at the same time.
        study: Name of the study; by default made of environment, scenario and agent.
        storage: Address of the database; by default a SQLite file sweeps.db in the folder out.
        out: Folder of that file and of the resulting preset.
        search_seed: Seed of the search.
        json: Print JSON instead of tables.
    """
    from isac_agents import launch
    from isac_agents.benchmark import sweep as sweeping
    from isac_agents.progress import Progress, Stage, stage
    from isac_agents.runs.record import write_atomically
    from isac_agents.training.plan import plan_jobs
    from isac_envs import scenarios

    least = (("trials", trials, 1), ("seeds", seeds, 1), ("episodes", episodes, 2),
             ("rungs", rungs, 0), ("jobs", jobs, 1), ("search_seed", search_seed, 0))  # fmt: skip
    for name, value, low in least:
        if value < low:
            raise IsacError(f"{name} is {value}, must be at least {low}")
    fixed = assignments(hyper)
    record = plan_jobs(
        environment, agent, scenario=scenario, overrides=assignments(parameters),
        hyper_parameters=fixed, seeds=range(first_seed, first_seed + seeds), steps=steps, out=out,
    )[0].record  # fmt: skip
    space = sweeping.space_of(agent, fixed)
    sweeping.check_space(agent, space)
    chosen = scenarios.load(environment, scenario)
    short = chosen.environment.partition("/")[2]
    title = f"{short}-{chosen.name}-{agent.replace(':', '.')}"
    if not storage:
        out.mkdir(parents=True, exist_ok=True)
        storage = f"sqlite:///{(out / 'sweeps.db').resolve()}"
    plan = sweeping.Sweep(
        record, space, seeds, episodes, rungs, storage, study or title, search_seed
    )
    found = sweeping.open_study(plan)
    failed: list[str] = []
    shares = [len(range(k, trials, jobs)) for k in range(min(jobs, trials))]
    calls = [(plan, share, k) for k, share in enumerate(shares)]
    before = sweeping.ended(found)[0]

    def look(shown: Stage) -> None:
        count, note = sweeping.ended(found)
        shown.update(count - before, note)

    with Progress(hidden=json), stage(f"study {plan.study}", trials, "trials", poll=look):
        launch.run_here(sweeping.work, calls, jobs, lambda _, reason: failed.append(reason))
    if any(failed):
        raise IsacError(f"study {plan.study!r}: {'; '.join(filter(None, failed))}")
    preset = sweeping.best_preset(plan, found, {**chosen.agents.get(agent, {}), **fixed})
    path = out / "sweeps" / f"{plan.study.replace('/', '_')}.toml"
    write_atomically(path, lambda new: new.write_text(preset, encoding="utf-8"))
    rows = [
        [each.number, each.state.name.lower(), "" if each.value is None else each.value,
         ", ".join(f"{k} = {v}" for k, v in sweeping.chosen(each, space).items())]
        for each in sorted(found.trials, key=sweeping.rank)
    ]  # fmt: skip
    if json:
        columns = ("trial", "state", "score", "hyper_parameters")
        listed = [dict(zip(columns, row, strict=True)) for row in rows]
        emit_json({"study": plan.study, "trials": listed, "preset": preset, "path": str(path)})
        return
    columns = ("trial", "state", "score", "hyper-parameters")
    console().print(table(f"Study {plan.study}, the best 10 trials", columns, rows[:10]))
    console().print(preset)
    console().print(f"Written to {path}")
