"""Tracks of ``isac/VcpsView-v0`` from a file: labels, clocks, encodings, paths, wrong rows."""

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vcps_view_play import ID, Play

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import ScenarioError

Rows = list[tuple[str, float, float, float]]


def text_of(rows: Rows) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("vehicle", "t", "x", "y"), *rows])
    return file.getvalue()


def moving(labels: Any, start: float = 0.0) -> Rows:
    """Return four rows for each label, ten seconds apart; each is faster than the one before."""
    return [
        (label, start + 10.0 * k, 100.0 + 10.0 * v * k, 500.0)
        for v, label in enumerate(labels)
        for k in range(4)
    ]


def tracks_of(path: Path, content: str | bytes, **overrides: Any) -> Any:
    """Return what the environment reads from a file, shape ``(vehicles, slots, 2)``."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    model = scenarios.build(ID, None, {"tracks_csv": str(path), **overrides})
    return model.params.derived()["tracks"]


def test_tracks_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    path.write_text(text_of(moving(range(12))))
    play = Play(tracks_csv=str(path))
    # the ten that go furthest, furthest first, interpolated and held at the end
    assert play.tracks["x_m"][0, :31:10] == pytest.approx([100, 210, 320, 430])
    assert play.tracks["x_m"][0, 5] == pytest.approx(155)
    assert play.tracks["x_m"][9, 300 - 1] == pytest.approx(100 + 2 * 30)
    assert (play.tracks["y_m"] == 500).all()
    vector = VectorEnv(ID, 2, tracks_csv=str(path))
    vector.reset(seed=0)
    assert np.isfinite(vector.step(vector.action_space.sample())[1]).all()


LABELS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=8)


@settings(deadline=None, max_examples=20)
@given(
    labels=st.lists(LABELS.map(str.strip).filter(bool), min_size=2, max_size=6, unique=True),
    start=st.sampled_from([0.0, -30.0, 25200.0, 1.7e9]),
    random=st.randoms(use_true_random=False),
)
def test_any_label_any_start_and_any_order_give_the_same_tracks(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str], start: float, random: Any
) -> None:
    """``0.1`` and ``0.10`` are two vehicles, ``veh0`` is one, and 25200 s is a start like 0."""
    folder = tmp_path_factory.mktemp("tracks")
    plain = tracks_of(folder / "a.csv", text_of(moving(range(len(labels)))), vehicles=len(labels))
    rows = moving(labels, start)
    random.shuffle(rows)
    shuffled = tracks_of(folder / "b.csv", text_of(rows), vehicles=len(labels))
    assert shuffled == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize("names", [("0.1", "0.10"), ("1", "01"), ("veh0", "VEH0"), ("1", "1.0")])
def test_labels_that_look_alike_stay_apart(tmp_path: Path, names: tuple[str, str]) -> None:
    assert tracks_of(tmp_path / "a.csv", text_of(moving(names)), vehicles=2).shape == (2, 300, 2)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_mark_and_line_ends_make_no_difference(tmp_path: Path, mark: bytes, end: str) -> None:
    content = text_of(moving(["Straße 1", "東京"])).replace("\r\n", end).encode()
    assert tracks_of(tmp_path / "a.csv", mark + content, vehicles=2).max() == 500.0


def test_a_later_vehicle_waits_where_it_begins(tmp_path: Path) -> None:
    rows: Rows = [("a", 100.0, 0.0, 0.0), ("a", 110.0, 50.0, 0.0), ("b", 105.0, 7.0, 7.0)]
    tracks = tracks_of(tmp_path / "a.csv", text_of([*rows, ("b", 110.0, 7.0, 17.0)]), vehicles=2)
    assert tracks[0, :, 0] == pytest.approx(np.minimum(5.0 * np.arange(300), 50.0))
    assert tracks[1, :7, 1] == pytest.approx([7, 7, 7, 7, 7, 7, 9])


HEAD = "vehicle,t,x,y\n"
WRONG = {
    "no column": ("vehicle,t,x\n0,0,1\n", ["column 'y' is missing"]),
    "column twice": ("vehicle,t,x,y,x\n0,0,1,1,1\n", ["column 'x' is there twice"]),
    "too few vehicles": (f"{HEAD}0,0,1,1\n", ["1 vehicles, valid: >= vehicles = 10"]),
    "no number": (f"{HEAD}0,0,1,1\n0,1,1,far\n", ["line 3, column 'y': 'far'"]),
    "a quoted line": (f'{HEAD}"a\nb",0,1,1\n0,zero,1,1\n', ["line 4, column 't': 'zero'"]),
    "not finite": (f"{HEAD}0,nan,1,1\n", ["line 2, column 't': 'nan'", "valid"]),
    "infinite": (f"{HEAD}0,0,-inf,1\n", ["line 2, column 'x': '-inf'", "-1e+06..1e+06 m"]),
    "too far": (f"{HEAD}0,0,1,5.3e6\n", ["line 2, column 'y': '5.3e6'", "1e+06"]),
    "short row": (f"{HEAD}0,0,1\n", ["line 2, column 'y'"]),
    "long row": (f"{HEAD}0,0,1,1,9\n", ["line 2", "['9']"]),
    "no label": (f"{HEAD} ,0,1,1\n", ["line 2, column 'vehicle'"]),
    "time twice": (f"{HEAD}a,0,1,1\na,0.0,2,1\n", ["line 3, column 't': '0.0'", "'a'"]),
    "open quote": (f'{HEAD}0,0,1,"1\n', ["line"]),
    "no rows": (HEAD, ["0 vehicles"]),
    "empty": ("", ["column 'vehicle' is missing"]),
    "another encoding": (f"{HEAD}Straße,0,1,1\n".encode("latin-1"), ["UTF-8"]),
    "sixteen bits": (f"{HEAD}0,0,1,1\n".encode("utf-16"), ["UTF-8"]),
    "zeros": (b"\0" * 64, ["tracks_csv"]),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_refused(tmp_path: Path, what: str) -> None:
    content, expected = WRONG[what]
    path = tmp_path / "wrong.csv"
    with pytest.raises(ScenarioError) as caught:
        tracks_of(path, content)
    message = str(caught.value)
    assert not [part for part in ["tracks_csv", str(path), *expected] if part not in message]


@pytest.mark.parametrize("path", ["none.csv", ".", "/dev/zero", "a\0b.csv", "x" * 5000])
def test_what_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(ScenarioError, match="tracks_csv"):
        scenarios.build(ID, None, {"tracks_csv": path})


def scenario_with(folder: Path, tracks: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "mine.toml"
    path.write_text(
        f'environment = "{ID}"\nname = "mine"\nsummary = "One."\nsource = "None."\n'
        f"[parameters]\ntracks_csv = {tracks!r}\n"
    )
    return path


def test_a_path_is_relative_to_the_file_that_states_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = text_of(moving(range(10))), text_of(moving(range(3, 13)))
    path = scenario_with(tmp_path / "scenario", "tracks.csv")
    beside = tmp_path / "scenario" / "tracks.csv"
    beside.write_text(near)
    (tmp_path / "tracks.csv").write_text(far)
    monkeypatch.chdir(tmp_path)
    for file in (path, path.relative_to(tmp_path)):  # of a file: beside it
        assert scenarios.build(ID, file, {}).params.tracks_csv == str(beside)
    given = scenarios.build(ID, None, {"tracks_csv": "tracks.csv"})  # of a user: where they are
    assert given.params.tracks_csv == str(tmp_path / "tracks.csv")
    both = scenarios.build(ID, path, {"tracks_csv": "tracks.csv"})
    assert both.params.tracks_csv == str(tmp_path / "tracks.csv")
    assert scenarios.load(ID, scenario_with(tmp_path / "other", str(beside))).parameters == (
        scenarios.load(ID, path).parameters
    )


def test_the_hash_is_of_the_content_not_of_the_place(tmp_path: Path) -> None:
    hashes = []
    for folder, last in (("a", 13), ("b", 13), ("c", 14)):
        path = scenario_with(tmp_path / folder, "tracks.csv")
        (tmp_path / folder / "tracks.csv").write_text(text_of(moving(range(3, last))))
        hashes.append(scenarios.load(ID, path).hash)
    assert hashes[0] == hashes[1] != hashes[2]
    assert len(hashes[0]) == len(hashlib.sha256().hexdigest())
