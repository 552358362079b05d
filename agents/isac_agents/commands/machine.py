"""``isac warmup`` and ``isac doctor``."""

from typing import Any

from isac_agents.commands.output import console, emit_json
from isac_agents.tables import records
from isac_envs.errors import IsacError


def warmup(environment: tuple[str, ...] = (), json: bool = False) -> None:
    """Compile environments once, so that later processes load them from the cache.

    Args:
        environment: Ids, or module:Class of your own; by default all registered ones.
        json: Print JSON instead of a table.
    """
    import time

    from isac_agents.progress import Progress, stage
    from isac_envs.catalog import ENVIRONMENTS
    from isac_envs.testing import exercise

    rows: list[dict[str, Any]] = []
    failed: list[str] = []
    names = environment or tuple(ENVIRONMENTS)
    with Progress(hidden=json), stage("compiling", len(names), "environments") as compiling:
        for name in names:
            compiling.update(len(rows), name)
            started = time.perf_counter()
            try:
                exercise(name)
            except Exception as error:  # third-party code may raise anything
                failed.append(f"{name}: {error}")
                continue
            rows.append({"id": name, "seconds": round(time.perf_counter() - started, 2)})
    if rows and json:
        emit_json(rows)
    elif rows:
        console().print(records("Compiled and kept on disk", rows))
    if failed:
        raise IsacError("; ".join(failed))


def doctor(json: bool = False) -> None:
    """Check this machine: versions, processor, cache, optional packages and a first step.

    Args:
        json: Print JSON instead of a table.
    """
    from isac_agents.commands.diagnosis import diagnose

    rows: list[dict[str, Any]] = diagnose()
    if json:
        emit_json(rows)
    else:
        console().print(records("This machine", rows))
