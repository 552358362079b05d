"""Sizes are checked before anything is allocated, and what comes from files is shown as text."""

import os
import shutil
import tomllib
from contextlib import suppress

import pytest
import tomlkit
from command import NAME, isac, refused
from fuzzing.mutations import MARKUP
from fuzzing.payloads import expanding

from isac_agents import arrays
from isac_agents.arrays import read_arrays
from isac_agents.commands.output import console
from isac_agents.runs.record import RunRecord
from isac_agents.tables import markdown, table
from isac_agents.training.plan import plan_jobs
from isac_agents.training.train_jobs import train
from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.errors import IsacError
from isac_envs.files import read_toml

TOML = {
    "nested arrays": ("x = " + "[" * 5000, "16 deep"),
    "nested tables": ("x = " + "{a=" * 5000, "16 deep"),
    "a long key": ("a" + ".a" * 5000 + " = 1", "16 deep"),
    "deep tables": (f"[{'.'.join('abcdefghijklmnopqrst')}]", "16 deep"),
    "many digits": ("x = " + "9" * 5000, "digits"),
    "many hexadecimal digits": ("x = 0x" + "f" * 5000, "limit is 1024"),
    "a large file": ("#" * 300_000, "limit of 256 KiB"),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    (job,) = plan_jobs(NAME, "a2c", steps=320, out=tmp_path_factory.mktemp("finished"))
    train(job)
    return job.folder


def changed(folder, **changes):
    """Change a record, with its hash as it must be where it still is a record."""
    path = folder / "run.toml"
    content = tomllib.loads(path.read_text()) | changes
    stated = content.pop("record_hash")
    with suppress(ValueError):
        stated = RunRecord(**content).content_hash
    path.write_text(tomlkit.dumps({"record_hash": stated, **content}))


@pytest.mark.parametrize("case", TOML)
def test_toml_is_read_up_to_a_size_and_a_depth(case, tmp_path):
    path = tmp_path / "file.toml"
    text, words = TOML[case]
    path.write_text(text)
    with pytest.raises(IsacError, match=words):
        read_toml(path)


def test_devices_and_pipes_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    for name in ("pipe.toml", "zero.toml"):
        with pytest.raises(IsacError, match="not a plain file"):
            scenarios.validate(tmp_path / name)


def test_arrays_are_read_up_to_a_size(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "LARGEST", 1 << 20)
    path = tmp_path / "arrays.npz"
    path.write_bytes(expanding(1 << 22))
    assert path.stat().st_size < 1 << 14
    with pytest.raises(IsacError, match=r"expands to .* limit"):
        read_arrays(path)
    path.write_bytes(expanding(1 << 19))
    assert read_arrays(path)["action"].nbytes == 1 << 19


def test_copies_that_do_not_fit_into_memory_are_refused():
    with pytest.raises(IsacError, match=r"10+ copies .* limit"):
        Batch(scenarios.build(NAME, None, {}), 10**12)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_envs": 10**12}, "less than or equal to 65536"),
        ({"steps": 10**18}, "less than or equal to 1000000000000"),
        ({"hyper_parameters": {"policy": "MlpPolicy", "n_steps": 10**12}}, "limit"),
        (
            {"hyper_parameters": {"policy": "MlpPolicy", "policy_kwargs": {"net_arch": [10**6]}}},
            "policy_kwargs",
        ),
        ({"agent": "ddqn", "hyper_parameters": {"policy": "MlpPolicy", "buffer_size": 10**13}},
         "replay buffers"),
    ],
)  # fmt: skip
def test_records_that_ask_for_too_much_are_refused(changes, words, finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    changed(folder, **changes)
    assert words in refused("evaluate", str(folder), "--episodes", "2", "--json")


@pytest.mark.parametrize("text", MARKUP)
def test_names_are_shown_as_text(text, capsys):
    console().print(table(text, [text], [[text]]))
    console().print(text)
    shown = capsys.readouterr().out
    assert not [each for each in shown if ord(each) < 32 and each != "\n"]
    if text.isascii() and text.isprintable() and text.strip():
        assert shown.count(text.strip()) >= 4
    row = markdown(["name"], [[text]]).splitlines()[2]
    assert row.replace("\\|", "").count("|") == 2
    assert "<" not in row


def test_a_report_shows_names_as_text(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "runs" / "run")
    changed(folder, scenario="".join(MARKUP), git=MARKUP[1], versions={MARKUP[0]: MARKUP[2]})
    page, text = tmp_path / "report.html", tmp_path / "report.md"
    places = ("--out", str(page), "--markdown", str(text))
    done = isac("report", str(folder.parent), "--episodes", "2", *places)
    assert done.returncode == 0, done.stderr
    html = page.read_text()
    assert 'aria-label="Objectives' in html
    assert ' onload="' not in html
    assert not [each for each in html if ord(each) < 32 and each not in "\n\t"]
    for written in (html, text.read_text()):
        assert "<script" not in written
