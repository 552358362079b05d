"""``isac/DirectionalJrc-v0`` on traces: who is where, how maps move, what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.envs.v2x.directional_jrc.records import NULL, RADAR
from isac_envs.errors import ScenarioError
from isac_envs.traces.scenes import PRESENT

ID = "isac/DirectionalJrc-v0"
ROAD = {"vehicles": 2, "neighbours": 1, "step_s": 1.0, "road_m": 100.0, "horizon": 8}


class Play:
    """A copy after its reset, with its state records by name."""

    def __init__(self, scenario: str | None = None, seed: int = 0, **overrides: Any) -> None:
        self.model = scenarios.build(ID, scenario, overrides)
        self.batch, self.frame = Batch(self.model, 1), StepBuffers.allocate(self.model, 1)
        self.batch.reset(self.frame, [seed])
        self.env, self.vehicles = self.batch.state.env[0], self.batch.state.vehicles[0]
        self.labels, self.ages = self.batch.state.labels[0], self.batch.state.ages[0]

    def step(self, action: int) -> None:
        """Let all vehicles act alike."""
        actions = self.batch.actions()
        actions[...] = action
        self.batch.step(actions, self.frame)


def written(path: Path, *rows: tuple[str, float, float, float]) -> str:
    path.write_text("id,t,x,y\n" + "".join(f"{n},{t},{x},{y}\n" for n, t, x, y in rows))
    return str(path)


def passing(path: Path) -> str:
    """Return a trace of nine seconds: ``a`` drives along +x and leaves, ``b`` comes later."""
    a = [("a", float(t), 10.0 + 15.0 * t, 2.0) for t in range(9)]  # on the road until 6 s
    b = [("b", float(t), 99.0 - 12.0 * (t - 3), -2.0) for t in range(3, 9)]
    return written(path, *a, *b)


def test_vehicles_follow_the_trace(tmp_path: Path) -> None:
    play = Play(traces=passing(tmp_path / "a"), **ROAD)
    vehicles = play.vehicles
    for t in range(9):
        present = [t <= 6, t >= 3]
        assert vehicles["present"].tolist() == present
        if present[0]:
            assert vehicles[0]["x_m"] == pytest.approx(10.0 + 15.0 * t)
            assert vehicles[0]["velocity_m_s"] == pytest.approx(15.0)
        if present[1]:
            assert vehicles[1]["x_m"] == pytest.approx(99.0 - 12.0 * (t - 3), abs=1e-4)
            assert vehicles[1]["velocity_m_s"] == pytest.approx(-12.0)
            assert (vehicles[1]["heading"], vehicles[1]["y_m"]) == (1, -2.0)
        assert play.env["on_road"] == sum(present)
        if t < 8:
            play.step(NULL)
    assert not play.ages[0].any()  # its map went with it
    assert play.ages[1].any()


def test_who_has_left_takes_no_part(tmp_path: Path) -> None:
    play = Play(traces=passing(tmp_path / "a"), **ROAD)
    for _ in range(8):
        play.step(RADAR)
        assert play.frame.costs[0, :, 0].max() == 0.0
    assert play.frame.masks[0, 0].tolist() == [0] * 16 + [1, 0]
    assert not play.vehicles[0]["took_part"]


def test_a_map_shifts_with_a_change_of_lane(tmp_path: Path) -> None:
    """From the lane at 2 m to that at 6 m: what lay a row above now lies beside the vehicle."""
    rows = [("a", float(t), 10.0 + 15.0 * t, 2.0 if t < 2 else 6.0) for t in range(9)]
    road = {**ROAD, "horizon": 4, "cell_m": 15.0}
    for seed in range(40):
        play = Play(seed=seed, traces=written(tmp_path / "a", *rows), **road)
        if play.env["trace_slot"] == 1:
            break
    assert play.env["trace_slot"] == 1
    assert play.vehicles[0]["lane"] == 2
    play.ages[0] = np.arange(35) % 5 + 1
    play.labels[0] = 1 + np.arange(35) % 4
    ages = play.ages[0].reshape(5, 7).copy()
    play.step(NULL)
    assert play.vehicles[0]["lane"] == 3
    assert play.vehicles[0]["across_m_s"] == pytest.approx(4.0)
    moved = np.zeros_like(ages)
    moved[:4, :6] = ages[1:, 1:]  # a row and, at 15 m/s, a cell
    fresh = play.model.params.record["fresh_labels"][0, 0].reshape(5, 7) > 0
    expected = np.where(fresh, 1, np.where(moved > 0, moved + 1, 0))
    assert (play.ages[0].reshape(5, 7) == expected).all()


def test_an_episode_begins_anywhere_in_the_trace() -> None:
    starts = {int(Play("sumo_highway", seed=seed).env["trace_slot"]) for seed in range(12)}
    assert len(starts) > 8
    assert max(starts) < 600 - 200


def test_the_highway_of_sumo_has_lanes_and_changes_between_them() -> None:
    play = Play("sumo_highway")
    seats = play.model.params.derived()["seats"]
    there = seats[..., PRESENT] > 0.0
    lanes = np.abs(seats[there][:, 1])
    assert np.abs(lanes[:, None] - [1.6, 4.8, 8.0]).min(axis=1).max() < 0.05
    assert (np.abs(seats[there][:, 3]) > 1.0).sum() > 20  # changes of lane
    assert 8 < there.sum(axis=1).mean() < 12
    forward = seats[there][:, 5] == 0.0
    assert (seats[there][forward, 1] < 0.0).all()  # on the right
    assert (seats[there][~forward, 1] > 0.0).all()


def test_vehicles_that_lie_on_each_other_give_finite_numbers(tmp_path: Path) -> None:
    rows = [(name, float(t), 10.0 + 5.0 * t, 2.0) for t in range(9) for name in "ab"]
    play = Play(traces=written(tmp_path / "a", *rows), **ROAD)
    for action in (0, 5, 10, 15, RADAR, NULL, 0):
        play.step(action)
        assert np.isfinite(play.frame.objectives).all()
        assert np.isfinite(play.frame.observations).all()


def test_what_does_not_fit_is_refused_by_name(tmp_path: Path) -> None:
    path = passing(tmp_path / "a")
    for overrides, expected in (
        ({"horizon": 9}, "parameter horizon = 9: valid: <= 8"),
        ({"road_m": 20.0, "length_m": 0.1}, None),
        ({"speed_m_s": 7.0, "lanes_per_direction": 1}, "parameter speed_m_s = 7"),
        ({"lane_width_m": 2.1, "width_m": 1.0, "lanes_per_direction": 1}, None),
    ):
        values = {"traces": path, **ROAD, "speed_difference_m_s": 0.0, **overrides}
        if expected is None:
            scenarios.build(ID, None, values)
            continue
        with pytest.raises(ScenarioError) as caught:
            scenarios.build(ID, None, values)
        assert expected in str(caught.value)
    beside = written(tmp_path / "b", *((("a"), float(t), 5.0, 50.0) for t in range(9)))
    with pytest.raises(ScenarioError, match=r"parameter traces .*no vehicle is where"):
        scenarios.build(ID, None, {"traces": beside, **ROAD})
    with pytest.raises(ScenarioError, match=r"parameter traces .*No such file"):
        scenarios.build(ID, None, {"traces": str(tmp_path / "none")})
