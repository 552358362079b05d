"""Environments whose links follow a law of the standards, against the formulas of its tables."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from harness import random_actions
from propagation_formulas import losses, probability
from test_directional_jrc import FRONT, Road, send

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.core.env import Env
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.engine.loops import per_copy
from isac_envs.envs.v2x.directional_jrc.radio import measure_links
from isac_envs.envs.v2x.directional_jrc.records import State
from isac_envs.errors import ScenarioError
from isac_envs.propagation.losses import path_loss

NOISE_W = 1.380649e-23 * 290.0 * 10e6 * 10**0.5  # UavAlloc: 10 MHz, 5 dB
STEADY = {"shadowing": False, "fading": "none", "line_of_sight": "always"}


def started(name, scenario, copies, **overrides):
    model = scenarios.build(name, scenario, overrides)
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, range(copies))
    return batch, frame


# --- UAVs ----------------------------------------------------------------------------------------


def uplink_db(batch):
    """Return ground distances, heights and the losses that the uplinks tell, each (n, M)."""
    uavs = batch.state.uavs
    ground = np.hypot(uavs["x_m"], uavs["y_m"])
    return ground, uavs["z_m"], -10 * np.log10(batch.state.uplinks * NOISE_W)


@pytest.mark.parametrize("channel", ["uma_av", "umi_av", "rma_av"])
def test_uplinks_have_the_loss_of_the_table(channel):
    batch, frame = started("isac/UavAlloc-v0", "aerial", 20, channel=channel, **STEADY)
    for _ in range(3):
        ground, height, found = uplink_db(batch)
        for d, h, loss in zip(ground.ravel(), height.ravel(), found.ravel(), strict=True):
            assert loss == pytest.approx(losses(channel, d, 10.0, h, 25.0)[0], abs=1e-5)
        batch.step(batch.actions(), frame)


def test_uavs_lose_the_line_of_sight_as_often_as_stated():
    """In each of three episodes' steps apart, over 6000 links: the sum of their probabilities."""
    batch, frame = started("isac/UavAlloc-v0", "aerial", 2000)
    for _ in range(3):
        ground, height, _ = uplink_db(batch)
        chances = [
            probability("uma_av", d, h, 25.0)
            for d, h in zip(ground.ravel(), height.ravel(), strict=True)
        ]
        clear, p = batch.state.paths["in_sight"].ravel(), np.array(chances)
        spread = np.sqrt((p * (1 - p)).sum())
        assert clear.sum() == pytest.approx(p.sum(), abs=4.5 * spread)
        for _ in range(8):
            batch.step(batch.actions(), frame)


def test_shadow_fading_of_a_uav_keeps_to_its_distance():
    """Velocities are known, so the correlation over a slot is: exp(-|v| / 37 m), TR 38.901."""
    batch, frame = started("isac/UavAlloc-v0", "aerial", 8000, horizon=10)
    before = batch.state.paths["variates"][..., 1].copy()
    batch.step(batch.actions(), frame)
    uavs, after = batch.state.uavs, batch.state.paths["variates"][..., 1]
    moved = np.sqrt(sum(np.square(uavs[f"v{axis}_m_s"]) for axis in "xyz"))
    expected = np.exp(-moved / 37.0).mean()
    assert (before * after).mean() == pytest.approx(expected, abs=4.5 * np.sqrt(2 / before.size))


def test_free_space_draws_nothing_for_links():
    """UAVs fly the same way whether there is a law or not until the first step's draws of it."""
    plain, _ = started("isac/UavAlloc-v0", "trio", 4, lowest_m=40.0, highest_m=140.0)
    lawful, _ = started("isac/UavAlloc-v0", "aerial", 4)
    assert plain.state.paths.shape == (4, 0)
    assert plain.state.uavs.tobytes() == lawful.state.uavs.tobytes()
    assert (plain.env["world"] != lawful.env["world"]).any()


def test_both_forms_of_the_group_meet_the_same_links():
    one, first = started("isac/UavAlloc-v0", "aerial", 3)
    many, second = started("isac/UavAllocMulti-v0", "aerial", 3)
    for _ in range(5):
        assert one.state.uplinks.tobytes() == many.state.uplinks.tobytes()
        one.step(one.actions(), first)
        many.step(many.actions(), second)


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"lowest_m": 20.0}, "lowest_m"),
        ({"highest_m": 400.0}, "highest_m"),
        ({"area_m": 6000.0}, "area_m"),
        ({"station_height_m": 0.5}, "station_height_m"),
        ({"carrier_hz": 2e11}, "carrier_hz"),
        ({"channel": "free_space"}, "fading"),
    ],
)
def test_uavs_outside_the_law_are_refused(overrides, field):
    with pytest.raises(ScenarioError, match=field):
        scenarios.build("isac/UavAlloc-v0", "aerial", overrides)


# --- a UAV over a city ---------------------------------------------------------------------------


def test_users_have_the_mean_loss_after_al_hourani():
    """Straight flights from the corner: the rate that each user tells, by its place."""
    batch, frame = started("isac/UavTrajectory-v0", "urban", 6)
    actions = batch.actions()
    actions[...] = 0.0
    actions[..., :2] = 0.5
    actions[..., 2] = -1.0
    carrier_ghz = 1e-9 * 299_792_458.0 / (4 * np.pi) * 10 ** (50.0 / 20)  # -50 dB at 1 m
    for _ in range(20):
        batch.step(actions, frame)
        for u, users in zip(batch.env, batch.state.users, strict=True):
            for user in users:
                ground = np.hypot(user["x"] - u["x"], user["y"] - u["y"])
                loss, _ = losses("al_hourani_urban", ground, carrier_ghz, 200.0, 0.0)
                snr_db = 10.0 - loss + 170.0 - 70.0
                assert user["efficiency"] == pytest.approx(
                    np.log2(1 + 10 ** (snr_db / 10)), rel=1e-9
                )


@pytest.mark.parametrize("setting", ["suburban", "urban", "dense_urban", "highrise"])
def test_the_loss_grows_with_the_distance(setting):
    """What makes the bound of the mission a bound."""
    far = [losses(f"al_hourani_{setting}", d, 7.5, 200.0, 0.0)[0] for d in range(0, 1700, 10)]
    law = scenarios.build(
        "isac/UavTrajectory-v0", "urban", {"channel": f"al_hourani_{setting}"}
    ).params.law
    found = [path_loss(law, True, float(d), 200.0, 0.0) for d in range(0, 1700, 10)]
    assert (np.diff(found) > 0.0).all()
    assert np.diff(far).sum() == pytest.approx(np.diff(found).sum(), abs=1e-6)


def test_the_multi_uav_mission_has_the_law_too():
    one, _ = started("isac/UavTrajectory-v0", "urban", 2, users=6, targets=4, area_m=1600.0)
    many, _ = started("isac/UavTrajectoryMulti-v0", "patrol", 2, channel="al_hourani_urban")
    assert (one.state.users["x"] == many.state.users["x"]).all()
    assert (one.state.users["efficiency"][:, None] == many.state.links["efficiency"]).all()


# --- vehicles ------------------------------------------------------------------------------------

QUIET = {"radar_interferes": False, "leakage": False}


def sinr_db(road):
    return float(road.step(send(FRONT), 16)[0].sinr_db)


def expected_db(distance_m, added_db=0.0):
    """Return the SNR in dB of 12 dBm and two gains of 20 dBi at 77 GHz over 400 MHz and 10 dB."""
    noise_dbm = 10 * np.log10(1.380649e-23 * 290.0 * 400e6 * 1e3) + 10.0
    loss, _ = losses("v2x_highway", distance_m, 77.0, 1.6, 1.6)
    return 12.0 + 40.0 - loss - added_db - noise_dbm


def placed(places, **overrides):
    """Return a road whose links were measured after the vehicles were put there."""
    road = Road(places, "highway", **{**QUIET, **STEADY, "start_spacing_m": 7.5, **overrides})
    state = road.batch.state
    copy = State._make((*(array[0] for array in per_copy(state)), state.scratch))
    measure_links(road.model.params.record[0], copy, state.scratch.law)
    return road


def test_a_link_has_the_loss_of_the_table():
    for gap in (15.0, 40.0, 80.0):
        road = placed([(20.0, 2), (20.0 + gap, 2)])
        assert sinr_db(road) == pytest.approx(expected_db(gap), abs=1e-5)


def test_a_vehicle_in_between_weakens_a_link_and_does_not_end_it():
    """By the variate of the link: 5 dB on average, log-normal in dB (TR 37.885)."""
    road = placed([(20.0, 2), (80.0, 2), (50.0, 2)], line_of_sight="drawn")
    link = road.batch.state.paths[0, 0, 1]
    assert not link.in_sight
    variance = np.log(1 + (4 / 5) ** 2)
    added = 5.0 * np.exp(np.sqrt(variance) * link.variates[2] - variance / 2)
    loss, _ = losses("v2x_highway", 60.0, 77.0, 1.6, 1.6)
    assert link.loss_db == pytest.approx(loss + added, abs=1e-5)
    assert road.batch.state.paths[0, 0, 2].in_sight
    metrics = road.step(send(FRONT), 16, 16)
    both = (expected_db(60.0, added) + expected_db(30.0)) / 2
    assert metrics[0].receivers == 2
    assert metrics[0].sinr_db == pytest.approx(both, abs=1e-5)


def test_in_free_space_a_vehicle_in_between_ends_a_link():
    road = Road([(20.0, 2), (80.0, 2), (50.0, 2)], **QUIET)
    assert road.step(send(FRONT), 16, 16)[0].receivers == 1


def test_interference_follows_the_links():
    """The second vehicle hears the first, disturbed by the third; the third hears it alone."""
    road = placed([(20.0, 2), (60.0, 2), (90.0, 1)], leakage=True)
    found = float(road.step(send(FRONT), 16, send(0))[0].sinr_db)
    signal, _ = losses("v2x_highway", 40.0, 77.0, 1.6, 1.6)
    other, _ = losses("v2x_highway", np.hypot(30.0, 4.0), 77.0, 1.6, 1.6)
    noise_dbm = 10 * np.log10(1.380649e-23 * 290.0 * 400e6 * 1e3) + 10.0
    # side lobes on both ends: the face of the second looks back to the first
    disturbed = 10 ** ((12.0 - 20.0 - other) / 10) + 10 ** (noise_dbm / 10)
    second = 12.0 + 40.0 - signal - 10 * np.log10(disturbed)
    third = expected_db(np.hypot(70.0, 4.0))
    assert found == pytest.approx((second + third) / 2, abs=1e-5)


def test_links_of_vehicles_that_stay_keep_their_shadows():
    """Both ends of a pair move in a step; the correlation is exp(-sum of both / 10 m)."""
    batch, frame = started("isac/DirectionalJrc-v0", "highway", 2000, step_s=0.4)
    before = batch.state.paths["variates"][..., 1].copy()
    batch.step(batch.actions(), frame)
    vehicles, after = batch.state.vehicles, batch.state.paths["variates"][..., 1]
    stays = vehicles["took_part"] & vehicles["present"]
    moved = np.abs(vehicles["velocity_m_s"]) * 0.4
    products, wanted = [], []
    for i in range(8):
        for j in range(i + 1, 8):
            both = stays[:, i] & stays[:, j]
            products.append((before[:, i, j] * after[:, i, j])[both])
            wanted.append(np.exp(-(moved[:, i] + moved[:, j]) / 10.0)[both])
    found, expected = np.concatenate(products), np.concatenate(wanted)
    assert len(found) > 10_000
    assert expected.mean() > 0.1
    assert found.mean() == pytest.approx(expected.mean(), abs=4.5 * np.sqrt(2 / len(found)))


def test_too_many_vehicles_for_links_are_refused():
    with pytest.raises(ScenarioError, match="vehicles = 65"):
        scenarios.build("isac/DirectionalJrc-v0", "highway", {"vehicles": 65, "road_m": 1000.0})


# --- all of them ---------------------------------------------------------------------------------

LAWFUL = (
    ("isac/UavAlloc-v0", "aerial"),
    ("isac/UavTrajectory-v0", "urban"),
    ("isac/DirectionalJrcSingle-v0", "highway"),
)


def digest_of(name, scenario):
    """Return the digest of the observations and rewards of two copies over 20 steps."""
    env = VectorEnv(scenarios.build(name, scenario, {"horizon": 15}), 2)
    found = [env.reset(seed=0)[0]]
    for action in random_actions(env.action_space, 20):
        found += [np.asarray(part) for part in env.step(action)[:2]]
    return hashlib.sha256(b"".join(each.tobytes() for each in found)).hexdigest()


def test_interpreted_and_compiled_laws_agree():
    program = "import test_channels as t; print(*(t.digest_of(*each) for each in t.LAWFUL))"
    folder = Path(__file__).parent
    settings = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, env=settings, cwd=folder, check=True, capture_output=True, text=True)
    assert done.stdout.split() == [digest_of(*each) for each in LAWFUL]


@pytest.mark.parametrize(("name", "scenario"), LAWFUL)
def test_a_copy_of_a_batch_is_an_environment(name, scenario):
    """With one seed, through an autoreset."""
    model = scenarios.build(name, scenario, {"horizon": 8})
    env, vector = Env(model), VectorEnv(model, 3)
    seen, many = env.reset(seed=2)[0], vector.reset(seed=0)[0]
    assert (seen == many[2]).all()
    for action in random_actions(vector.action_space, 14):
        many = vector.step(action)[0]
        done = env.unwrapped.batch.env["done"][0]
        seen = env.reset()[0] if done else env.step(action[2])[0]
        assert (seen == many[2]).all()


@pytest.mark.parametrize(("name", "scenario"), LAWFUL)
def test_a_snapshot_holds_the_links(name, scenario):
    batch, frame = started(name, scenario, 3)
    saved, outcomes = batch.snapshot(), []
    for _ in range(2):
        batch.restore(saved)
        for _ in range(5):
            batch.step(batch.actions(), frame)
        outcomes.append((frame.observations.tobytes(), frame.objectives.tobytes()))
    assert outcomes[0] == outcomes[1]
