"""Declaration of ``isac/BeamTraining-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.beam_management.beam_training import baselines, kernel, records
from isac_envs.envs.beam_management.beam_training.params import BeamTrainingParams


class BeamTraining(Model):
    r"""A base station looks for the beam towards a vehicle that passes, slot after slot.

    Narrow beams are strong only if they point at the vehicle. To probe a beam takes one of the $S$
    mini-slots of a slot, so the search eats the rate it is for. What was found serves again: the
    vehicle moves on in the next slot, and the echo of the data tells where it was. Search and
    tracking are one problem.

    In each step the agent probes one of $B$ beams, or commits: the rest of the slot carries data in
    the beam with the largest power measured in the slot; without a probe, in the beam of the last
    data. With ``action = "ranked"`` it only says probe or commit, and the environment probes the
    most probable beam. Once all $S$ mini-slots are probed, the slot is lost.

    1. **Codebook.** Beams are uniform in angle over ``field_deg``. Beam $b$ of $N$ antennas half a
       wavelength apart has, towards a direction with cosine $c$ to the array, the gain
       $G_b(c) = \frac{10^{r_b / 10}}{N} \Big| \sum_m e^{j \pi m (c - s_b) + j \phi_m} \Big|^2$
       with the sine $s_b$ of its angle, ripple $r_b$ in dB and phase errors $\phi_m$, both normal.
       They are unknown, drawn in each episode or, with ``calibration``, always the same.
    2. **Link.** $\mathrm{SNR}_b = P / N_0 \cdot (\lambda / (4 \pi d))^2 G_b$. The direct path can
       be blocked (a Markov chain of two states). A wall behind the road adds a second path, by the
       mirror image of the vehicle, whose power adds: the band tells the two apart.
    3. **Probe.** It measures $|\sqrt{\mathrm{SNR}_b} + w|^2$ with complex normal $w$ of variance
       $10^{-g/10}$, where $g$ is ``probe_gain_db``.
    4. **Reward** at the end of a slot with $n$ probes and data in beam $b$:
       $w_1 (1 - n / S) \log_2(1 + \mathrm{SNR}_b) - w_2 \min(|x - \hat{x}|, \sigma_x)$
       with the estimate $\hat{x}$ of the position along the road, and the error $\sigma_x$ of the
       reported position. All other steps have no reward.
    5. **Echo.** ``receive_antennas`` hear the data. The SNR of the echo is that of the radar
       equation in the beam of the data, times ``echo_samples`` and the share of the slot with data.
       It is exponential (Swerling 1) for the detection. Errors of range and cosine are normal with
       the Cramer-Rao bounds of delay and angle.
    6. **Motion.** $x$ along the road with a normal acceleration in each slot, $y$ with a random
       walk. One that leaves is followed by the next, of another speed and lane.

    The belief comes with the environment. An extended Kalman filter of $x$, $\dot{x}$ and $y$ goes
    through the slots: it takes in positions, which are reported at the start of each slot, and
    echoes, by an iterated update. Within a slot, a grid of directions times {free, blocked} is
    weighed by each probe, with the power that the pattern gives, times $e^{-\sigma^2}$, plus what
    phase errors $\sigma$ scatter, and the spread of ripple. What the grid has learned goes back to
    the filter as a measurement of direction. The observation holds the probability of each beam to
    be the best. With ``observation = "raw"`` it holds reported position and echo instead.
    Ripple and phase errors stay, but the filter takes them for new ones in each slot. With many
    probes it is too sure of itself now and then; without, ``nees`` is 3 as it should be.

    ``genie`` scores 1: it knows the place of the vehicle and the best beam. The vehicle does not
    care for actions, so it is a bound in every single slot. ``bayes`` weighs, after each probe,
    stopping against the best few further probes by the belief. ``best_k`` fixes their number before
    the first. ``nearest_neighbours`` and ``look_up_table`` learn from 2000 reported positions with
    their best beams, as studies of recorded data do. With ranked actions, the baselines choose only
    how many beams are probed.

    **Recorded data.** With ``data`` the name of the index of a scenario of DeepSense 6G (the CSV
    file beside its folders), its sweeps replace the drawn vehicle: ``unit1_pwr_60ghz``,
    ``unit2_loc``, ``unit1_loc``, ``index`` and ``seq_index`` are read, a row with powers or
    positions that are no numbers is left out, and sequences are played in order, as far as samples
    follow each other without a gap. Best beams are those of the powers;
    the labels of the file, which count from 1, are not read. ``replay_offset`` shifts positions
    against powers, ``replay_split`` keeps every fifth sequence for tests. The powers have no unit:
    the median of the best ones is set to what the link budget gives. There are no echoes. The data
    may not be passed on and do not come with this package. Scenario hashes cover the index, not the
    files that it names.

        gymnasium.make("isac/BeamTraining-v0", scenario="replay", data="scenario1/scenario1.csv")

    The scenario ``deepsense`` stands for scenario 1 there. Position error, ripple, road and speeds
    are fitted. How often the best beam is among the first of ten nearest neighbours (2422 samples,
    a fifth of them for tests), and that of the last sample or next to it:

    | | first | first 3 | first 5 | same as before | at most next to it |
    | --- | --- | --- | --- | --- | --- |
    | recorded | 0.541 | 0.870 | 0.922 | 0.439 | 0.784 |
    | drawn | 0.554 | 0.863 | 0.926 | 0.425 | 0.631 |
    """

    id = "isac/BeamTraining-v0"
    summary = "Which beams to probe for a vehicle before data are sent, and when to stop."
    source = (
        "Problem: Demirhan and Alkhateeb, arXiv 2111.09676 (radar aided beam prediction), and "
        "Morais et al., arXiv 2205.09054 (position aided, on recorded data). Rewards, motion and "
        "belief: our choice."
    )
    params_type = BeamTrainingParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal("rate", "Rate of the slot that ends, probes taken off.", "bit/s/Hz"),
        Signal("accuracy", "Minus the error of the estimated position along the road at the end "
               "of a slot, at most that of reported positions.", "m"),
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
        Signal("position_error_m", "Error of the estimated position along the road; a genie has "
               "none.", "m"),
        Signal("position_std_m", "Its standard deviation by the filter.", "m"),
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
            Coordinate("slot", "Number of the slot over `episode_slots`."),
        )  # fmt: skip
        if p.observation == "posterior":
            seen += (
                Coordinate("probability", "Probability that the beam is the best.", size=p.beams),
                Coordinate("most_probable", "The largest of those that are not probed."),
                Coordinate("not_probed", "Their sum."),
                Coordinate("expected", "Rate of a free path in a beam without ripple that points "
                           "at the estimated position, over 16 bit/s/Hz."),
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
        if self.params.action == "ranked":
            meaning = "Probe the most probable beam that is not probed; or send data."
            choice = Coordinate("choice", meaning, high=1.0, labels=("probe", "commit"))
        else:
            meaning = "Beam to probe; the number behind the last beam: send data."
            choice = Coordinate("choice", meaning, high=float(self.params.beams))
        return Spec("discrete", (choice,))

    def longest_episode(self) -> int:
        """Return the steps of an episode in which all mini-slots are probed."""
        return int(min(self.params.horizon, self.params.episode_slots * self.params.slot_probes))

    def objective_bounds(self) -> tuple[tuple[float, float], ...] | None:
        """Return the bounds; ripple is normal, and so is what it adds to the rate."""
        return None

    def allocate(self, n: int) -> records.State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
