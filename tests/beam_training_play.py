"""Beam training, played by slow references in NumPy, and a small recording that is made up."""

import csv

import numpy as np

from isac_envs import scenarios
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.trial import Trial

ID = "isac/BeamTraining-v0"
COLUMNS = ("index", "unit1_pwr_60ghz", "unit1_loc", "unit2_loc", "unit1_beam", "seq_index")


class Play:
    """Copies of the environment, whose metrics and objectives of the last step are at hand."""

    def __init__(self, copies=8, scenario="default", seed=0, **overrides):
        self.model = scenarios.build(ID, scenario, overrides)
        self.params, self.n = self.model.params, copies
        self.trial = Trial(self.model, copies)
        self.trial.start(seed + np.arange(copies))
        self.commit = 1 if self.params.action == "ranked" else self.params.beams

    @property
    def env(self):
        return self.trial.state.env

    @property
    def beams(self):
        return self.trial.state.beams

    @property
    def frame(self) -> StepBuffers:
        return self.trial._buffers

    def step(self, actions):
        """Play a step; return the rewards, shape ``(n,)``."""
        return self.trial.step(np.broadcast_to(actions, self.n))

    def metric(self, name):
        """Return a metric of the last step, shape ``(n,)``."""
        return self.frame.metrics[name][:, 0]

    def objective(self, k):
        """Return an objective of the last step, shape ``(n,)``."""
        return self.frame.objectives[:, 0, k].copy()


def rewards_of_slots(model, name, copies, seed=0):
    """Return the reward of every slot under a baseline, shape ``(n, slots)``."""
    trial = Trial(model, copies)
    policy = model.baselines[name](trial)
    trial.start(seed + np.arange(copies))
    total = np.zeros((copies, model.params.episode_slots))
    playing = np.ones(copies, bool)
    while playing.any():
        slot = np.minimum(trial.state.env["slot"], total.shape[1] - 1)
        total[np.arange(copies), slot] += playing * trial.step(policy.act())
        playing &= ~trial.ended
    return total


def pattern(params, cosines):
    """Return gains of the codebook without errors, shape ``(..., B)``, by the sum of its fields."""
    angles = np.radians(params.field_deg) * ((np.arange(params.beams) + 0.5) / params.beams - 0.5)
    away = np.asarray(cosines)[..., None] - np.sin(angles)
    fields = np.exp(1j * np.pi * np.arange(params.antennas) * away[..., None]).sum(-1)
    return np.abs(fields) ** 2 / params.antennas


def recorded(place, beams=8, antennas=8):
    """Return linear powers of all beams towards a place in m, shape ``(B,)``: a smooth lobe."""
    angle = np.arctan2(place[0], place[1])
    best = (angle / np.radians(90) + 0.5) * beams - 0.5
    return 2.5 / (place @ place) * np.exp(-0.3 * (np.arange(beams) - best) ** 2)


def write_recording(folder, sequences=5, samples=12, beams=8, edit=None):
    """Write a recording in the layout of DeepSense 6G; return the index and the places.

    The array looks to the west, so that a vehicle that drives north passes from its left to its
    right.

    Args:
        folder: Where it is written.
        sequences: Vehicles that pass.
        samples: Of each vehicle.
        beams: Beams of a sweep.
        edit: Changes the rows of the index, dictionaries, and may write files.
    """
    random = np.random.default_rng(0)
    for name in ("power", "gps"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    here = np.array([33.42, -111.93])
    (folder / "gps" / "here.txt").write_text("\n".join(map(repr, here.tolist())) + "\n")
    metre = np.degrees(1.0 / 6.371e6)
    rows, places = [], []
    for sequence in range(1, sequences + 1):
        lane = 10.0 + random.integers(2) * 3.0
        for along in np.linspace(-9.0, 9.0, samples):
            place = np.array([along, lane])
            powers = recorded(place, beams)
            number = len(rows) + 1
            moved = np.array([along, -lane / np.cos(np.radians(here[0]))]) * metre
            north, east = (here + moved).tolist()
            (folder / "power" / f"{number}.txt").write_text("\n".join(map(repr, powers.tolist())))
            (folder / "gps" / f"{number}.txt").write_text(f"{north!r}\n{east!r}\n")
            rows.append({
                "index": number, "unit1_pwr_60ghz": f"./power/{number}.txt",
                "unit1_loc": "./gps/here.txt", "unit2_loc": f"./gps/{number}.txt",
                "unit1_beam": int(powers.argmax()) + 1, "seq_index": sequence,
            })  # fmt: skip
            places.append(place)
    if edit is not None:
        edit(rows)
    path = folder / "scenario.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path, np.array(places)
