"""``isac plan`` and ``isac reference``: exact solutions and measured reference scores."""

from typing import Annotated, Any

import tyro

from isac_agents.commands.output import console, emit_json
from isac_agents.commands.values import assignments
from isac_agents.tables import table
from isac_envs.errors import IsacError


def plan(
    environment: Annotated[str, tyro.conf.Positional],
    /,
    scenario: str | None = None,
    parameters: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = (),
    discount: float = 0.99,
    json: bool = False,
) -> None:
    """Solve a small environment exactly.

    Args:
        environment: Id, such as isac/ModeSelect-v0, or module:Class of your own.
        scenario: Name of a scenario or path of a scenario file.
        parameters: Environment parameters that replace the scenario's.
        discount: Discount factor of value iteration.
        json: Print JSON instead of a table.
    """
    from isac_agents.evaluation.reference import exact_rows
    from isac_agents.progress import Progress, stage
    from isac_envs import scenarios

    if not 0.0 <= discount < 1.0:
        raise IsacError(f"discount is {discount}, must lie in [0, 1)")
    model = scenarios.build(environment, scenario, assignments(parameters))
    if not model.finite:
        raise IsacError(f"{model.id}: its state space is too large for an exact solution")
    with Progress(hidden=json), stage(f"solving {model.id}"):
        result = exact_rows(model, discount)
    if json:
        emit_json({"id": model.id, "discount": discount, **result})
        return
    signals = [each.name for each in model.summaries]
    columns = ["policy", "reward per step", "in an episode", *signals]
    rows = [
        [row["policy"], _number(row["average"]), _number(row["episode"]),
         *(_number(row[name]) for name in signals)]
        for row in result["policies"]
    ]  # fmt: skip
    average, out = result["optimal_average"], console()
    in_long_run = "" if average is None else f"{average:.6f} in the long run, nor "
    out.print(table(f"{model.id}, {scenario or model.default_scenario}", columns, rows))
    out.print(
        f"{result['states']} states, {result['actions']} actions; value iteration with discount "
        f"{discount:g} took {result['sweeps']} sweeps. 'reward per step' is the long-run average, "
        f"'in an episode' the mean over {model.params.horizon} steps from reset. No policy "
        f"exceeds {in_long_run}{result['optimal_episode']:.6f} in an episode."
    )


def reference(
    environment: Annotated[str, tyro.conf.Positional],
    /,
    scenario: str | None = None,
    episodes: int = 1000,
    write: bool = False,
    json: bool = False,
) -> None:
    """Measure the scores of all baselines, and optionally write them into the scenario file.

    Args:
        environment: Id, such as isac/ModeSelect-v0, or module:Class of your own.
        scenario: Name of a scenario or path of a scenario file; by default all scenarios.
        episodes: Episodes per baseline.
        write: Write the scores into the scenario file, keeping its comments.
        json: Print JSON instead of a table.
    """
    from isac_agents.evaluation import reference as measuring
    from isac_agents.progress import Progress
    from isac_envs import scenarios

    if episodes < 2:
        raise IsacError(f"episodes is {episodes}, must be at least 2")
    names = scenarios.names(environment) if scenario is None else (scenario,)
    files = [scenarios.path(environment, each) for each in names]
    missing = [path for path in files if not path.is_file()]
    if write and missing:
        raise IsacError(
            f"{environment}: no scenario file {missing[0]} to write into: create it, or "
            "name another with --scenario FILE.toml"
        )
    results: dict[str, Any] = {}
    for name in names:
        with Progress(hidden=json):
            results[name] = measuring.measure(environment, name, episodes)
        if write:
            measuring.write(environment, name, results[name])
        if not json:
            rows = [
                [key, s["reward"], s["half_width"], s["method"]]
                for key, s in results[name]["scores"].items()
            ]
            columns = ["baseline", "reward per step", "half width", "method"]
            console().print(table(f"{environment}, {name}", columns, rows))
    if json:
        emit_json(results)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:z.4f}"
