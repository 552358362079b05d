"""Draws the shipped traces into docs/_static.

    python docs/draw_traces.py

Needs matplotlib.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "traces", "font.size": 9})

import matplotlib.pyplot as plt  # noqa: E402 - after the choice of a backend

from isac_envs.traces.reading import read_traffic  # noqa: E402

HERE = Path(__file__).parent
TRACES = HERE.parent / "scenarios" / "traces"
VEHICLE_M = 5.0


def draw() -> None:
    """Draw tours of three cars on the grid, and lanes over time on the highway."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.6), layout="constrained")
    grid = read_traffic(str(TRACES / "sumo_grid.fcd.xml.gz"), 1.0, VEHICLE_M)
    for k in range(6):
        left.axhline(200.0 * k, color="0.9", lw=4, zorder=0)
        left.axvline(200.0 * k, color="0.9", lw=4, zorder=0)
    for drive in grid.drives[:3]:
        x, y = drive.places[:180].T
        left.plot(x, y, lw=1.2, label=drive.label)
        left.plot(x[0], y[0], "o", ms=4, color=left.lines[-1].get_color())
    left.set(aspect="equal", xlabel="x, m", ylabel="y, m", title="sumo_grid")
    left.legend(frameon=False, fontsize=7)
    highway = read_traffic(str(TRACES / "sumo_highway.fcd.xml.gz"), 0.5, VEHICLE_M)
    for drive in highway.drives[20:60]:
        right.plot(drive.places[:, 0], drive.places[:, 1], lw=0.8)
    right.set(xlabel="x, m", ylabel="y, m", title="sumo_highway, 40 vehicles")
    figure.savefig(HERE / "_static" / "traces.svg", metadata={"Date": None})


if __name__ == "__main__":
    draw()
