"""Laws that scenarios of TargetTrack choose: cross sections, link adaptation, clutter."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from isac_envs.declaration.trial import Trial
from isac_envs.engine import rng
from isac_envs.envs.tracking.target_track.listening import listen
from isac_envs.envs.tracking.target_track.model import TargetTrack
from isac_envs.envs.tracking.target_track.params import TargetTrackParams
from isac_envs.envs.tracking.target_track.slot import sector_look
from isac_envs.kernels.link.modulation_tables import cqi_efficiency, select_cqi
from isac_envs.kernels.radar.rcs_data import TARGETS

HORIZON = 10


def started(copies: int, **changes: Any) -> Trial:
    trial = Trial(TargetTrack(TargetTrackParams(horizon=HORIZON, **changes)), copies)
    trial.start(np.arange(copies))
    return trial


def test_drawn_cross_sections_are_lognormal_of_mean_1() -> None:
    trial = started(3000, cross_sections="drawn", start_targets=8.0)
    targets = trial.state.targets
    for kind, name in enumerate(("uav_small", "human", "vehicle")):
        own = targets["fluctuation"][targets["alive"] & (targets["kind"] == kind)]
        assert len(own) > 2000
        deviation = TARGETS[name].deviation_db
        decibel = 10.0 * np.log10(own)
        error = 4.0 / np.sqrt(len(own))
        assert decibel.std() == pytest.approx(deviation, rel=0.05)
        assert own.mean() == pytest.approx(1.0, abs=error * own.std() + 0.005)  # cut at 3 sigma
        low = decibel[decibel < decibel.mean() + 2.5 * deviation]
        ranked = stats.kstest(low, stats.truncnorm(
            -9.0, 2.5, loc=-np.log(10.0) / 20.0 * deviation**2, scale=deviation).cdf)  # fmt: skip
        assert ranked.pvalue > 1e-4


def test_the_cross_section_of_a_target_is_what_a_look_meets() -> None:
    weak, strong = (started(400, cross_sections="drawn", start_targets=0.0, birth_rate_hz=0.0,
                            false_alarm_probability=1e-12) for _ in range(2))  # fmt: skip
    found = []
    for trial, factor in ((weak, 1e-4), (strong, 1.0)):
        targets = trial.state.targets
        for name, value in {"alive": True, "kind": 2, "x": 100.0, "v_x": 6.0,
                            "fluctuation": factor}.items():  # fmt: skip
            targets[name][:, 0] = value
        p = trial.model.params.record[0]
        look = sector_look(p, 0.0, 0.25, 16.0)
        hits = 0
        for copy in range(trial.n):
            state = type(trial.state)(*(each[copy] for each in trial.state[:-1]), trial.state[-1])
            rng.seed_stream(state.env["look"], np.uint64(copy), np.uint64(7))
            hits += listen(p, state, look, None)[0]
        found.append(hits / trial.n)
    assert found[0] < 0.5 < found[1]


@pytest.mark.parametrize("blocked", [False, True])
def test_rates_by_cqi(blocked: bool) -> None:
    trial = started(60, link_adaptation="cqi", user_shadowing_db=10.0)
    users = trial.state.users
    p = trial.model.params
    own = users[users["blocked"] == blocked]
    assert len(own) > 20
    snr_db = own["snr_db"] - (p.blockage_db if blocked else 0.0)
    chosen = np.asarray(select_cqi(snr_db, 2))
    expected = np.where(chosen > 0, np.asarray(cqi_efficiency(2, np.maximum(chosen, 1))), 0.0)
    assert own["efficiency"] == pytest.approx(np.minimum(expected, p.peak_efficiency))
    assert len(np.unique(own["efficiency"])) > 3


def test_clutter_of_k_law_is_spikier() -> None:
    """Second moments of its powers: 2 (1 + 1 / nu), and 2 for Rayleigh."""
    moments = {}
    for law, shape in (("rayleigh", 1.0), ("k", 0.5), ("k", 1000.0)):
        trial = started(1, fidelity="echo", clutter_law=law, clutter_shape=shape,
                        clutter_ranges_m=tuple(np.linspace(20.0, 160.0, 32)))  # fmt: skip
        p, powers = trial.model.params.record[0], []
        trial.state.targets["alive"] = False
        state = type(trial.state)(*(each[0] for each in trial.state[:-1]), trial.state[-1])
        look = sector_look(p, 0.0, 0.1, 16.0)
        for k in range(150):
            rng.seed_stream(state.env["look"], np.uint64(k), np.uint64(11))
            listen(p, state, look, state.scratch.echo)
            powers.append(state.scratch.paths["snr"][:32].copy())
        power = np.concatenate(powers) / float(p.clutter_snr)
        assert power.mean() == pytest.approx(1.0, abs=0.2)
        moments[law, shape] = np.square(power / power.mean()).mean()
    assert moments["rayleigh", 1.0] == pytest.approx(2.0, rel=0.12)
    assert moments["k", 1000.0] == pytest.approx(2.0, rel=0.12)
    assert moments["k", 0.5] == pytest.approx(6.0, rel=0.4)
