"""Traces in ``isac/VcpsView-v0``: scenes, paths, hashes, refusals that name the parameter."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vcps_view_play import ID, Play

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import ScenarioError

Rows = list[tuple[str, float, float, float]]


def text_of(rows: Rows) -> str:
    return "id,t,x,y\n" + "".join(f"{name},{t},{x},{y}\n" for name, t, x, y in rows)


def moving(labels: Any, start: float = 0.0) -> Rows:
    """Return four rows for each label, ten seconds apart; each is faster than the one before."""
    return [
        (label, start + 10.0 * k, 100.0 + 10.0 * v * k, 500.0)
        for v, label in enumerate(labels)
        for k in range(4)
    ]


def scenes_of(path: Path, content: str, **overrides: Any) -> Any:
    """Return what the environment reads from a file, shape ``(scenes, vehicles, slots, 2)``."""
    path.write_text(content)
    model = scenarios.build(ID, None, {"traces": str(path), **overrides})
    return model.params.derived()["scenes"]


def test_tracks_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    path.write_text(text_of(moving(range(12))))
    play = Play(traces=str(path))
    # the ten that go furthest, furthest first, interpolated and held at the end
    assert play.tracks["x_m"][0, :31:10] == pytest.approx([100, 210, 320, 430])
    assert play.tracks["x_m"][0, 5] == pytest.approx(155)
    assert play.tracks["x_m"][9, 300 - 1] == pytest.approx(100 + 2 * 30)
    assert (play.tracks["y_m"] == 500).all()
    vector = VectorEnv(ID, 2, traces=str(path))
    vector.reset(seed=0)
    assert np.isfinite(vector.step(vector.action_space.sample())[1]).all()


def test_episodes_show_scenes_of_a_long_trace(tmp_path: Path) -> None:
    scenes = scenes_of(tmp_path / "a", text_of(moving(range(2))), vehicles=2, slots=20, horizon=20)
    assert scenes.shape == (12, 2, 20, 2)  # 31 s hold twelve
    starts = set()
    for seed in range(60):
        play = Play(seed=seed, traces=str(tmp_path / "a"), vehicles=2, slots=20, horizon=20)
        starts.add(float(play.tracks["x_m"][0, 0]))
    assert starts == {100.0 + k for k in range(12)}
    fixed = [Play(seed=s, traces=str(tmp_path / "a"), vehicles=2, slots=20, horizon=20, instance=4)
             for s in range(3)]  # fmt: skip
    assert len({float(each.tracks["x_m"][0, 0]) for each in fixed}) == 1


def test_the_grid_of_sumo_has_lights_and_streets() -> None:
    """Cars are on the streets of the network, stop at lights, and keep to the map."""
    model = scenarios.build(ID, "sumo_grid", {})
    scenes = model.params.derived()["scenes"]
    assert scenes.shape == (32, 10, 300, 2)
    assert (scenes > -5.0).all()
    assert (scenes < 1005.0).all()
    off = np.abs((scenes + 100.0) % 200.0 - 100.0).min(axis=-1)  # to the nearest street's middle
    assert off.max() < 6.0
    speeds = np.hypot(*np.moveaxis(np.diff(scenes, axis=2), -1, 0))
    assert speeds.max() < 1.3 * 13.9
    assert 0.1 < (speeds < 0.1).mean() < 0.9


WRONG = {
    "no column": ("vehicle,t,x\n0,0,1\n", "line 1: column 'y' is missing"),
    "too few vehicles": ("id,t,x,y\n0,0,1,1\n0,1,1,1\n", "1 vehicles within 300 s, valid: >= "),
    "no number": ("id,t,x,y\n0,0,1,1\n0,1,1,far\n", "line 3: column 'y': 'far'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_refused(tmp_path: Path, what: str) -> None:
    content, expected = WRONG[what]
    with pytest.raises(ScenarioError) as caught:
        scenes_of(tmp_path / "wrong.csv", content)
    message = str(caught.value)
    assert not [part for part in ["traces", str(tmp_path), expected] if part not in message]


@pytest.mark.parametrize("path", ["none.csv", ".", "/dev/zero", "a\0b.csv", "x" * 5000])
def test_what_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(ScenarioError, match="traces"):
        scenarios.build(ID, None, {"traces": path})


def scenario_with(folder: Path, tracks: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "mine.toml"
    path.write_text(
        f'environment = "{ID}"\nname = "mine"\nsummary = "One."\nsource = "None."\n'
        f"[parameters]\ntraces = {tracks!r}\n"
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
        assert scenarios.build(ID, file, {}).params.traces == str(beside)
    given = scenarios.build(ID, None, {"traces": "tracks.csv"})  # of a user: where they are
    assert given.params.traces == str(tmp_path / "tracks.csv")
    both = scenarios.build(ID, path, {"traces": "tracks.csv"})
    assert both.params.traces == str(tmp_path / "tracks.csv")
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
