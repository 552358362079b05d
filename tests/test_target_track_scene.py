"""Scene of ``isac/TargetTrack-v0``: what it works out by itself, and that nothing old is drawn."""

from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.envs.tracking.target_track.scene import beam_outline, false_tracks
from isac_envs.envs.tracking.target_track.scene_looks import repeated
from isac_envs.rendering.view import Traces, View, view
from isac_envs.sensing import looks
from isac_envs.sensing.looks import Look
from isac_envs.sensing.tracks import CONFIRMED, FREE, STRADDLE, TENTATIVE

ID = "isac/TargetTrack-v0"


def begun(**parameters: Any) -> Env:
    """Return an environment at the start of an episode."""
    env = Env(scenarios.build(ID, None, parameters))
    env.reset(seed=4)
    return env


def seen(env: Env) -> View:
    """Return what the scene gets, without past steps."""
    model = env.batch.model
    return view(model, env.batch.state, np.zeros((1, 1, 1)), Traces(model, 1), 0)


@pytest.mark.parametrize("fidelity", ["statistics", "echo"])
def test_the_looks_of_the_picture_are_those_of_the_slot(fidelity) -> None:
    env = begun(fidelity=fidelity, start_targets=6.0, false_alarm_probability=1e-4)
    model, batch = env.batch.model, env.batch
    traces, found, both = Traces(model, 1), 0, 0
    nothing = {"objectives": 0.0, "costs": 0.0}
    for _ in range(12):
        action = env.baseline("index_blind_choice").act()[0]
        env.step(action)
        traces.append(0, actions=action, **nothing)
        picture = view(model, batch.state, np.zeros((1, 1, 1)), traces, 0)
        before = [each.copy() for each in batch.state[:-1]]
        heard = repeated(picture)
        assert all(np.array_equal(a, b) for a, b in zip(before, batch.state[:-1], strict=True))
        e = batch.state.env[0]
        assert sum(each.real for each in heard) == e["found"]
        assert sum(len(each.detections) - each.real for each in heard) == e["false_alarms"]
        if heard:
            kept = batch.state.detections[0][: e["look_detections"]]
            assert np.array_equal(heard[-1].detections, kept)
            assert (heard[-1].map is None) == (fidelity == "statistics")
        found += int(e["found"])
        both += len(heard) == 2
    assert found > 3
    assert both > 3


def test_confirmed_tracks_without_a_target_are_false() -> None:
    env = begun(cutoff_m=5.0)
    targets, tracks = env.batch.state.targets[0], env.batch.state.tracks[0]
    targets["alive"] = False
    targets["alive"][[0, 3]] = True
    targets["x"][[0, 3]], targets["y"][[0, 3]] = (50.0, 90.0), (0.0, 10.0)
    tracks["status"] = FREE
    for i, status, x, y in (
        (1, CONFIRMED, 52.0, 0.0),  # a second track of the first target
        (2, CONFIRMED, 50.5, 0.0),
        (4, TENTATIVE, 120.0, 0.0),
        (7, CONFIRMED, 90.0, 15.5),  # beyond the cutoff
        (9, CONFIRMED, 90.0, 14.5),
    ):
        tracks["status"][i], tracks["estimate"][i, :2] = status, (x, y)
    assert np.flatnonzero(false_tracks(seen(env))).tolist() == [1, 7]
    targets["alive"] = False
    assert np.flatnonzero(false_tracks(seen(env))).tolist() == [1, 2, 7, 9]
    tracks["status"] = FREE
    assert not false_tracks(seen(env)).any()


@pytest.mark.parametrize(("mix", "kind"), [((0.5, 0.25, 0.25), 0), ((0.0, 0.5, 0.5), 1)])
def test_half_of_the_looks_detect_the_weakest_target_at_the_end_of_a_beam(mix, kind) -> None:
    env = begun(mix=mix, power_dbm=10.0)
    p, look = env.batch.model.params.record[0], Look(0.5, 20.0, 1.2, 16.0)
    ranges, sines = beam_outline(seen(env), look)
    assert ranges.max() < 170.0
    assert sines[np.argmax(ranges)] == pytest.approx(0.5, abs=0.01)
    section = env.batch.model.params.cross_sections_m2()[kind] * STRADDLE
    inside = slice(1, -1)  # the ends are the nulls
    for far, sine in zip(ranges[inside], sines[inside], strict=True):
        snr = looks.mean_snr_one(p, look, float(far), float(sine)) * section
        assert looks.detection_probability_one(p, snr) == pytest.approx(0.5, abs=1e-6)
    assert ranges[[0, -1]].max() < 1.0


@pytest.mark.parametrize("echoes", ["processed", "ignored"])
def test_the_state_counts_the_detections_of_the_last_look_alone(echoes: str) -> None:
    env = begun(communication_echoes=echoes, false_alarm_probability=1e-5, horizon=400)
    env.action_space.seed(1)
    e, both = env.batch.state.env[0], 0
    for _ in range(400):
        action = env.action_space.sample()
        env.step(action)
        kept, found = int(e["look_detections"]), int(e["look_found"])
        total = int(e["found"] + e["false_alarms"])
        assert 0 <= found <= kept <= total
        beams = int(action[1] > 0) + int(action[0] > 0 and echoes == "processed")
        if beams == 1:
            assert (found, kept) == (e["found"], total)
        elif beams == 0:
            assert kept == 0
        both += kept < total
    assert (both > 0) == (echoes == "processed")
