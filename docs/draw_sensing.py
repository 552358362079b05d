"""Draws the stages of the sensing chain into docs/_static.

    python docs/draw_sensing.py

Needs matplotlib. The scene and its seed are fixed.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "sensing", "font.size": 9})

import matplotlib.pyplot as plt  # noqa: E402 - after the choice of a backend
import numpy as np  # noqa: E402

from isac_envs.sensing.echo_work import Beam  # noqa: E402
from isac_envs.sensing.echoes import echo_parameters, echo_paths, observe_echoes  # noqa: E402

FOLDER = Path(__file__).parent / "_static"
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


def main() -> None:
    """Draw all figures."""
    draw_look()


if __name__ == "__main__":
    main()
