"""Stations that hear the echoes of each other's beams."""

import numpy as np
import pytest
from target_track_teams import CALM, NOTHING, everyone, metric, place, trial

from isac_envs.errors import ScenarioError
from isac_envs.scenarios import build
from isac_envs.sensing.tracks import CONFIRMED

TEAM = "isac/TargetTrackMulti-v0"


def test_a_silent_station_hears_what_another_illuminates() -> None:
    kinds = {"layout": "line", "stations": 2, "spacing_m": 60.0, "sectors": 15, **CALM}
    found = {}
    for reception in ("monostatic", "bistatic"):
        t = trial(200, reception=reception, **kinds)
        place(t.state, 0, 80.0, 0.0, 6.0, 5.0)
        t.step(everyone(200, (0, 3, 7), NOTHING))
        found[reception] = metric(t, "detections").mean(0)
    assert found["monostatic"][0] > 0.5
    assert found["monostatic"][1] == 0.0
    assert found["bistatic"][0] == found["monostatic"][0]
    assert found["bistatic"][1] > 0.5


def test_both_receivers_locate_better_than_one() -> None:
    kinds = {"layout": "line", "stations": 2, "spacing_m": 120.0, "sectors": 15, **CALM}
    variance, error = {}, {}
    for reception in ("monostatic", "bistatic"):
        t = trial(200, reception=reception, **kinds)
        place(t.state, 0, 90.0, 0.0, 3.0, 4.0)
        for _ in range(6):
            t.step(everyone(200, (0, 3, 7), NOTHING))
        known = t.state.tracks["status"] == CONFIRMED
        cov = t.state.tracks["covariance"][known]
        variance[reception] = np.trace(cov[:, :2, :2], axis1=1, axis2=2).mean()
        off = t.state.tracks["estimate"][..., :2] - np.stack(
            (t.state.targets["x"][:, :1], t.state.targets["y"][:, :1]), -1
        )
        error[reception] = np.square(off).sum(-1)[known].mean()
    assert variance["bistatic"] < 0.5 * variance["monostatic"]
    assert error["bistatic"] < 0.6 * error["monostatic"]
    assert error["bistatic"] < 2.0 * variance["bistatic"]


def test_one_station_has_nobody_to_hear() -> None:
    one, other = (trial(4, stations=1, reception=each) for each in ("monostatic", "bistatic"))
    for _ in range(20):
        assert np.array_equal(*(t.step(everyone(4, (1, 2, 5))) for t in (one, other)))


def test_echoes_are_not_heard_from_others() -> None:
    with pytest.raises(ScenarioError, match=r"reception = 'bistatic'.*fidelity = 'echo'"):
        build(TEAM, None, {"reception": "bistatic", "fidelity": "echo"})
