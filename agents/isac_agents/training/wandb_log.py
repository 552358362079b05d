"""Learning curves on Weights & Biases, beside ``progress.csv`` and TensorBoard."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import KVWriter

from isac_agents.runs.record import RunRecord
from isac_envs.errors import IsacError


def require() -> None:
    """Refuse early where the package is missing.

    Raises:
        IsacError: If it is not installed.
    """
    if find_spec("wandb") is None:
        raise IsacError("the option --wandb needs Weights & Biases: pip install wandb")


class Writer(KVWriter):
    """Sends what a logger of Stable-Baselines3 records to a run of Weights & Biases.

    Args:
        run: What ``wandb.init`` returned; it is finished with the logger.
    """

    def __init__(self, run: Any) -> None:
        self.run = run

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Send the numbers of a row."""
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
    """Log a run to a project; a learner without a logger of Stable-Baselines3 has nothing to log.

    Args:
        agent: The learner, its logger set.
        record: The run; it becomes the configuration.
        folder: Its folder, which keeps the local files of Weights & Biases.
        project: Name of the project.

    Raises:
        IsacError: If the package is missing or refuses.
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
