"""isac/MultiBsPower-v0 against its specification, by formulas of plain NumPy."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import j0

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model
from isac_envs.declaration.trial import Trial
from isac_envs.errors import ScenarioError

ID = "isac/MultiBsPower-v0"
Array = npt.NDArray[Any]
FORMS: tuple[dict[str, Any], ...] = (
    {},
    {"reward": "local", "links_per_cell": 2, "neighbours": 3},
    {"sub_bands": 3, "association": "random", "links_per_cell": 2, "fluctuation": "swerling_1"},
    {"sub_bands": 2, "action": "levels", "power_levels": 4, "reward": "local", "neighbours": 9},
    {"action": "levels", "power_levels": 1, "fluctuation": "swerling_3", "doppler": "fixed"},
)
NAMES = [",".join(form) or "default" for form in FORMS]


def started(copies: int = 3, **overrides: Any) -> tuple[Batch, StepBuffers]:
    model = scenarios.build(ID, None, overrides)
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, list(range(copies)))
    return batch, frame


def draw(batch: Batch, random: np.random.Generator) -> Array:
    spec, rows = batch.model.action, batch.actions()
    if spec.kind == "box":
        rows[...] = random.uniform(spec.low, spec.high, rows.shape)
    else:
        rows[...] = random.integers(0, spec.high.astype(np.int64) + 1, rows.shape)
    return rows


def powers_of(p: Any, rows: Array) -> Array:
    """Return what the actions of one copy send, shape ``(L, B)``."""
    if p.action == "power":
        shares = (rows + 1.0) / 2.0
        return np.asarray(shares / np.maximum(shares.sum(-1, keepdims=True), 1.0))
    sent = np.zeros((len(rows), p.sub_bands))
    for k, number in enumerate(rows[:, 0]):
        if number > 0:
            band, level = divmod(int(number) - 1, p.power_levels)
            below = p.power_levels - 1 - level
            share_db = p.lowest_level_db * below / max(p.power_levels - 1, 1)
            sent[k, band] = 10.0 ** (share_db / 10.0)
    return sent


class Slot:
    """What a slot must give, worked out from places and fading of the state."""

    def __init__(self, p: Any, state: Any, i: int) -> None:
        self.p, links, stations = p, state.links[i], state.stations[i]
        self.station = links["station"]
        users = np.stack((links["x_m"], links["y_m"]), -1)
        sites = np.stack((stations["x_m"], stations["y_m"]), -1)
        away = np.linalg.norm(users[:, None] - sites[None], axis=-1)
        loss_db = p.loss_1km_db + p.loss_slope_db * np.log10(away / 1000.0)
        mean = 10.0 ** ((p.power_dbm - loss_db + state.shadows_db[i]) / 10.0)  # mW
        gains = mean * np.abs(state.fading[i]) ** 2  # (B, L, K)
        self.gains = gains[:, :, self.station]  # (B, user, transmitter)
        self.noise = 10.0 ** (p.noise_dbm / 10.0) / p.sub_bands
        wave = 299792458.0 / p.carrier_hz
        echo = wave**2 * p.rcs_m2 / ((4.0 * np.pi) ** 3 * links["range_m"] ** 4)
        gain = 10.0 ** ((p.power_dbm + p.radar_gain_db) / 10.0)
        self.echo = gain * echo * links["fluctuation"]
        apart = np.linalg.norm(sites[:, None] - sites[None], axis=-1)
        leak = (wave / (4.0 * np.pi * np.where(apart > 0.0, apart, np.inf))) ** 2
        leak *= 10.0 ** ((p.power_dbm - p.leakage_db) / 10.0)
        self.leak = leak[np.ix_(self.station, self.station)]

    def rates(self, powers: Array) -> Array:
        """Return the rates, shape ``(L,)``."""
        total = np.zeros(len(powers))
        for b, gains in enumerate(self.gains):
            signal = np.diag(gains) * powers[:, b]
            others = (gains * (1.0 - np.eye(len(powers)))) @ powers[:, b] + self.noise
            cap = 10.0 ** (self.p.sinr_cap_db / 10.0)
            total += np.log2(1.0 + np.minimum(signal / others, cap))
        return np.asarray(total / self.p.sub_bands)

    def heard(self, powers: Array) -> Array:
        """Return interference plus noise over the noise, shape ``(L, B)``."""
        off = 1.0 - np.eye(len(powers))
        return np.stack(
            [1.0 + (g * off) @ powers[:, b] / self.noise for b, g in enumerate(self.gains)], -1
        )

    def radars(self, powers: Array) -> Array:
        noise = self.leak @ powers + self.noise
        return np.asarray((powers / noise).sum(-1) * self.echo / self.p.sub_bands)

    def shortfalls(self, powers: Array) -> Array:
        ratios_db = 10.0 * np.log10(np.maximum(self.radars(powers), 1e-18))
        return np.asarray(np.clip(self.p.required_sinr_db - ratios_db, 0.0, 40.0))

    def prices(self, powers: Array) -> Array:
        """Return what each link costs those in whose interference it has the largest share."""
        rates, found = self.rates(powers), []
        for i in range(len(powers)):
            share = (powers[i] * self.gains[:, :, i].T / self.noise / self.heard(powers)).sum(-1)
            share[i] = -1.0
            silent = powers.copy()
            silent[i] = 0.0
            worst = np.argsort(-share, kind="stable")[: self.p.neighbours]
            gained = self.rates(silent) - rates
            found.append(sum(gained[k] for k in worst if k != i))
        return np.array(found)


@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_a_slot_gives_what_the_formulas_say(form: dict[str, Any]) -> None:
    batch, frame = started(**form, mobility_period=2)
    p, random = batch.model.params, np.random.default_rng(0)
    for _ in range(6):
        rows = draw(batch, random)
        slots = [Slot(p, batch.state, i) for i in range(len(rows))]
        batch.step(rows, frame)
        for i, slot in enumerate(slots):
            powers = powers_of(p, rows[i])
            rates, lacking = slot.rates(powers), slot.shortfalls(powers)
            prices = slot.prices(powers) if p.reward == "local" else np.zeros(len(rates))
            own = rates - prices
            expected = np.stack((own, lacking), -1)
            if p.reward == "team":
                expected = np.broadcast_to((rates.mean(), lacking.mean()), expected.shape)
            metrics = frame.metrics[i]
            assert np.allclose(frame.objectives[i], expected, rtol=1e-9, atol=1e-9)
            assert np.allclose(frame.costs[i, :, 0], lacking, rtol=1e-9, atol=1e-9)
            assert np.allclose(metrics["rate"], rates, rtol=1e-9, atol=1e-12)
            assert np.allclose(metrics["price"], prices, rtol=1e-7, atol=1e-9)
            assert np.allclose(metrics["sum_rate"], rates.sum(), rtol=1e-9)
            assert np.allclose(metrics["power"], powers.sum(-1), rtol=1e-12)
            heard = 10.0 * np.log10(slot.heard(powers).mean(-1))
            assert np.allclose(metrics["interference_db"], heard, rtol=1e-9, atol=1e-9)
            reward = frame.rewards[i]
            assert np.allclose(reward, expected @ np.array(p.weights), rtol=1e-9, atol=1e-9)


def scaled(ratio: Array) -> Array:
    return np.asarray(np.clip(10.0 * np.log10(np.maximum(ratio, 1e-18)) / 50.0, -2.0, 2.0))


@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_an_agent_sees_its_link_and_its_strongest_neighbours(form: dict[str, Any]) -> None:
    batch, frame = started(**form)
    p, random = batch.model.params, np.random.default_rng(1)
    for _ in range(3):
        rows = draw(batch, random)
        before = [Slot(p, batch.state, i) for i in range(len(rows))]
        batch.step(rows, frame)
    cap = math.log2(1.0 + 10.0 ** (p.sinr_cap_db / 10.0))
    for i, then in enumerate(before):
        now, powers = Slot(p, batch.state, i), powers_of(p, rows[i])
        rates, count = then.rates(powers) / cap, len(powers)
        for k in range(count):
            seen = frame.observations[i, k]
            for b in range(p.sub_bands):
                ratios = [each.gains[b, k, k] / each.noise for each in (now, then)]
                ratios += [each.heard(powers)[k, b] for each in (now, then)]
                own = seen[5 * b : 5 * b + 5]
                assert np.allclose(own[:4], scaled(np.array(ratios)), atol=1e-6)
                assert own[4] == pytest.approx(powers[k, b], abs=1e-6)
            at = 5 * p.sub_bands
            assert seen[at] == pytest.approx(rates[k], abs=1e-6)
            even = np.tile(powers, 1)
            even[k] = 1.0 / p.sub_bands
            reach = then.radars(even)[k] / 10.0 ** (p.required_sinr_db / 10.0)
            assert seen[at + 1] == pytest.approx(float(scaled(reach)), abs=1e-6)
            received = (now.gains[:, k].T * powers).sum(-1) / now.noise
            disturbed = (then.gains[:, :, k].T / then.noise / then.heard(powers)).mean(-1)
            direct = np.array([then.gains[:, j, j].mean() / then.noise for j in range(count)])
            firsts = received, powers.sum(-1), rates
            seconds = disturbed, direct, rates
            for values, others in (
                (firsts, seen[at + 2 :]),
                (seconds, seen[at + 2 + 3 * p.neighbours :]),
            ):
                order = values[0].copy()
                order[k] = -1.0
                best = np.argsort(-order, kind="stable")[: min(p.neighbours, count - 1)]
                for n, j in enumerate(best):
                    own = scaled(values[1][j]) if values is seconds else values[1][j]
                    wanted = float(scaled(values[0][j])), float(own), float(values[2][j])
                    assert others[3 * n : 3 * n + 3] == pytest.approx(wanted, abs=1e-5)
                if len(best) < p.neighbours:
                    assert others[3 * len(best)] == -2.0


def test_base_stations_stand_on_a_honeycomb() -> None:
    batch, _ = started(1, cells=19)
    sites = np.stack([batch.state.stations[0][name] for name in ("x_m", "y_m")], -1)
    apart = np.linalg.norm(sites[:, None] - sites[None], axis=-1)
    near = np.isclose(apart, 800.0).sum(1)
    assert apart[~np.eye(19, dtype=bool)].min() == pytest.approx(800.0)
    assert near[0] == 6
    assert sorted(near) == [3] * 6 + [4] * 6 + [6] * 7
    assert apart[0].max() == pytest.approx(1600.0)


def in_hexagon(x: Array, y: Array, radius: float) -> Array:
    aside = np.maximum(np.abs(x), 0.5 * (np.abs(x) + math.sqrt(3.0) * np.abs(y)))
    return np.asarray(aside <= radius * (1.0 + 1e-12))


@pytest.mark.parametrize("association", ["equal", "random"])
def test_users_stay_in_their_cells_and_targets_in_range(association: str) -> None:
    changes: dict[str, Any] = {"mobility_period": 1, "slot_s": 0.02, "max_speed_m_s": 2.5}
    changes |= {"least_distance_m": 300.0, "carrier_hz": 1e8, "max_speed_m_s": 50.0}
    batch, frame = started(20, association=association, cells=7, links_per_cell=3, **changes)
    rows, links, stations = batch.actions(), batch.state.links, batch.state.stations
    counts = [np.bincount(row, minlength=7) for row in links["station"]]
    assert all((each == 3).all() for each in counts) == (association == "equal")
    first = links["station"].copy()
    moved, speeds = 0.0, []
    for _ in range(100):
        old = links.copy()
        batch.step(rows, frame)
        home = np.take_along_axis(stations, links["station"], 1)
        x, y = links["x_m"] - home["x_m"], links["y_m"] - home["y_m"]
        assert in_hexagon(x, y, 400.0).all()
        assert (np.hypot(x, y) >= 300.0 - 1e-9).all()
        way = np.hypot(links["x_m"] - old["x_m"], links["y_m"] - old["y_m"])
        assert (way <= 0.02 * links["speed_m_s"] + 1e-9).all()
        assert (np.abs(links["speed_m_s"] - old["speed_m_s"]) <= 0.5 * 0.02 + 1e-12).all()
        assert (np.abs(links["range_m"] - old["range_m"]) <= 5.0 * 0.02 + 1e-9).all()
        moved, speeds = moved + float(way.mean()), [*speeds, links["speed_m_s"].mean()]
    assert (links["range_m"] >= 100.0).all()
    assert (links["range_m"] <= 250.0).all()
    assert (links["station"] == first).all()
    assert moved == pytest.approx(0.02 * np.sum(speeds), rel=0.05)


def test_users_are_uniform_in_their_hexagon() -> None:
    batch, _ = started(1500, cells=1, links_per_cell=4)
    x, y = (batch.state.links[name].ravel() for name in ("x_m", "y_m"))
    assert np.hypot(x, y).min() >= 35.0
    inner = in_hexagon(x, y, 200.0)  # a quarter of the hexagon, both without the disc
    area = 2.0 * math.sqrt(3.0) * 400.0**2
    hole = math.pi * 35.0**2
    share = (area / 4.0 - hole) / (area - hole)
    assert inner.mean() == pytest.approx(share, abs=4.0 * math.sqrt(share / 6000.0))
    assert np.abs(np.mean(x)) < 10.0
    assert np.abs(np.mean(y)) < 10.0


def test_fading_and_shadow_fading_have_their_laws() -> None:
    batch, frame = started(400, mobility_period=10**6, max_speed_m_s=2.5)
    rows, state = batch.actions(), batch.state
    old, rho = state.fading.copy(), state.links["correlation"]
    turns = 0.02 * state.links["speed_m_s"] * 2e9 / 299792458.0
    assert np.allclose(rho, j0(2.0 * np.pi * turns), atol=1e-12)
    batch.step(rows, frame)
    fresh = (state.fading - rho[:, None, :, None] * old) / np.sqrt(1.0 - rho**2)[:, None, :, None]
    assert np.mean(np.abs(fresh) ** 2) == pytest.approx(1.0, abs=0.06)
    assert abs(np.mean(fresh * old.conj())) < 0.06
    assert np.mean(np.abs(old) ** 2) == pytest.approx(1.0, abs=0.06)
    assert state.shadows_db.std() == pytest.approx(10.0, rel=0.04)


def test_shadow_fading_goes_with_the_way() -> None:
    changes = {"mobility_period": 1, "slot_s": 1.0, "carrier_hz": 1e8, "doppler": "fixed"}
    batch, frame = started(400, doppler_hz=0.0, max_speed_m_s=20.0, **changes)
    old, places = batch.state.shadows_db.copy(), batch.state.links.copy()
    batch.step(batch.actions(), frame)
    links = batch.state.links
    way = np.hypot(links["x_m"] - places["x_m"], links["y_m"] - places["y_m"])
    rho = np.exp(-way / 10.0)[..., None]
    rest = (batch.state.shadows_db - rho * old)[way > 0.1]
    spread = 10.0 * np.sqrt(1.0 - rho**2)[way > 0.1]
    assert np.std(rest / spread) == pytest.approx(1.0, rel=0.05)
    assert abs(np.mean(rest * old[way > 0.1])) < 5.0


def test_the_world_does_not_depend_on_actions() -> None:
    worlds = []
    for seed in (0, 1):
        batch, frame = started(3, fluctuation="swerling_1", mobility_period=3)
        random = np.random.default_rng(seed)
        for _ in range(10):
            batch.step(draw(batch, random), frame)
        worlds.append(batch.state)
    for name in ("shadows_db", "means", "fading", "gains", "before", "leakage"):
        assert (getattr(worlds[0], name) == getattr(worlds[1], name)).all()
    for name in ("x_m", "y_m", "range_m", "fluctuation", "speed_m_s"):
        assert (worlds[0].links[name] == worlds[1].links[name]).all()


def test_agents_and_their_spaces() -> None:
    env = ParallelEnv(scenarios.build(ID, None, {"links_per_cell": 2, "neighbours": 3}))
    observations, _ = env.reset(seed=0)
    assert env.possible_agents == [f"bs_{k}" for k in range(8)]
    assert observations["bs_0"].shape == (5 + 2 + 6 * 3,)
    assert env.action_space("bs_7").shape == (1,)
    _, rewards, *_ = env.step({name: env.action_space(name).sample() for name in env.agents})
    assert len(set(rewards.values())) == 1
    assert env.state().shape == (8 * 25,)
    levels: Model = scenarios.build(ID, "sub_bands", {})
    assert levels.action.space().n == 1 + 4 * 10  # type: ignore[attr-defined]
    assert levels.action.coordinates[0].labels[:2] == ("silent", "-20 dB in band 0")
    assert levels.action.coordinates[0].labels[10] == "0 dB in band 0"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cells": 64, "links_per_cell": 5}, "links_per_cell"),
        ({"least_distance_m": 350.0}, "least_distance_m"),
        ({"target_farthest_m": 50.0}, "target_farthest_m"),
        ({"max_speed_m_s": 3.0}, "max_speed_m_s"),
        ({"doppler": "fixed", "doppler_hz": 20.0}, "doppler_hz"),
        ({"weights": (1.0,)}, "weights"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=f"parameter {message}"):
        scenarios.build(ID, None, changes)


def test_a_radar_that_needs_nothing_lacks_nothing() -> None:
    model = scenarios.build(ID, "pair", {})
    trial = Trial(model, 2)
    trial.start(np.arange(2))
    trial.step(np.full((2, 2), -1.0))
    assert (trial._buffers.costs == 0.0).all()
