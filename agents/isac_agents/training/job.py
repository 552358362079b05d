"""One run to train: what is planned here, and done wherever it is sent."""

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
        record: What is trained.
        folder: The folder that it fills.
        resume: Go on where the folder's run was interrupted.
        checkpoint_every: Environment steps between two checkpoints; 0 for none; None for as many
            that they cost 2 % of the time.
        wandb: Project of Weights & Biases that the learning curves go to as well; empty for none.
        trust_checkpoints: Go on from what another user or machine has written, too.
        key: Of the user, whose seal is on what is written, wherever the job is done.
    """

    record: RunRecord
    folder: Path
    resume: bool = False
    checkpoint_every: int | None = None
    wandb: str = ""
    trust_checkpoints: bool = False
    key: bytes = field(default_factory=seal.key, repr=False, compare=False)

    def announce(self) -> None:
        """Let this process read the folder as the one that has planned the job."""
        seal.adopt(self.key)
        for name in (self.record.environment, self.record.agent):
            announce(name)
