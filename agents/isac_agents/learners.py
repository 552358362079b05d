"""Learners of runs: made from a record, saved as weights, loaded again; nothing is unpickled."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from isac_agents import registry
from isac_agents.runs import RunRecord, read_record, sha256, write_atomically
from isac_envs.errors import IsacError

TORCH_WEIGHTS, ARRAY_WEIGHTS = "weights.pt", "weights.npz"


def make_learner(record: RunRecord) -> Any:
    """Return a new learner on its environment, both seeded.

    Raises:
        IsacError: If a hyper-parameter is not valid or a package is missing.
    """
    from isac_agents.vec_env import BatchVecEnv

    env = BatchVecEnv(record.model(), record.copies)
    spec = replace(registry.preset(record.agent), hyper_parameters=record.hyper_parameters)
    try:
        agent = registry.create(spec, env, record.seed)
    except IsacError:
        raise
    except (TypeError, ValueError, AssertionError, ArithmeticError, MemoryError) as error:
        raise IsacError(f"agent {record.agent}: {error or type(error).__name__}") from error
    env.seed(record.seed * record.copies)  # blocks of runs with other seeds must not overlap
    return agent


def save_learner(agent: Any, folder: Path) -> Path:
    """Write the weights of a learner into a run folder and return their file.

    Raises:
        IsacError: If a weight is not finite; the training has diverged.
    """
    if not (hasattr(agent, "policy") and hasattr(agent.policy, "state_dict")):
        write_atomically(folder / ARRAY_WEIGHTS, agent.save)
        return folder / ARRAY_WEIGHTS
    from isac_agents.algorithms.weights import save_weights

    for name, weight in agent.policy.state_dict().items():
        if not bool(weight.isfinite().all()):
            raise IsacError(f"{folder}: the training has diverged, {name} is not finite")
    write_atomically(folder / TORCH_WEIGHTS, lambda path: save_weights(agent, path))
    return folder / TORCH_WEIGHTS


def load(folder: str | Path) -> tuple[RunRecord, Any]:
    """Return the record and the trained agent of a run folder.

    Raises:
        IsacError: If the folder is no finished run or a file in it is damaged.
    """
    folder = Path(folder)
    record = read_record(folder)
    agent_class = registry.resolve(record.agent)
    weights = find_weights(folder, record)
    if weights.name == ARRAY_WEIGHTS:
        return record, _load_arrays(agent_class, weights, record)
    from isac_agents.algorithms.weights import warm_start

    return record, warm_start(make_learner(record), weights)


def find_weights(folder: Path, record: RunRecord) -> Path:
    """Return the file of weights of a run, and load nothing.

    Raises:
        IsacError: If the run is not finished, or the file is missing or another one.
    """
    if record.status != "finished":
        raise IsacError(f"{folder}: the run is not finished")
    found = [path for path in (folder / TORCH_WEIGHTS, folder / ARRAY_WEIGHTS) if path.is_file()]
    if not found:
        raise IsacError(f"{folder}: has neither {TORCH_WEIGHTS} nor {ARRAY_WEIGHTS}")
    if sha256(found[0]) != record.weights_sha256:
        raise IsacError(f"{found[0]}: these are not the weights that the run wrote")
    return found[0]


def _load_arrays(agent_class: Any, path: Path, record: RunRecord) -> Any:
    from isac_agents.vec_env import BatchVecEnv

    try:
        return agent_class.load(path, env=BatchVecEnv(record.model(), 1, seed=record.seed))
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise IsacError(f"{path}: the weights cannot be loaded: {error}") from error
