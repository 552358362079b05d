"""What the tests of continued runs share: short runs of every agent, and how runs are compared."""

import csv
import json

import numpy as np
import pytest

from isac_agents import registry
from isac_agents.runs import checkpoints, seal
from isac_agents.runs import record as runs
from isac_agents.training.interface import misfit
from isac_agents.training.plan import plan_jobs
from isac_agents.training.train_jobs import train
from isac_envs import scenarios

TIMES = {"time/fps", "time/time_elapsed"}
PLACES = (
    ("isac/ModeSelect-v0", {"horizon": 40}),
    ("isac/DirectionalJrcSingle-v0", {"horizon": 40}),
    ("isac/BeamTrack-v0", {"horizon": 10, "action": "pointing"}),
)
TEAMS = {
    "mappo": "isac/JrcAoiMulti-v0", "imitation_mappo": "isac/JrcAoiMulti-v0",
    "gnn_ppo": "isac/DirectionalJrc-v0",
}  # fmt: skip
SMALL = {
    "n_steps": 16, "batch_size": 64, "n_epochs": 2, "learning_starts": 300, "gradient_steps": 1,
    "buffer_size": 3000, "train_freq": 2,
}  # fmt: skip
OWN = {
    "a2c": {"n_steps": 8},
    "lstm_predictor": {"hidden": 8, "rounds": 4, "batch_size": 64},
    "rollout_iteration": {"rounds": 4, "candidates": 4, "branch_steps": 2, "epochs": 1},
}
STEPS, EVERY = 4_000, 1_000


def short(agent):
    """Return an environment, its parameters and hyper-parameters for a short run of an agent."""
    spec = registry.preset(agent)
    hyper = {name: value for name, value in SMALL.items() if name in spec.hyper_parameters}
    hyper = {**OWN.get(agent, hyper), "num_envs": min(spec.num_envs, 64)}
    if agent in TEAMS:  # every agent's step is counted
        return TEAMS[agent], {"horizon": 40}, {**hyper, "n_steps": 2}
    for environment, parameters in PLACES:
        if not misfit(spec, scenarios.build(environment, None, parameters)):
            return environment, parameters, hyper
    raise AssertionError(f"no environment for {agent}")


def arguments(agent, out, *more, steps=STEPS, every=EVERY):
    """Return the arguments of ``isac`` for a short run of an agent."""
    environment, parameters, hyper = short(agent)
    texts = [f"{name}={value}" for name, value in parameters.items()]
    return [
        "train", environment, "--agent", agent, "--steps", str(steps), "--out", str(out),
        "--parameters", *texts, "--hyper", *(f"{name}={value}" for name, value in hyper.items()),
        "--checkpoint-every", str(every), "--episodes", "2", "--json", *more,
    ]  # fmt: skip


def folder(out):
    """Return the only run folder."""
    (found,) = out.rglob("run.toml")
    return found.parent


def weights(run):
    """Return the weights of a run as arrays by name."""
    with np.load(run / "weights.npz") as saved:
        return {name: saved[name] for name in saved.files}


def curves(run):
    """Return the lines of ``progress.csv`` without the times."""
    with (run / "progress.csv").open() as file:
        rows = [*csv.DictReader(file)]
    return [{name: row[name] for name in row.keys() - TIMES} for row in rows]


def assert_same(one, other):
    """Two runs came to the same numbers, bit by bit."""
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    for name, values in first.items():
        assert values.tobytes() == second[name].tobytes(), name
    assert curves(one) == curves(other)


def read_tree(path):
    """Return the content of the second file of a checkpoint without hash and seal."""
    content = json.loads(path.read_text())
    return {name: part for name, part in content.items() if name not in ("hash", "seal")}


def write_tree(path, content, seal=seal.seal):
    """Write the second file of a checkpoint with all hashes as they must be.

    Args:
        path: The file.
        content: As :func:`read_tree`.
        seal: Makes the seal; the user's own, to reach what lies behind it, if left out.
    """
    if path.with_suffix(".npz").is_file():
        content = {**content, "arrays_sha256": runs.sha256(path.with_suffix(".npz"))}
    hashed = checkpoints._hash(content)
    stated = seal(checkpoints._PURPOSE, hashed)
    path.write_text(json.dumps({"seal": stated, "hash": hashed, **content}))


class Stopped(Exception):
    """Leaves a training at any place."""


def unfinished(out, until=3500, agent="q_learning", environment="isac/ModeSelect-v0", **settings):
    """Train an agent until a step with a checkpoint every 1000; return the folder."""
    (job,) = plan_jobs(environment, agent, steps=4_000, out=out, checkpoint_every=1000, **settings)

    def report(steps):
        if steps >= until:
            raise Stopped

    with pytest.raises(Stopped):
        train(job, report)
    return job.folder
