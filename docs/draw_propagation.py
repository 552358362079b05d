"""Draws the path loss and the probability of line of sight of all channels into docs/_static.

    python docs/draw_propagation.py

Needs matplotlib.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "propagation", "font.size": 9})

import matplotlib.pyplot as plt  # noqa: E402 - after the choice of a backend
import numpy as np  # noqa: E402

from isac_envs.propagation.laws import law_of  # noqa: E402
from isac_envs.propagation.losses import los_probability, path_loss  # noqa: E402
from isac_envs.propagation.params import ChannelParams, Reach  # noqa: E402

FOLDER = Path(__file__).parent / "_static"
CARRIER_HZ = 28e9
FAMILIES = {
    "base station outdoors, TR 38.901": {
        "uma": (25.0, 1.5), "umi": (10.0, 1.5), "rma": (35.0, 1.5), "sma": (35.0, 1.5),
    },
    "indoors, TR 38.901": {
        "inh_mixed": (3.0, 1.0), "inh_open": (3.0, 1.0), "inf_sl": (1.5, 1.5),
        "inf_dl": (1.5, 1.5), "inf_sh": (8.0, 1.5), "inf_dh": (8.0, 1.5),
    },
    "UAV at 60 m (RMa: 35 m), TR 36.777": {
        "uma_av": (25.0, 60.0), "umi_av": (10.0, 60.0), "rma_av": (35.0, 35.0),
    },
    "vehicles; UAV at 200 m (Al-Hourani)": {
        "v2x_urban": (1.6, 1.6), "v2x_highway": (1.6, 1.6), "al_hourani_suburban": (1.5, 200.0),
        "al_hourani_urban": (1.5, 200.0), "al_hourani_dense_urban": (1.5, 200.0),
        "al_hourani_highrise": (1.5, 200.0),
    },
}  # fmt: skip
"""Heights of the antenna that stays and of the one that moves in m, by channel and panel."""

FARTHEST_M = {"inh_mixed": 150.0, "inh_open": 150.0}


def draw() -> None:
    """Draw one panel a family: path loss above, probability of line of sight below."""
    figure, axes = plt.subplots(
        2, 4, figsize=(14.0, 6.0), layout="constrained", height_ratios=(2.0, 1.0), sharey="row"
    )
    for column, (title, channels) in enumerate(FAMILIES.items()):
        above, below = axes[:, column]
        for colour, (channel, (station_m, height_m)) in enumerate(channels.items()):
            farthest = FARTHEST_M.get(channel, 600.0 if channel.startswith("inf") else 3000.0)
            reach = Reach(
                ("carrier_hz", CARRIER_HZ), ("station_m", station_m), ("lowest_m", height_m),
                ("highest_m", height_m), ("farthest_m", farthest),
            )  # fmt: skip
            params = ChannelParams(channel=channel)
            params.check_channel(reach)
            law = law_of(params, reach)
            distances = np.geomspace(2.0, farthest, 200)
            los, nlos = (
                [path_loss(law, clear, d, height_m, 0.0) for d in distances]
                for clear in (True, False)
            )
            style = {"color": f"C{colour}", "lw": 1.2}
            above.semilogx(distances, los, label=channel, **style)
            if channel.startswith(("v2x", "al_hourani")):
                nlos = los  # the loss by vehicles is random, that of Al-Hourani a mean
            above.semilogx(distances, nlos, ls="--", **style)
            seen = [los_probability(law, d, height_m) for d in distances]
            if not channel.startswith("al_hourani"):
                below.semilogx(distances, seen, **style)
        above.set(title=title)
        above.legend(frameon=False, fontsize=7)
        below.set(xlabel="distance on the ground, m", ylim=(-0.03, 1.05))
    axes[0, 0].set(ylabel="path loss, dB")
    axes[1, 0].set(ylabel="probability of line of sight")
    figure.savefig(FOLDER / "propagation.svg", metadata={"Date": None})


if __name__ == "__main__":
    draw()
