"""One training in its run folder, from locking the folder to saving the weights."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm

from isac_agents.adapters.nan_guard import NotFiniteError
from isac_agents.runs.checkpoints import Checkpoint, CheckpointFolder
from isac_agents.runs.folder_lock import LOCK, locked
from isac_agents.runs.learners import load, make_learner, save_learner
from isac_agents.runs.record import (
    RECORD,
    RunRecord,
    held_run,
    remove_temporary,
    sha256,
    write_record,
)
from isac_agents.text import note
from isac_agents.training import wandb_log
from isac_agents.training.checkpoint_callback import CheckpointCallback
from isac_agents.training.greedy_curve import GreedyCurve
from isac_agents.training.job import Job, Report
from isac_agents.training.learner_state import unsound_weights
from isac_agents.training.resumption import continued
from isac_agents.training.run_log import CURVES, EVENTS, RunLog
from isac_agents.training.state_tree import StateTreeError
from isac_envs.errors import IsacError


def run_session(job: Job, report: Report | None) -> Any:
    """Train one run, write its folder and return the agent.

    Raises:
        IsacError: See :func:`isac_agents.training.train_jobs.train`.
    """
    job.folder.mkdir(parents=True, exist_ok=True)
    with locked(job.folder):
        before = held_run(job.folder)
        if before is not None:
            same = before.is_same(job.record, as_continued=job.resume)
            if not same and not (job.resume and before.identity == job.record.identity):
                raise IsacError(f"{job.folder}: holds a run with other settings")
            if before.status == "finished":  # by another process, after this one was planned
                return load(job.folder)[1]
        remove_temporary(job.folder)
        begin = _begin(job, before)
        record = job.record
        if before is not None and begin is not None:
            record = continued(before, record, begin.steps)
        write_record(job.folder, record)
        try:
            return _train(job, record, begin, report)
        except BaseException:
            if before is None or before.status == "planned":
                _discard_empty(job.folder)
            raise


def _discard_empty(folder: Path) -> None:
    """Remove the folder of a run without a checkpoint, which could not be resumed."""
    checkpoints = folder / "checkpoints"
    if any(checkpoints.glob("*.json")):
        return
    with suppress(OSError):  # a folder with files of the user stays
        remove_temporary(folder)
        for pattern in (RECORD, CURVES, EVENTS, LOCK):
            for path in folder.glob(pattern):
                path.unlink()
        if checkpoints.is_dir():
            checkpoints.rmdir()
        for path in (folder, *folder.parents[:2]):
            path.rmdir()


def _begin(job: Job, before: RunRecord | None) -> Checkpoint | None:
    """Return the checkpoint to resume from; without one, clear the folder."""
    checkpoints = CheckpointFolder(job.folder, before or job.record)
    for path in job.folder.glob("weights.*"):
        path.unlink()
    if before is not None and job.resume:
        begin = checkpoints.newest(job.trust_checkpoints)
        if begin is not None:
            return begin
        if before.status != "planned":
            note(f"{job.folder}: no checkpoint yet, the run starts over")
    elif before is not None and checkpoints.steps():
        note(
            f"{job.folder}: the unfinished run starts over; --resume would continue from step "
            f"{checkpoints.steps()} of {before.steps}, which is possible until the next checkpoint"
        )
    checkpoints.clear_failure()
    for pattern in (CURVES, EVENTS):
        for path in job.folder.glob(pattern):
            path.unlink()
    return None


def _train(job: Job, record: RunRecord, begin: Checkpoint | None, report: Report | None) -> Any:
    agent = make_learner(record)
    checkpoints = CheckpointFolder(job.folder, record, begin)
    curve = GreedyCurve(record) if isinstance(agent, BaseAlgorithm) else None
    checkpointing = CheckpointCallback(checkpoints, begin, job.checkpoint_every, report, curve)
    callback: Any = checkpointing
    if isinstance(agent, BaseAlgorithm):
        agent.set_logger(RunLog(job.folder, begin.log if begin else None))
        if job.wandb:
            wandb_log.attach(agent, record, job.folder, job.wandb)
    else:
        callback = _function(report)
    try:
        _learn(agent, record, callback, begin is not None)
    except NotFiniteError as error:
        reason = f"stopped after {getattr(agent, 'num_timesteps', '?')} environment steps: {error}"
        kept = _keep_failed(agent, checkpointing, checkpoints, reason)
        raise IsacError(f"{job.folder}: {reason}{kept}") from error
    finally:
        if isinstance(agent, BaseAlgorithm):
            agent.logger.close()
    try:
        weights = save_learner(agent, job.folder)
    except OSError as error:
        steps = checkpoints.steps()
        again = f"; --resume continues from step {steps}" if steps else ""
        raise IsacError(
            f"{job.folder}: the weights cannot be written: {error.strerror}{again}"
        ) from error
    finished = {
        "status": "finished",
        "cpu_seconds": round(checkpointing.cpu_seconds, 3),
        "weights_sha256": sha256(weights),
    }
    write_record(job.folder, record.model_copy(update=finished))
    return agent


def _learn(agent: Any, record: RunRecord, callback: Any, continued: bool) -> None:
    """Let an agent learn, from the start or from a checkpoint, which may be untrusted.

    Raises:
        NotFiniteError: If a reward, a loss or a weight is not finite.
        IsacError: If the agent does not accept its hyper-parameters.
    """
    try:
        agent.learn(total_timesteps=record.steps, callback=callback)
    except IsacError:
        raise
    except (TypeError, ValueError, AssertionError) as error:
        weight = unsound_weights(agent)  # distributions reject the outputs of such a network
        if weight:
            raise NotFiniteError(f"weight {weight} is not finite") from error
        if "found invalid values" in str(error):  # the same, of weights that are only too large
            raise NotFiniteError("an output of the policy is not finite") from error
        raise IsacError(f"agent {record.agent}: {error}") from error
    except (LookupError, AttributeError, ArithmeticError, RuntimeError) as error:
        if not continued:
            raise
        reason = f"{type(error).__name__}: {error}"
        raise IsacError(f"agent {record.agent}: cannot resume its checkpoint: {reason}") from error
    weight = unsound_weights(agent)
    if weight:
        raise NotFiniteError(f"weight {weight} is not finite: the training has diverged")


def _keep_failed(
    agent: Any, checkpointing: CheckpointCallback, checkpoints: CheckpointFolder, reason: str
) -> str:
    """Keep the state of a failed training; return the text to add to its message."""
    if not isinstance(agent, BaseAlgorithm):
        return ""
    try:
        checkpoints.write_failed(checkpointing.state(), reason)
    except (StateTreeError, OSError) as error:
        return f" (its state could not be kept: {error})"
    return f"; its state is kept in {checkpoints.path}"


def _function(report: Report | None) -> Any:
    """Return the callback for agents not based on Stable-Baselines3."""
    if report is None:
        return None

    def call(local: dict[str, Any], _: dict[str, Any]) -> bool:
        report(int(local["self"].num_timesteps))
        return True

    return call
