"""isac/VcpsView-v0: what is drawn, tracks from files, parameters that are refused."""

import numpy as np
import pytest
from vcps_view_play import ID, Play

from isac_envs.core.env import Env
from isac_envs.errors import ScenarioError


def test_the_world_does_not_depend_on_the_action():
    plays = [Play(seed=5) for _ in range(2)]
    for _ in range(20):
        plays[0].step(np.zeros(320))
        plays[1].step(np.ones(320))
        assert (plays[0].env["world"] == plays[1].env["world"]).all()
        assert (plays[0].vehicles["target_db"] == plays[1].vehicles["target_db"]).all()


def test_an_instance_stays_and_others_are_drawn_anew():
    for instance, same in ((7, True), (-1, False)):
        first, second = (Play(seed=s, instance=instance) for s in (1, 2))
        assert (first.tracks == second.tracks).all() == same
        assert (first.items["kind"] == second.items["kind"]).all() == same
        assert (first.requests == second.requests).all() == same


def test_draws_are_in_their_ranges_and_published_ones_are_correlated():
    for draws in ("independent", "published"):
        plays = [Play(seed=s, draws=draws) for s in range(30)]
        sizes = np.array([play.kinds["amount"] / 8 for play in plays]).ravel()
        intervals = np.array([play.kinds["interval_s"] for play in plays]).ravel()
        needed = {int(d) for p in plays for view in p.views for d in view["kinds"][: view["count"]]}
        counts = np.concatenate([play.views["count"] for play in plays])
        asked = np.array([(play.requests >= 0).sum(1) for play in plays])
        assert 100 <= sizes.min() <= sizes.max() <= 2**20
        assert sizes.mean() == pytest.approx(2**19, rel=0.03)
        assert 1 <= intervals.min() <= intervals.max() <= 10
        assert set(counts) == set(range(1, 10))
        assert asked.mean() == pytest.approx(1.5, abs=0.02)
        published = draws == "published"
        assert (np.corrcoef(sizes, intervals)[0, 1] > 0.95) == published
        assert len(needed) == (10 if published else 50)
        assert (set(intervals) == set(range(1, 10))) == published


def test_vehicles_keep_to_streets_and_limits():
    for seed in range(6):
        play = Play(seed=seed)
        x, y = play.tracks["x_m"], play.tracks["y_m"]
        on_street = np.minimum(np.abs(x % 200), np.abs(y % 200))
        assert np.minimum(on_street, 200 - on_street).max() < 1e-6
        assert min(x.min(), y.min()) > -1e-9
        assert max(x.max(), y.max()) < 1000 + 1e-9
        moved = np.abs(np.diff(x)) + np.abs(np.diff(y))
        assert moved.max() < 13.9 * 1.3 + 1e-9
        assert (moved < 0.01).mean() > 0.05  # some wait at lights
        assert moved.mean() > 4.0
    free = Play(light_s=0.0)
    moved = np.abs(np.diff(free.tracks["x_m"])) + np.abs(np.diff(free.tracks["y_m"]))
    assert moved.min() > 5.0


def test_targets_are_kept_while_a_vehicle_stands():
    for targets, kept in (("kept", True), ("redrawn", False)):
        play = Play(targets=targets, instance=0, seed=3)
        play.tracks[:] = play.tracks[:, :1]
        play.step(np.zeros(320))
        before = play.vehicles["target_db"].copy()
        play.step(np.zeros(320))
        assert (play.vehicles["target_db"] == before).all() == kept


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"horizon": 301}, "horizon = 301: valid: <= slots = 300"),
        ({"sensable_types": 51}, "sensable_types = 51: valid: <= types = 50"),
        ({"block_m": 2000.0}, "block_m = 2000.0: valid: <= map_m"),
        ({"sensing_weight": 0.9}, "sensing_weight = 0.9: valid: <= 1 - redundancy_weight = 0.8"),
        ({"target_low_db": 40.0}, "target_low_db = 40.0: valid: <= target_high_db"),
    ],
)
def test_impossible_parameters_are_refused(overrides, message):
    with pytest.raises(ScenarioError, match=message):
        Env(ID, **overrides)
