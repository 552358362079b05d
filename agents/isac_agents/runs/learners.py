"""Learners of runs: create them from a record, save them as plain arrays, and load them."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from isac_agents import registry
from isac_agents.arrays import read_arrays, write_arrays
from isac_agents.runs.learner_size import refuse_too_large
from isac_agents.runs.record import RunRecord, read_record, sha256, write_atomically
from isac_envs.errors import IsacError

WEIGHTS = "weights.npz"


def make_learner(record: RunRecord) -> Any:
    """Create a learner and its environment, both seeded.

    Raises:
        IsacError: If a hyper-parameter is not valid or a package is missing.
    """
    from isac_agents.adapters.vec_env import BatchVecEnv

    env = BatchVecEnv(record.model(), record.num_envs)
    spec = replace(registry.preset(record.agent), hyper_parameters=record.hyper_parameters)
    refuse_too_large(record.hyper_parameters, env)
    try:
        agent = registry.create(spec, env, record.seed)
    except IsacError:
        raise
    except (TypeError, ValueError, AssertionError, ArithmeticError, MemoryError) as error:
        raise IsacError(f"agent {record.agent}: {error or type(error).__name__}") from error
    except Exception as error:  # third-party learners may raise anything
        raise IsacError(f"agent {record.agent}: {type(error).__name__}: {error}") from error
    env.seed(record.seed * record.num_envs)  # blocks of runs with other seeds must not overlap
    return agent


def save_learner(agent: Any, folder: Path) -> Path:
    """Write the weights of a learner into a run folder and return their file.

    Raises:
        IsacError: If a weight is not finite (the training has diverged), or an agent with its own
            ``save`` writes anything but plain arrays.
    """
    weights = folder / WEIGHTS
    if not _has_policy(agent):

        def save(path: Path) -> None:
            agent.save(path)
            read_arrays(path)

        write_atomically(weights, save)
        return weights
    from isac_agents.algorithms.weights import save_weights

    for name, weight in agent.policy.state_dict().items():
        if not bool(weight.isfinite().all()):
            raise IsacError(f"{folder}: the training has diverged, {name} is not finite")
    write_atomically(weights, lambda path: save_weights(agent, path))
    return weights


def load(folder: str | Path) -> tuple[RunRecord, Any]:
    """Load the record and the trained agent of a run folder.

    Raises:
        IsacError: If the folder is not a finished run or a file in it is damaged.
    """
    folder = Path(folder)
    record = read_record(folder)
    weights = find_weights(folder, record)
    arrays = read_arrays(weights)
    agent = make_learner(record)
    if not _has_policy(agent):
        return record, _revive(type(agent), arrays, weights, record)
    from isac_agents.algorithms.weights import as_weights, warm_start

    return record, warm_start(agent, as_weights(arrays, weights))


def find_weights(folder: Path, record: RunRecord) -> Path:
    """Return the weights file of a run without loading it.

    Raises:
        IsacError: If the run is not finished, or the file is missing or was replaced.
    """
    if record.status != "finished":
        raise IsacError(f"{folder}: the run is not finished")
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise IsacError(f"{folder}: has no {WEIGHTS}")
    if sha256(weights) != record.weights_sha256:
        raise IsacError(f"{weights}: these are not the weights that the run wrote")
    return weights


def _has_policy(agent: Any) -> bool:
    """Return whether an agent keeps all that it has learned in the weights of a policy."""
    return hasattr(agent, "policy") and hasattr(agent.policy, "state_dict")


def _revive(agent_class: Any, arrays: dict[str, Any], path: Path, record: RunRecord) -> Any:
    """Let a user-defined agent load what it saved.

    The file of the run may be untrusted. The agent therefore gets a new file with the arrays found
    there: whatever its ``load`` interprets, the file holds nothing but numbers.
    """
    from isac_agents.adapters.vec_env import BatchVecEnv

    env = BatchVecEnv(record.model(), 1, seed=record.seed)
    try:
        with TemporaryDirectory() as place:
            write_arrays(Path(place) / WEIGHTS, arrays)
            return agent_class.load(Path(place) / WEIGHTS, env=env)
    except Exception as error:  # third-party code may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise IsacError(f"{path}: the weights cannot be loaded: {reason}") from error
