"""Run folders that several files look at: one that was interrupted, and the same one whole."""

import shutil

import pytest
from command import NAME
from resuming import STEPS, unfinished

from isac_agents.training.plan import plan_jobs
from isac_agents.training.train_jobs import train


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    return unfinished(tmp_path_factory.mktemp("interrupted"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    (job,) = plan_jobs(NAME, "q_learning", steps=STEPS, out=tmp_path_factory.mktemp("whole"))
    train(job)
    return job.folder


@pytest.fixture
def run(interrupted, tmp_path):
    return shutil.copytree(interrupted, tmp_path / "run")
