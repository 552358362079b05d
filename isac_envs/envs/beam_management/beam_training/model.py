"""Declaration of ``isac/BeamTraining-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.beam_management.beam_training import baselines, kernel, records
from isac_envs.envs.beam_management.beam_training.params import BeamTrainingParams


class BeamTraining(Model):
    r"""Text."""

    id = "isac/BeamTraining-v0"
    summary = "Which beams to probe for a vehicle before data are sent, and when to stop."
    source = "x"
    params_type = BeamTrainingParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal("rate", "Rate of the slot that ends, probes taken off.", "bit/s/Hz"),
        Signal("accuracy", "Minus the standard deviation of the position along the road at the "
               "end of a slot.", "m"),
    )  # fmt: skip
    costs = (Signal("lost_slot", "1 if probes took all of a slot."),)
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("slot_ends", "1 if the slot has ended; else all others are 0."),
        Signal("probes", "Probes of the slot."),
        Signal("lost", "1 if they took all of it."),
        Signal("served", "1 if data were sent."),
        Signal("rate", "Rate of the slot.", "bit/s/Hz"),
        Signal("loss_db", "Power of the best beam over that of the beam with the data.", "dB"),
        Signal("top_1", "1 if the best beam was the most probable one before the probes."),
        Signal("top_3", "1 if it was among the three most probable ones."),
        Signal("detected", "1 if the echo of the data was detected."),
        Signal("position_std_m", "Standard deviation of the position along the road, the root of "
               "its bound where the filter is linear.", "m"),
        Signal("position_error_m", "Error of its estimate.", "m"),
        Signal("nees", "Normalised squared error of position, speed and distance, 3 on average "
               "if the filter is consistent."),
    )  # fmt: skip
    summaries: ClassVar[tuple[Summary, ...]] = (
        Summary("rate", "Rate of a slot, bit/s/Hz.", "rate", "slot_ends"),
        Summary("probes", "Probes of a slot.", "probes", "slot_ends"),
        Summary("loss_db", "Power lost to the best beam, dB.", "loss_db", "served"),
        Summary("top_3", "Best beam among the three most probable ones.", "top_3", "slot_ends"),
        Summary("detected", "Slots with an echo.", "detected", "slot_ends"),
        Summary("position_error_m", "Error of the position along the road, m.",
                "position_error_m", "slot_ends"),
    )  # fmt: skip
    baselines = baselines.BASELINES
    reference_baseline = "genie"
    scene = "isac_envs.envs.beam_management.beam_training.scene:draw"

    def observation_spec(self) -> Spec:
        """Return what was measured, and what is believed or reported."""
        p = self.params
        seen: tuple[Coordinate, ...] = (
            Coordinate("measured", "Rate of the power that a probe of the beam found in the slot, "
                       "over 16 bit/s/Hz; 0 without one.", size=p.beams),
            Coordinate("best_measured", "The largest of them."),
            Coordinate("used", "Share of the slot that probes took."),
            Coordinate("last_beam", "Beam of the last data over the number of the last beam."),
            Coordinate("slot", "Number of the slot over `slots`."),
        )  # fmt: skip
        if p.observation == "posterior":
            seen += (
                Coordinate("probability", "Probability that the beam is the best.", size=p.beams),
                Coordinate("position_std", "Standard deviation of the position along the road "
                           "over `position_std_m`."),
                Coordinate("blocked", "Probability that the direct path is blocked."),
            )  # fmt: skip
        else:
            seen += (
                Coordinate("reported_x", "Reported position along the road over `half_length_m`.",
                           low=-1.5, high=1.5),
                Coordinate("reported_y", "Reported distance over that of the middle of the road, "
                           "less 1.", low=-1.5, high=1.5),
                Coordinate("echo", "1 if the last slot had an echo."),
                Coordinate("echo_range", "Its range over `half_length_m` and the distance of the "
                           "middle of the road.", high=1.5),
                Coordinate("echo_cosine", "Cosine of its direction with the array.", low=-1.5,
                           high=1.5),
                Coordinate("is_new", "1 if the vehicle is a new one."),
            )  # fmt: skip
        return Spec("box", seen)

    def action_spec(self) -> Spec:
        """Return the choice of a beam to probe, or to commit."""
        beams = self.params.beams
        if self.params.action == "ranked":
            labels: tuple[str, ...] = ("probe", "commit")
            meaning = "Probe the most probable beam that is not probed; or send data."
        else:
            labels = (*(f"probe {b}" for b in range(beams)), "commit")
            meaning = "Beam to probe; or send data."
        return Spec("discrete", (Coordinate("choice", meaning, high=len(labels) - 1.0,
                                            labels=labels),))  # fmt: skip

    def longest_episode(self) -> int:
        """Return the steps of an episode in which all mini-slots are probed."""
        return int(min(self.params.horizon, self.params.slots * self.params.slot_probes))

    def objective_bounds(self) -> tuple[tuple[float, float], ...] | None:
        """Return the bounds; ripple is normal, and so is what it adds to the rate."""
        return None

    def allocate(self, n: int) -> records.State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
