"""One run to train: planned in one place, trained in any process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from isac_agents.runs import seal
from isac_agents.runs.record import RunRecord
from isac_envs.catalog import announce

Report = Callable[[int], None]
"""Called with the number of environment steps done so far."""


@dataclass(frozen=True)
class Job:
    """One run to train.

    Attributes:
        record: Settings of the run.
        folder: Run folder to write.
        resume: Resume the interrupted run of the folder.
        checkpoint_every: Environment steps between two checkpoints; 0 for none; None chooses the
            interval so that checkpoints take about 2 % of the time.
        wandb: Weights & Biases project that also receives the learning curves; empty for none.
        trust_checkpoints: Also resume from checkpoints of another user or machine.
        key: Key of the user's seal, for files written wherever the job is done.
    """

    record: RunRecord
    folder: Path
    resume: bool = False
    checkpoint_every: int | None = None
    wandb: str = ""
    trust_checkpoints: bool = False
    key: bytes = field(default_factory=seal.key, repr=False, compare=False)

    def announce(self) -> None:
        """Give this process the key of the process that planned the job."""
        seal.adopt(self.key)
        for name in (self.record.environment, self.record.agent):
            announce(name)
