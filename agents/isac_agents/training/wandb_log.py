"""Learning curves on Weights & Biases, besides ``progress.csv`` and TensorBoard."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import KVWriter

from isac_agents.runs.record import RunRecord
from isac_envs.errors import IsacError


def require() -> None:
    """Fail early if the package is missing.

    Raises:
        IsacError: If it is not installed.
    """
    if find_spec("wandb") is None:
        raise IsacError("the option --wandb needs Weights & Biases: pip install wandb")


class Writer(KVWriter):
    """Sends the records of a Stable-Baselines3 logger to a run of Weights & Biases.

    Args:
        run: Run from ``wandb.init``; it finishes with the logger.
    """

    def __init__(self, run: Any) -> None:
        self.run = run

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Send the numbers of a row.

        Args:
            key_values: Values by name; those that are not numbers are skipped.
            key_excluded: Outputs that omit a value, by name.
            step: Environment steps so far.
        """
        numbers = {
            key: float(value)
            for key, value in key_values.items()
            if hasattr(value, "__float__") and "wandb" not in (key_excluded[key] or ())
        }
        self.run.log(numbers, step=step)

    def close(self) -> None:
        """Finish the run."""
        self.run.finish()


def attach(agent: Any, record: RunRecord, folder: Path, project: str) -> None:
    """Log a run to a project; learners without a Stable-Baselines3 logger are skipped.

    Args:
        agent: Learner with its logger.
        record: The run; it becomes the configuration.
        folder: Run folder, which also receives the local files of Weights & Biases.
        project: Name of the project.

    Raises:
        IsacError: If the package is missing or fails.
    """
    require()
    if not hasattr(agent, "logger"):
        return
    wandb = import_module("wandb")
    group = f"{record.environment}, {record.scenario}, {record.agent}"
    try:
        run = wandb.init(
            project=project,
            name=f"{group}, seed {record.seed}",
            group=group,
            config=record.model_dump(mode="json"),
            dir=str(folder),
        )
    except Exception as error:  # no account, no network
        agent.logger.close()
        raise IsacError(f"Weights & Biases: {type(error).__name__}: {error}") from error
    agent.logger.output_formats.append(Writer(run))
