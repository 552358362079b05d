"""One look at echoes: detection, false alarms and errors against their formulas.

Scenes have a target, a second one, and clutter 35 dB above the noise of a cell.
"""

import hashlib
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import sensing_looks as looks

from isac_envs.engine.lanes import padded
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.radar.echo import OfdmGrid, check_echo_domain, echo_grid
from isac_envs.sensing import echo_peaks
from isac_envs.sensing import echoes as chain
from isac_envs.sensing.detections import DETECTION
from isac_envs.sensing.echo_work import ECHO, Beam, echo_work

PARAMETERS = chain.echo_parameters()
P = PARAMETERS[0]
RANGE_CELL, SPEED_CELL = looks.sizes(P)
GRID = OfdmGrid(28e9, 720e3, 178.4e-6, 1.172e-6, 128, 64)

FORMULA = {
    ("on_bin", 6): 0.1500, ("on_bin", 10): 0.4223, ("on_bin", 14): 0.6951,
    ("on_bin", 18): 0.8622, ("on_bin", 24): 0.9630, ("random", 6): 0.0472,
    ("random", 10): 0.1956, ("random", 14): 0.4654, ("random", 18): 0.7159,
    ("random", 24): 0.9138,
}  # fmt: skip
"""Probability of detection by kind of scene and mean SNR in dB, worked out independently."""


@pytest.mark.parametrize(("kind", "snr_db"), FORMULA)
def test_detection_probability(kind: str, snr_db: int) -> None:
    draw, count = np.random.default_rng(snr_db), 2000
    targets, cells, mean = looks.random_targets(draw, P, kind, snr_db, count)
    hits = np.zeros((count, 2), bool)
    scenes, work = looks.scenes(draw, count, targets), looks.work(P)
    looks.count_hits(P, scenes, cells, looks.SYMBOLS, looks.stream(snr_db), work, hits)
    predicted = looks.expected(mean, P["cfar_factor"])
    assert predicted == pytest.approx(FORMULA[kind, snr_db], abs=0.012)  # other draws of straddle
    in_cell, around = hits.mean(axis=0)
    assert in_cell == pytest.approx(predicted, abs=0.025)
    assert in_cell <= around <= in_cell + 0.05


def alarm_rate(p: Any, count: int, symbols: int, clutter: bool, seed: int) -> float:
    """Return false alarms per cell over their nominal probability of 1e-4."""
    scenes = looks.scenes(np.random.default_rng(seed), count)
    if not clutter:
        scenes["snr"] = 0.0
    work, stream = looks.work(p, symbols), looks.stream(seed)
    found = looks.count_alarms(p, scenes, symbols, stream, work)
    return found / (count * (symbols - 1) * int(p["sensing_subcarriers"]) * 1e-4)


@pytest.mark.parametrize(("symbols", "clutter"), [(64, True), (64, False), (28, True)])
def test_false_alarms_of_cell_averaging(symbols: int, clutter: bool) -> None:
    count = 2000 * 63 // (symbols - 1)  # 16 million cells: a standard error of 2.5 %
    assert alarm_rate(P, count, symbols, clutter, symbols) == pytest.approx(1.0, abs=0.1)


def test_false_alarms_of_ordered_statistics() -> None:
    """The nominal probability is 1e-3 here, which takes a tenth of the cells."""
    p = chain.echo_parameters(false_alarm=1e-3, kind="os")[0]
    assert 0.1 * alarm_rate(p, 110, 64, True, 3) == pytest.approx(1.0, abs=0.1)


@pytest.mark.slow
def test_false_alarms_of_ordered_statistics_at_the_nominal_rate() -> None:
    p = chain.echo_parameters(kind="os")[0]
    assert alarm_rate(p, 1200, 64, True, 4) == pytest.approx(1.0, abs=0.1)


def matched(found: Any, counts: Any, targets: Any) -> Any:
    """Return the errors in range, rate and sine of the detection in the target's cell, or NaN."""
    errors = np.full((len(counts), 3), np.nan)
    for i, count in enumerate(counts):
        off = np.stack([found[i, :count][name] for name in DETECTION.names[:3]], axis=1)
        off -= [targets[0][i], targets[1][i], targets[2][i]]
        near = (abs(off[:, 0]) < 1.5 * RANGE_CELL) & (abs(off[:, 1]) < 1.5 * SPEED_CELL)
        if near.any():
            errors[i] = off[np.argmax(near)]
    return errors


@pytest.mark.parametrize("kind", ["on_bin", "random"])
@pytest.mark.parametrize("snr_db", [18, 24])
def test_errors_against_the_bounds(kind: str, snr_db: int) -> None:
    """Angle: against 4/3 of the bound, what two halves can do."""
    draw, count = np.random.default_rng(snr_db), 2000
    targets, _, _ = looks.random_targets(draw, P, kind, snr_db, count)
    scenes = looks.scenes(draw, count, targets)
    found, counts = looks.detections(count)
    beam = Beam(0.1, looks.SYMBOLS)
    looks.look_often(P, scenes, beam, looks.stream(snr_db), looks.work(P), found, counts)
    errors = matched(found, counts, (targets[0], targets[1], targets[2] + 0.1))
    snr = scenes["snr"][:, 0]
    strong = (snr > 10.0**1.7) & ~np.isnan(errors[:, 0])
    assert strong.sum() > 700
    n, m = int(P["sensing_subcarriers"]), looks.SYMBOLS
    step, pause = 2.0 * np.pi * P["subcarrier_step_hz"], 2.0 * np.pi * P["symbol_step_s"]
    bounds = (
        0.5 * SPEED_OF_LIGHT_M_S * np.sqrt(6.0 / (step**2 * (n * n - 1.0))),
        0.5 * P["wavelength_m"] * np.sqrt(6.0 / (pause**2 * (m * m - 1.0))),
        np.sqrt(8.0) / (np.pi * P["columns"]),
    )
    ratios = [
        looks.root_mean_square((errors[:, k] * np.sqrt(snr) / bounds[k])[strong]) for k in range(3)
    ]
    assert 0.85 < ratios[0] < 1.25
    assert 0.85 < ratios[1] < 1.5
    assert 0.85 < ratios[2] < 1.25


@pytest.mark.parametrize(("bins", "expected"), [(0.5, 0.700), (1.0, 0.862), (1.5, 0.700)])
def test_slow_targets(bins: float, expected: float) -> None:
    """Removal of the mean costs the cell at 0 Hz, and no other one."""
    count = 2000
    ones = np.ones(count)
    targets = 60.0 * RANGE_CELL * ones, -bins * SPEED_CELL * ones, 0.0 * ones, 10.0**1.8 * ones
    scenes = looks.scenes(np.random.default_rng(int(10 * bins)), count, targets)
    scenes["snr"][:, 1] = 0.0
    cells = np.tile([max(round(bins), 1), 60], (count, 1))
    hits = np.zeros((count, 2), bool)
    looks.count_hits(P, scenes, cells, 64, looks.stream(5), looks.work(P), hits)
    assert hits[:, 0].mean() == pytest.approx(expected, abs=0.025)


def resolved(separation: float, first: float, count: int = 400) -> float:
    """Return how often two targets in one range cell get a detection each, within 0.2 of a cell."""
    scenes = np.zeros((count, 2), ECHO)
    scenes["range_m"] = 60.0 * RANGE_CELL
    bins = first + np.array((0.0, separation))
    scenes["range_rate_m_s"] = -SPEED_CELL * bins
    scenes["snr"] = 10.0**2.5
    found, counts = looks.detections(count)
    beam = Beam(0.0, 64)
    looks.look_often(P, scenes, beam, looks.stream(8), looks.work(P), found, counts)
    both = 0
    for row, n in zip(found, counts, strict=True):
        row = row[:n][abs(row[:n]["range_m"] - 60.0 * RANGE_CELL) < RANGE_CELL]
        off = abs(-row["range_rate_m_s"] / SPEED_CELL - bins[:, None])
        both += len(row) > 1 and bool((off.min(axis=1) < 0.2).all())
    return both / count


@pytest.mark.parametrize("first", [9.0, 9.25, 9.5, 9.75])
def test_two_targets_in_one_range_cell(first: float) -> None:
    """Half a cell apart and in opposite phase, they make two lobes, but elsewhere."""
    assert resolved(1.5, first) > 0.7
    assert resolved(2.0, first) > 0.95
    assert resolved(0.5, first) < 0.1


def observed(*paths: tuple[float, float, float, float], seed: int = 1) -> chain.ObservedLook:
    echoes = chain.echo_paths(*np.array(paths).T)
    return chain.observe_echoes(echoes, PARAMETERS, Beam(0.2, 64), seed)


def test_signs_of_doppler_shifts() -> None:
    """An approaching target turns its phase forward from symbol to symbol."""
    look = observed((80.0, -5.0, 0.01, 1e3))
    strongest = look.detections[0]
    assert strongest["range_m"] == pytest.approx(80.0, abs=0.2)
    assert strongest["range_rate_m_s"] == pytest.approx(-5.0, abs=0.1)
    assert strongest["sine"] == pytest.approx(0.21, abs=0.01)
    turn = np.angle(np.sum(look.grid[:, 1:] * look.grid[:, :-1].conj()))
    shift = turn / (2.0 * np.pi * P["symbol_step_s"])
    assert shift == pytest.approx(2.0 * 5.0 / P["wavelength_m"], rel=0.2)
    row, column = np.unravel_index(np.argmax(look.power), look.power.shape)
    assert look.range_rate_m_s[row] == pytest.approx(-5.0, abs=0.5 * SPEED_CELL)
    assert look.range_m[column] == pytest.approx(80.0, abs=0.5 * RANGE_CELL)
    assert look.power[row, column] == np.float32(strongest["statistic"])
    assert (look.power > look.threshold)[row, column]
    assert (np.diff(look.range_rate_m_s) > 0.0).all() and 0.0 not in look.range_rate_m_s


@pytest.mark.parametrize("rate", [20.0, -20.0, 16.0])
def test_fast_targets_alias(rate: float) -> None:
    limit = P["wavelength_m"] / (4.0 * P["symbol_step_s"])
    assert limit == pytest.approx(15.004, abs=1e-3)
    found = observed((100.0, rate, 0.0, 1e3)).detections[0]
    expected = rate - np.sign(rate) * 2.0 * limit
    assert found["range_rate_m_s"] == pytest.approx(expected, abs=0.1)


def test_the_echo_model_holds_at_the_edge_of_the_field() -> None:
    """With 60 kHz for the spacing: the comb does not change the carriers' leakage."""
    grid = GRID._replace(subcarrier_spacing_hz=60e3, symbols=640, symbol_duration_s=17.84e-6)
    check_echo_domain(grid, 2.0 * 170.0 / SPEED_OF_LIGHT_M_S, 14.3)


def test_the_grid_is_the_model_and_unit_noise() -> None:
    paths = [(50.0, 3.0, 0.0, 400.0), (120.0, -7.0, 0.02, 900.0), (30.0, 0.0, -0.03, 2e3)]
    echoes = chain.echo_paths(*np.array(paths).T)
    work, symbols = echo_work(128, 60, 4), 60
    quiet, loud = np.zeros((2, 128, symbols), np.complex64)
    for grid, share in ((quiet, 0.0), (loud, 1.0)):
        scene, stream = echoes.copy(), looks.stream(2)
        scene["snr"] *= share
        chain.write_paths(P, scene, symbols, stream, work)
        chain.write_grid(P, len(scene), symbols, stream, work)
        planes = work.planes[:2, : 128 * padded(symbols)].reshape(2, 128, -1)[..., :symbols]
        grid.real, grid.imag = planes
    assert np.mean(np.abs(quiet) ** 2) == pytest.approx(1.0, abs=4.0 / np.sqrt(quiet.size))
    amplitude = work.amplitude[0, :3] + 1j * work.amplitude[1, :3]
    assert np.abs(amplitude) ** 2 * 128 * symbols == pytest.approx(echoes["snr"])
    model = echo_grid(
        2.0 * echoes["range_m"] / SPEED_OF_LIGHT_M_S,
        -2.0 * echoes["range_rate_m_s"] / P["wavelength_m"],
        amplitude,
        GRID._replace(symbols=symbols),
    )
    np.testing.assert_allclose(loud - quiet, model, atol=1e-5)


def places(work: Any) -> tuple[Any, Any]:
    """Put four peaks into a work space and return the matrix of their transforms."""
    delay, shift = np.array([0.21, 0.216, 0.4, 0.21]), np.array([0.1, 0.11, -0.3, 0.02])
    work.refined[0, :4], work.refined[1, :4] = delay, shift
    n, m = np.arange(128), np.arange(40)
    along = np.exp(2j * np.pi * np.outer(delay, n))
    across = np.exp(-2j * np.pi * np.outer(shift, m))
    across -= across.mean(axis=1, keepdims=True)  # the mean over the symbols is removed
    return along, across


def test_the_difference_at_the_peaks_is_that_of_a_grid() -> None:
    """Echoes against the transform of a whole grid, noise against the law of one."""
    work = echo_work(128, 40, 4, 8)
    along, across = places(work)
    echoes = chain.echo_paths([40.0, 44.0, 90.0], [2.0, 0.0, -6.0], [0.03, -0.02, 0.05], 1e4)
    chain.write_paths(P, echoes, 40, looks.stream(1), work)
    amplitude = 1j * work.slope[:3] * (work.amplitude[0, :3] + 1j * work.amplitude[1, :3])
    assert work.slope[:3] == pytest.approx(np.tan(0.25 * np.pi * 16 * echoes["offset"]))
    grid = echo_grid(
        2.0 * echoes["range_m"] / SPEED_OF_LIGHT_M_S,
        -2.0 * echoes["range_rate_m_s"] / P["wavelength_m"],
        amplitude,
        GRID._replace(symbols=40),
    )
    stream, count = looks.stream(3), 4000
    drawn = np.zeros((count, 4), complex)
    for row in drawn:
        echo_peaks.write_differences(P, 0, 40, 4, stream, work)
        row[:] = work.difference[0, :4] + 1j * work.difference[1, :4]
    law = np.einsum("an,bn->ab", along, along.conj()) * np.einsum(
        "am,bm->ab", across, across.conj()
    )
    found = drawn.T @ drawn.conj() / count
    size = np.sqrt(np.outer(np.diag(law), np.diag(law)).real)
    assert np.abs(found - law).max() / size.max() < 5.0 / np.sqrt(count)
    assert np.abs(drawn.T @ drawn / count).max() / size.max() < 5.0 / np.sqrt(count)  # circular
    before = looks.stream(3)
    echo_peaks.write_differences(P, 0, 40, 4, before.copy(), work)
    noise = work.difference.copy()
    echo_peaks.write_differences(P, 3, 40, 4, before, work)
    signal = (work.difference - noise)[0, :4] + 1j * (work.difference - noise)[1, :4]
    expected = np.einsum("an,nm,am->a", along, grid, across)
    np.testing.assert_allclose(signal, expected, rtol=1e-6, atol=1e-6)


def test_one_seed_gives_one_look_and_a_short_list_keeps_the_strongest() -> None:
    paths = [(40.0, 4.0, 0.0, 500.0), (80.0, -5.0, 0.01, 1e3), (120.0, 8.0, 0.0, 300.0)]
    first, second, other = observed(*paths), observed(*paths), observed(*paths, seed=2)
    for one, two in zip(first, second, strict=True):
        assert (one == two).all()
    assert (first.power != other.power).any()
    statistics = first.detections["statistic"]
    assert (np.diff(statistics) <= 0.0).all() and len(statistics) >= 3
    echoes, found, counts = chain.echo_paths(*np.array(paths).T)[None], *looks.detections(1, 2)
    for most in (2, 8):  # of the records, and of the work space
        work = echo_work(128, 100, 3, most)
        state = np.zeros(4, np.uint64)
        chain.rng.seed_stream(state, np.uint64(1), np.uint64(2))
        looks.look_often(P, echoes, Beam(0.2, 64), state, work, found, counts)
        assert counts[0] == 2
        for name in ("range_m", "range_rate_m_s", "statistic"):
            assert (found[0][name] == first.detections[:2][name]).all()


PROGRAM = """
import hashlib
from isac_envs.sensing import echoes as chain
from isac_envs.sensing.echo_work import Beam
paths = chain.echo_paths([30, 60, 90], [4, -6, 0], [0.0, 0.02, 0.01], [400, 300, 9000])
look = chain.observe_echoes(paths, chain.echo_parameters(20, false_alarm=1e-2), Beam(0.1, 15), 4)
print(len(look.detections), hashlib.sha256(b"".join(each.tobytes() for each in look)).hexdigest())
"""


def test_interpreted_looks_give_the_same_bits() -> None:
    printed = []
    for disabled in ("0", "1"):
        settings = {**os.environ, "NUMBA_DISABLE_JIT": disabled}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=settings, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        printed.append(run.stdout)
    assert printed[0] == printed[1]
    assert int(printed[0].split()[0]) >= 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chain.echo_parameters(kind="go"), "kind"),
        (lambda: chain.echo_parameters(columns=7), "columns / 2"),
        (lambda: chain.echo_parameters(12), "subcarriers"),
        (lambda: chain.echo_parameters(false_alarm=0.9), "false_alarm"),
        (lambda: chain.echo_paths(1.0, 1.0, 0.0, -1.0), "snr"),
        (lambda: chain.echo_paths([1.0, np.nan], 1.0, 0.0, 1.0), "range_m"),
        (lambda: chain.observe_echoes(np.zeros(0, ECHO), PARAMETERS, Beam(0.0, 13)), "symbols"),
        (lambda: chain.observe_echoes(np.zeros(0, ECHO), PARAMETERS, Beam(1.5, 64)), "sine"),
        (lambda: echo_work(128, 64, 0), "paths"),
        (lambda: echo_work(128, 64, train=(0, 0)), "train"),
    ],
)
def test_what_makes_no_sense_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_look_without_paths_has_noise_alone() -> None:
    look = chain.observe_echoes(np.zeros(0, ECHO), PARAMETERS, Beam(0.0, 64), 3)
    assert look.power.mean() == pytest.approx(1.0, abs=0.05)
    assert hashlib.sha256(look.power).digest() != hashlib.sha256(look.threshold).digest()
    assert len(look.detections) <= 3


@pytest.mark.parametrize(("range_m", "rate"), [(80.0, 5.0), (80.8, 5.17), (60.0, -9.1)])
def test_sidelobes_of_a_strong_target_are_no_detections(range_m: float, rate: float) -> None:
    strong = chain.echo_paths(range_m, rate, 0.01, 3e5)  # far sidelobes pass the threshold
    parameters, others = chain.echo_parameters(false_alarm=1e-6), 0
    for seed in range(100):
        found = chain.observe_echoes(strong, parameters, Beam(0.2, 64), seed).detections
        near = np.abs(found["range_m"] - range_m) < 2.5
        near &= np.abs(found["range_rate_m_s"] - rate) < 1.5
        assert near.any()
        others += int((~near).sum())
    assert others <= 6  # false alarms: 1e-6 of 8064 cells, 0.8 in 100 looks


def test_weaker_target_beyond_the_sidelobes_is_kept() -> None:
    cell = 299792458.0 / (2 * 128 * 720e3)
    strong, weak = (49 * cell, 5.0, 0.0, 3e3), (56 * cell, 5.0, 0.0, 300.0)
    kept = 0
    for seed in range(50):
        found = observed(strong, weak, seed=seed).detections
        kept += (np.abs(found["range_m"] - 56 * cell) < cell).any()
    assert kept >= 48
