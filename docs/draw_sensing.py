"""Draws the stages of the sensing chain into docs/_static.

    python docs/draw_sensing.py

Needs matplotlib. The scene and its seed are fixed.
"""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "sensing", "font.size": 9})

import matplotlib.pyplot as plt  # noqa: E402 - after the choice of a backend
import numpy as np  # noqa: E402

from isac_envs.sensing.echo_work import Beam  # noqa: E402
from isac_envs.sensing.echoes import echo_parameters, echo_paths, observe_echoes  # noqa: E402
from isac_envs.sensing.looks import Radar  # noqa: E402
from isac_envs.sensing.station import Station  # noqa: E402
from isac_envs.sensing.tracks import CONFIRMED, Tracker  # noqa: E402

FOLDER = Path(__file__).parent / "_static"
RADAR = Radar(
    carrier_hz=28e9, power_w=1.0 / 1584, columns=16, noise_figure_db=7.0, loss_db=6.0,
    subcarrier_spacing_hz=60e3, subcarriers=128, subcarrier_step_hz=720e3, symbol_step_s=178.4e-6,
    data_loss=17.0 / 9.0, false_alarm_probability=1e-6, train_cells=4, guard_cells=2,
    range_from_m=15.0, range_to_m=170.0,
)  # fmt: skip
TRACKER = Tracker(
    interval_s=0.05, acceleration_psd=1.5, tangential_std_m_s=7.0, gate=16.0, confirm_hits=3,
    confirm_opportunities=5, delete_missed=5, coast_s=0.5, cutoff_m=5.0, azimuth_deg=60.0,
)  # fmt: skip
FARTHEST_M = 176.0
"""Where the cyclic prefix ends."""


def draw_look() -> None:
    """Draw the grid, the map with its detections, and a cut through map and threshold."""
    echoes = echo_paths(
        range_m=[80.0, 35.0, 140.0, 25.0, 60.0, 110.0],
        range_rate_m_s=[-5.0, 4.0, 9.0, 0.0, 0.0, 0.0],
        offset=[0.03, 0.01, -0.02, 0.0, 0.02, -0.03],
        snr=[250.0, 150.0, 120.0, 3162.0, 3162.0, 3162.0],
    )
    look = observe_echoes(echoes, echo_parameters(), Beam(0.2, 64), seed=3)
    found = look.detections
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11.0, 3.4), layout="constrained")
    image = left.imshow(
        look.grid.real, aspect="auto", origin="lower", cmap="RdBu_r", interpolation="none"
    )
    image.set_clim(-4.0, 4.0)
    left.set(title="echoes and noise, real part", xlabel="symbol", ylabel="subcarrier")
    figure.colorbar(image, ax=left, label="over noise")
    power_db = 10.0 * np.log10(np.maximum(look.power, 1e-3))
    edges = (look.range_m[0], look.range_m[-1], look.range_rate_m_s[0], look.range_rate_m_s[-1])
    image = middle.imshow(
        power_db,
        aspect="auto",
        origin="lower",
        extent=edges,
        cmap="magma",
        clim=(-5.0, 25.0),
        interpolation="none",
    )
    middle.plot(
        found["range_m"], found["range_rate_m_s"], "o", ms=9, mfc="none", mec="cyan", mew=1.3
    )
    middle.set(
        title="map without 0 m/s, detections", xlabel="range, m", ylabel="range rate, m/s",
        xlim=(0.0, FARTHEST_M),
    )  # fmt: skip
    figure.colorbar(image, ax=middle, label="power over noise, dB")
    row = int(np.argmin(abs(look.range_rate_m_s - found["range_rate_m_s"][0])))
    right.plot(look.range_m, power_db[row], lw=1.0, label="power")
    right.plot(look.range_m, 10.0 * np.log10(look.threshold[row]), lw=1.2, label="threshold")
    right.set(
        title=f"cut at {look.range_rate_m_s[row]:.1f} m/s", xlabel="range, m",
        ylabel="power over noise, dB", xlim=(0.0, FARTHEST_M), ylim=(-15.0, 30.0),
    )  # fmt: skip
    right.legend(loc="lower right", frameon=False)
    figure.savefig(FOLDER / "sensing_look.svg", metadata={"Date": None})


def draw_tracks() -> None:
    """Draw four targets, all detections of a sweep of 20 s, and what the tracker made of them."""
    station = Station(RADAR, TRACKER, seed=4)
    sines = 0.866 * ((2.0 * np.arange(16) + 1.0) / 16.0 - 1.0)
    targets = np.array(
        [
            (120.0, -45.0, -5.0, 4.0, 0.0524),  # a small UAV
            (60.0, 40.0, 1.0, -1.0, 0.73),  # a person
            (150.0, 10.0, -6.0, -2.0, 13.3),  # two vehicles
            (40.0, -45.0, 6.0, 5.0, 13.3),
        ]
    )
    way, seen, tracks = [], [], []
    for slot in range(400):
        look = station.look_at(sines[slot % 16], 70)
        found = station.observe(look, targets)
        station.track(look, found)
        station.close()
        way.append(targets[:, :2].copy())
        seen.append(found)
        confirmed = station.tracks[station.tracks["status"] == CONFIRMED]
        tracks.append((confirmed["estimate"][:, :2], confirmed["covariance"][:, :2, :2]))
        targets[:, :2] += TRACKER.interval_s * targets[:, 2:4]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11.0, 4.6), layout="constrained")
    all_seen = np.concatenate(seen)
    cosine = np.sqrt(1.0 - np.square(all_seen["sine"]))
    x, y = all_seen["range_m"] * cosine, all_seen["range_m"] * all_seen["sine"]
    left.plot(y, x, ".", ms=3, label="detections")
    left.set(title="detections of 400 looks, 16 sectors in turn")
    for name, axes in (("truth", left), ("", right)):
        for k, path in enumerate(np.swapaxes(way, 0, 1)):
            axes.plot(path[:, 1], path[:, 0], "k-", lw=0.8, label=name if k == 0 else "")
    for slot, (places, covariances) in enumerate(tracks):
        right.plot(places[:, 1], places[:, 0], ".", color="C2", ms=1.5)
        if slot % 40 == 39:
            for place, covariance in zip(places, covariances, strict=True):
                _ellipse(right, place, covariance)
    right.set(title="confirmed tracks, 3-sigma ellipses every 2 s")
    for axes in (left, right):
        axes.set(xlabel="across, m", ylabel="ahead, m", aspect="equal")
        axes.set(xlim=(-110.0, 110.0), ylim=(0.0, 170.0))
    left.legend(loc="lower left", frameon=False)
    figure.savefig(FOLDER / "sensing_tracks.svg", metadata={"Date": None})


def _ellipse(axes: Any, place: Any, covariance: Any) -> None:
    """Draw the 3-sigma ellipse of a place (x ahead, y across)."""
    turn = np.linspace(0.0, 2.0 * np.pi, 60)
    ring = 3.0 * np.linalg.cholesky(covariance) @ np.stack((np.cos(turn), np.sin(turn)))
    axes.plot(place[1] + ring[1], place[0] + ring[0], color="C1", lw=0.9)


def main() -> None:
    """Draw all figures."""
    draw_look()
    draw_tracks()


if __name__ == "__main__":
    main()
