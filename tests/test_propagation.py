"""Channels of the standards: losses, line of sight, shadowing and fading of a link that moves."""

from typing import get_args

import numpy as np
import pytest
from propagation_formulas import losses, probability

from isac_envs.engine.jit import jit
from isac_envs.engine.rng import seed_stream
from isac_envs.propagation.laws import FACTOR, HIDDEN, SHADOW, SIGHT, Law, law_of
from isac_envs.propagation.links import LINK, begin_link, is_in_sight, measure_link, move_link
from isac_envs.propagation.losses import los_deviation, los_probability, path_loss
from isac_envs.propagation.params import ChannelParams, Reach

GHZ, HEIGHTS_M = 6.0, {
    "uma": (1.5, 25.0),
    "umi": (1.5, 10.0),
    "rma": (1.5, 35.0),
    "sma": (1.5, 35.0),
    "inh_mixed": (1.0, 3.0),
    "inh_open": (1.0, 3.0),
    "inf_sl": (1.5, 1.5),
    "inf_dl": (1.5, 1.5),
    "inf_sh": (1.5, 8.0),
    "inf_dh": (1.5, 8.0),
    "uma_av": (60.0, 25.0),
    "umi_av": (60.0, 10.0),
    "rma_av": (35.0, 35.0),
    "v2x_urban": (1.6, 1.6),
    "v2x_highway": (1.6, 1.6),
    "al_hourani_suburban": (200.0, 1.5),
    "al_hourani_urban": (200.0, 1.5),
    "al_hourani_dense_urban": (200.0, 1.5),
    "al_hourani_highrise": (200.0, 1.5),
}  # fmt: skip
"""Heights of the antenna that moves and of the one that stays in m, by channel."""

SHORT = ("inh_mixed", "inh_open")  # up to 150 m
DEVIATIONS = {
    "uma": (4.0, 6.0),
    "umi": (4.0, 7.82),
    "rma": (4.0, 8.0),
    "sma": (4.0, 8.0),
    "inh_mixed": (3.0, 8.03),
    "inf_sl": (4.3, 5.7),
    "inf_dl": (4.3, 7.2),
    "inf_sh": (4.3, 5.9),
    "inf_dh": (4.3, 4.0),
    "uma_av": (4.64 * np.exp(-0.0066 * 60.0), 6.0),
    "umi_av": (5.0 * np.exp(-0.01 * 60.0), 8.0),
    "rma_av": (4.2 * np.exp(-0.0046 * 35.0), 6.0),
}
"""Tables 7.4.1-1 of TR 38.901 and B-3 of TR 36.777, dB: in line of sight, out of it."""

DISTANCES = {
    "uma": (37.0, 50.0, 50.0, 12.0),
    "umi": (10.0, 13.0, 50.0, 15.0),
    "rma": (37.0, 120.0, 60.0, 40.0),
    "inh_mixed": (10.0, 6.0, 10.0, 4.0),
    "inf_sl": (10.0, 10.0, 5.0, 10.0),
}
"""Tables 7.5-6 and 7.6.3.1-2, m: shadow fading in and out of line of sight, state, K factor."""


def reach(channel, **changes):
    terminal, station = HEIGHTS_M[channel]
    values = {
        "carrier_hz": GHZ * 1e9,
        "station_m": station,
        "lowest_m": terminal,
        "highest_m": terminal,
        "farthest_m": 100.0,
        **changes,
    }
    return Reach(**{name: (name, value) for name, value in values.items()})


def law(channel, **choices):
    return law_of(ChannelParams(channel=channel, **choices), reach(channel))


@jit
def follow(law, stream, steps, moved_m, place, links, states):
    """Let links move and write them, and after each move what they are."""
    for i in range(links.shape[0]):
        begin_link(links[i], stream)
        for k in range(steps):
            if k > 0:
                move_link(law, links[i], moved_m, stream)
            clear = is_in_sight(law, links[i], place[0], place[1])
            measure_link(law, links[i], clear, place[0], place[1])
            states[i, k] = links[i]


def followed(chosen, channel, count, steps=1, moved_m=0.0, ground_m=80.0, seed=3):
    """Return the records of ``count`` links after each of ``steps`` moves."""
    stream, links = np.zeros(4, np.uint64), np.zeros(count, LINK)
    seed_stream(stream, np.uint64(seed), np.uint64(1))
    states = np.zeros((count, steps), LINK)
    place = np.array([ground_m, HEIGHTS_M[channel][0]])
    follow(chosen, stream, steps, moved_m, place, links, states)
    return states


def test_every_choice_is_tested_here():
    assert {"free_space", *HEIGHTS_M} == set(
        get_args(ChannelParams.model_fields["channel"].annotation)
    )


@pytest.mark.parametrize("channel", HEIGHTS_M)
@pytest.mark.parametrize("ground_m", [10.0, 100.0, 500.0])
def test_losses_are_those_of_the_tables(channel, ground_m):
    ground_m = min(ground_m, 140.0) if channel in SHORT else ground_m
    chosen, (terminal, station) = law(channel), HEIGHTS_M[channel]
    for clear, expected in zip(
        (True, False), losses(channel, ground_m, GHZ, terminal, station), strict=True
    ):
        if channel.startswith("v2x") and not clear:
            continue
        found = path_loss(chosen, clear, ground_m, terminal, 0.0)
        assert found == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("channel", ["rma", "sma", "uma", "umi"])
def test_losses_beyond_the_breakpoint(channel):
    terminal, station = HEIGHTS_M[channel]
    expected, _ = losses(channel, 4500.0, GHZ, terminal, station)
    assert path_loss(law(channel), True, 4500.0, terminal, 0.0) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("channel", ["uma", "umi", "rma", "sma"])
def test_distances_below_ten_metres_count_as_ten(channel):
    height = HEIGHTS_M[channel][0]
    near, ten = (path_loss(law(channel), True, each, height, 0.0) for each in (0.0, 10.0))
    assert near == ten


@pytest.mark.parametrize("channel", HEIGHTS_M)
def test_links_see_each_other_as_often_as_stated(channel):
    """Frequencies of independent links at three distances, within 4.5 standard deviations."""
    chosen, (terminal, station), count = law(channel), HEIGHTS_M[channel], 20_000
    for ground_m in (15.0, 60.0, 140.0):
        p = probability(channel, ground_m, terminal, station)
        assert los_probability(chosen, ground_m, terminal) == pytest.approx(p, abs=1e-9)
        seen = followed(chosen, channel, count, ground_m=ground_m)["in_sight"].mean()
        assert seen == pytest.approx(p, abs=4.5 * np.sqrt(p * (1 - p) / count) + 1e-12)


@pytest.mark.parametrize("channel", DEVIATIONS)
def test_shadow_fading_has_the_stated_deviation(channel):
    clear_db, hidden_db = DEVIATIONS[channel]
    terminal, station = HEIGHTS_M[channel]
    chosen = law(channel)
    assert los_deviation(chosen, 80.0, terminal) == pytest.approx(clear_db, rel=1e-9)
    states = followed(chosen, channel, 20_000)[:, 0]
    for clear, std_db in ((True, clear_db), (False, hidden_db)):
        some = states[states["in_sight"] == clear]
        if len(some) < 1000:
            continue
        mean_db = losses(channel, 80.0, GHZ, terminal, station)[0 if clear else 1]
        shadow = some["loss_db"] - mean_db
        assert shadow.mean() == pytest.approx(0.0, abs=4.5 * std_db / np.sqrt(len(some)))
        assert shadow.std() == pytest.approx(std_db, rel=4.5 / np.sqrt(2 * len(some)))


@pytest.mark.parametrize("channel", ["rma", "sma"])
def test_rural_shadow_fading_grows_beyond_the_breakpoint(channel):
    bend = 2 * np.pi * 35.0 * 1.5 * GHZ * 1e9 / 299_792_458.0
    chosen = law(channel)
    assert los_deviation(chosen, 0.99 * bend, 1.5) == 4.0
    assert los_deviation(chosen, 1.01 * bend, 1.5) == 6.0


@pytest.mark.parametrize("channel", DISTANCES)
def test_variates_forget_over_the_stated_distances(channel):
    clear_m, hidden_m, state_m, factor_m = DISTANCES[channel]
    moved_m, count = 5.0, 40_000
    states = followed(law(channel), channel, count, steps=3, moved_m=moved_m)["variates"]
    for which, distance_m in (
        (SHADOW, clear_m), (HIDDEN, hidden_m), (SIGHT, state_m), (FACTOR, factor_m)
    ):  # fmt: skip
        values = states[..., which]
        assert values.var(0) == pytest.approx(1.0, abs=4.5 * np.sqrt(2.0 / count))
        for lag in (1, 2):
            correlation = np.mean(values[:, 0] * values[:, lag])
            expected = np.exp(-lag * moved_m / distance_m)
            assert correlation == pytest.approx(expected, abs=4.5 * np.sqrt(2.0 / count))


def test_the_state_of_sight_persists():
    """Two looks 5 m apart agree far more often than two links do (UMa, 50 m)."""
    clear = followed(law("uma"), "uma", 10_000, steps=2, moved_m=5.0)["in_sight"]
    p = probability("uma", 80.0, 1.5, 25.0)
    assert (clear[:, 0] == clear[:, 1]).mean() > 0.85 > p * p + (1 - p) * (1 - p)


def test_fading_has_mean_power_one_and_the_variance_of_rice():
    """A K factor without spread: TR 36.777 takes 15 dB; out of sight it is Rayleigh."""
    chosen = law("umi_av", fading="rician", shadowing=False)
    states = followed(chosen, "umi_av", 60_000, ground_m=300.0)[:, 0]
    for clear, k in ((True, 10**1.5), (False, 0.0)):
        some = states[states["in_sight"] == clear]
        assert len(some) > 5000
        power = some["gain"] * 10 ** (some["loss_db"] / 10)
        variance = (1 + 2 * k) / (1 + k) ** 2
        assert power.mean() == pytest.approx(1.0, abs=4.5 * np.sqrt(variance / len(some)))
        assert power.var() == pytest.approx(variance, rel=0.06)


def test_the_rician_factor_has_the_stated_law():
    """The power has the mean of Rice's variances over K, normal in dB (UMa: 9 and 3.5)."""
    chosen = law("uma", fading="rician", shadowing=False, line_of_sight="always")
    states = followed(chosen, "uma", 60_000)[:, 0]
    assert states["in_sight"].all()
    power = states["gain"] * 10 ** (states["loss_db"] / 10)
    k = 10 ** ((9 + 3.5 * np.random.default_rng(0).normal(size=200_000)) / 10)
    assert power.mean() == pytest.approx(1.0, abs=0.012)
    assert power.var() == pytest.approx(np.mean((1 + 2 * k) / (1 + k) ** 2), rel=0.04)


def test_fading_keeps_to_clarke_s_correlation():
    """After a tenth of a wavelength J0(0.2 pi) = 0.903713; after one nothing is left."""
    wave_m = 299_792_458.0 / (GHZ * 1e9)
    chosen = law("uma", fading="rician")
    for moved, expected in ((0.1, 0.903713), (1.0, 0.0)):
        parts = followed(chosen, "uma", 40_000, steps=2, moved_m=moved * wave_m)["scattered"]
        correlation = np.mean((parts[:, 0] * parts[:, 1]).sum(-1))
        assert correlation == pytest.approx(expected, abs=0.025)
        assert np.mean(np.square(parts).sum(-1)) == pytest.approx(1.0, abs=0.02)


def test_without_fading_and_shadowing_the_loss_is_that_of_the_table():
    chosen = law("umi", shadowing=False, line_of_sight="always")
    link = followed(chosen, "umi", 1)[0, 0]
    expected, _ = losses("umi", 80.0, GHZ, *HEIGHTS_M["umi"])
    assert link["loss_db"] == pytest.approx(expected, abs=2e-6)
    assert link["gain"] == pytest.approx(10 ** (-expected / 10), rel=1e-6)


@pytest.mark.parametrize("channel", ["v2x_urban", "v2x_highway"])
def test_vehicles_in_between_add_to_the_loss(channel):
    """Antennas and blocker are 1.6 m high, case 3: 5 dB on average, with a deviation of 4 dB."""
    chosen = law(channel, shadowing=False)
    states = followed(chosen, channel, 60_000, ground_m=100.0)[:, 0]
    expected, _ = losses(channel, 100.0, GHZ, *HEIGHTS_M[channel])
    assert states["loss_db"][states["in_sight"]] == pytest.approx(expected, abs=2e-6)
    added = states["loss_db"][~states["in_sight"]] - expected
    assert len(added) > 5000
    assert (added > 0.0).all()
    assert added.mean() == pytest.approx(5.0, abs=0.15)
    assert added.std() == pytest.approx(4.0, abs=0.3)


def test_shadow_fading_of_vehicles_is_the_same_behind_a_vehicle():
    states = followed(law("v2x_highway"), "v2x_highway", 20_000, ground_m=100.0)[:, 0]
    clear = states[states["in_sight"]]
    assert clear["loss_db"].std() == pytest.approx(3.0, rel=0.04)


def test_a_seed_makes_a_link():
    chosen = law("uma", fading="rician")
    one, two, other = (followed(chosen, "uma", 5, steps=4, moved_m=2.0, seed=s) for s in (1, 1, 2))
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != other.tobytes()


def test_luck_does_not_depend_on_the_law():
    """Every choice draws the same variates, so that channels compare with one seed."""
    plain = followed(law("uma", shadowing=False, line_of_sight="always"), "uma", 5)
    rich = followed(law("umi", fading="rician"), "umi", 5)
    assert (plain["variates"] == rich["variates"]).all()


def test_free_space_has_no_law():
    assert law_of(ChannelParams(), reach("uma")) is None


def test_a_law_names_one_family():
    for channel in HEIGHTS_M:
        families = law(channel)[1:]
        assert families.count(0) == 1
        assert families.count(None) == len(Law._fields) - 2


@pytest.mark.parametrize(
    ("channel", "changes", "field"),
    [
        ("uma", {"carrier_hz": 0.4e9}, "carrier_hz"),
        ("uma", {"carrier_hz": 101e9}, "carrier_hz"),
        ("rma", {"carrier_hz": 31e9}, "carrier_hz"),
        ("uma", {"lowest_m": 1.0}, "lowest_m"),
        ("uma", {"highest_m": 13.0}, "highest_m"),
        ("umi", {"highest_m": 23.0}, "highest_m"),
        ("uma", {"farthest_m": 5001.0}, "farthest_m"),
        ("inh_open", {"farthest_m": 151.0}, "farthest_m"),
        ("sma", {"station_m": 40.0}, "station_m"),
        ("inf_sh", {"station_m": 2.0}, "station_m"),
        ("inf_sh", {"highest_m": 2.0}, "highest_m"),
        ("uma_av", {"lowest_m": 22.5}, "lowest_m"),
        ("uma_av", {"highest_m": 301.0}, "highest_m"),
        ("uma_av", {"farthest_m": 4001.0}, "farthest_m"),
        ("rma_av", {"lowest_m": 10.0}, "lowest_m"),
    ],
)
def test_outside_its_range_a_law_is_refused(channel, changes, field):
    params = ChannelParams(channel=channel)
    params.check_channel(reach(channel))
    with pytest.raises(ValueError, match=f"parameter {field}: .*{channel}"):
        params.check_channel(reach(channel, **changes))


@pytest.mark.parametrize("channel", ["free_space", "al_hourani_urban"])
def test_fading_without_a_rician_factor_is_refused(channel):
    params = ChannelParams(channel=channel, fading="rician")
    with pytest.raises(ValueError, match="parameter fading"):
        params.check_channel(reach("al_hourani_urban"))


@pytest.mark.parametrize(
    ("ghz", "gases_db_km", "horizontal", "vertical"),
    [
        (28.0, 0.101756, (0.2051, 0.9679), (0.1964, 0.9277)),
        (60.0, 14.778317, (0.8606, 0.7656), (0.8515, 0.7486)),
    ],
)
def test_rain_and_gases_absorb_by_the_metre(ghz, gases_db_km, horizontal, vertical):
    """Gases: itur 0.4.0 at sea level. Rain: k and alpha of table 5 of P.838-3, circular."""
    (k_h, a_h), (k_v, a_v) = horizontal, vertical
    k = 0.5 * (k_h + k_v)
    rain_db_km = k * 25.0 ** ((k_h * a_h + k_v * a_v) / (2.0 * k))
    place = reach("umi", carrier_hz=ghz * 1e9)
    losses_db = {}
    for name, choice in (
        ("dry", {}), ("gases", {"gases": True}), ("rain", {"rain_mm_h": 25.0}),
    ):  # fmt: skip
        chosen = law_of(ChannelParams(channel="umi", **choice), place)
        losses_db[name] = path_loss(chosen, True, 1000.0, 1.5, 0.0)
    way_km = np.hypot(1000.0, 8.5) / 1000.0
    assert losses_db["gases"] - losses_db["dry"] == pytest.approx(gases_db_km * way_km, rel=1e-4)
    assert losses_db["rain"] - losses_db["dry"] == pytest.approx(rain_db_km * way_km, rel=1e-3)


@pytest.mark.parametrize("choice", [{"rain_mm_h": 1.0}, {"gases": True}])
def test_what_absorbs_needs_a_law_and_a_carrier(choice):
    with pytest.raises(ValueError, match=f"parameter {next(iter(choice))}"):
        ChannelParams(**choice).check_channel(reach("uma"))
    params = ChannelParams(channel="uma", **choice)
    with pytest.raises(ValueError, match="parameter carrier_hz"):
        params.check_channel(reach("uma", carrier_hz=0.9e9))


def test_al_hourani_in_line_of_sight_is_free_space_and_its_excess():
    chosen = law("al_hourani_urban", line_of_sight="always")
    distance = np.hypot(300.0, 198.5)
    free = 20 * np.log10(4 * np.pi * distance * GHZ * 1e9 / 299_792_458.0)
    assert path_loss(chosen, True, 300.0, 200.0, 0.0) == pytest.approx(free + 1.0, abs=1e-6)
