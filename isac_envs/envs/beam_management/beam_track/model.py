"""Declaration of ``isac/BeamTrack-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.engine.mathx import log2
from isac_envs.envs.beam_management.beam_track import baselines, kernel, records
from isac_envs.envs.beam_management.beam_track.echoes import peak_gain
from isac_envs.envs.beam_management.beam_track.observe import TUPLE
from isac_envs.envs.beam_management.beam_track.params import BeamTrackParams
from isac_envs.envs.beam_management.beam_track.planning import coming_vehicles
from isac_envs.envs.beam_management.beam_track.records import State

_BELIEF = (
    ("angle", "Believed angle from the array axis, 0 (-1) to 180 degrees (1)."),
    ("angle_spread", "Log2 of its standard deviation in widths of the narrowest beam, over 8."),
    ("distance", "Believed distance over four times the first (circle: over the largest)."),
    ("distance_spread", "Log2 of its standard deviation in m, over 8."),
    ("radial_speed", "Believed radial speed over twice the mean speed."),
    ("cosine", "Believed cosine of the angle."),
    ("detected", "Whether the last slot gave a measurement (1) or not (-1)."),
    ("sensing_snr", "SNR of the echo in 60 dB; 0 without a detection."),
    ("age", "Slots since the last detection, over 10, at most 1."),
)
_TUPLE = (
    ("cosine", "Measured cosine of the angle; 0 without a detection."),
    ("distance", "Measured distance over four times the first (circle: over the largest)."),
    ("radial_speed", "Measured radial speed over twice the mean speed."),
    ("detected", "Whether the slot gave a measurement (1) or not (0)."),
    ("sensing_snr", "SNR of the echo in 60 dB; 0 without a detection."),
)


class BeamTrack(Model):
    r"""Sensing-assisted predictive beamforming.

    A road-side linear array stands at the origin, its axis along x, and serves vehicles that
    accelerate at random. An extended Kalman filter of ``(x, v_x, y, v_y)`` aims the beam. The
    filter is part of the environment and is corrected by echoes of the same beam. A narrow beam
    carries more data and misses more often. A missed vehicle gives no echo, so the belief widens.
    The beam width therefore decides both the rate of this slot and the track of the next ones (dual
    control).

    Let $u$ be the cosine of the direction, $N$ the number of active antennas half a wavelength
    apart, $u_b$ the direction of the beam, $P_k$ the power of vehicle $k$, $d$ its distance and $w$
    the share of the slot for sensing.

    1. Motion: $x \leftarrow x + v T + a T^2 / 2$ and $v \leftarrow v + a T$. The acceleration $a$
       is white with deviations $(\sigma_x, \sigma_y)$, or an Ornstein-Uhlenbeck process. At the
       edges of the lane $v_y$ becomes 0. Alternatively the vehicle flies a circle that drifts, or
       follows a file (``traces``, see [traces](../traces.md)).
    2. Alignment: $|\delta|^2 = [\sin(N z) / (N \sin z)]^2$ with $z = \pi (u - u_b) / 2$.
    3. Link: $\mathrm{SNR}_c = P_k N |\delta|^2 (\lambda / 4 \pi d)^2 / \sigma_n^2$ and rate $R =
       (1 - w) \log_2(1 + \mathrm{SNR}_c)$, with noise power $\sigma_n^2$. The reward is the mean
       over the vehicles, less ``misalignment_penalty`` for each beam with $|\delta|^2 < 1/2$.
    4. Echo, per receive antenna, integrated over $S$ = ``symbols`` $\cdot (w + r (1 - w))$ symbols
       with $r$ the ``data_echo_share`` and $\sigma_t$ the radar cross-section: $\gamma = P_k N
       |\delta|^2 S \sigma_t \lambda^2 / ((4 \pi)^3 d^4 \sigma_n^2)$.
    5. Detection: $P_d = P_{fa}^{1 / (1 + \gamma N_r)}$ (Swerling 1). Without a detection there is
       no measurement. With ``fluctuation`` drawn or constant, Marcum's function of the realised SNR
       takes its place.
    6. Measurements of $u$, $d$ and the radial speed $v$, with the Cramer-Rao bounds for an unknown
       amplitude and bandwidth $B$: $\mathrm{var}\,u = 6 / (\pi^2 \gamma N_r (N_r^2 - 1))$,
       $\mathrm{var}\,d = (c / 2)^2 / (2 \gamma N_r (2 \pi B)^2 / 12)$, $\mathrm{var}\,v = (\lambda
       / 2)^2 / (2 \gamma N_r (2 \pi S / B)^2 / 12)$.
    7. The belief $N(m, P)$ is predicted to the coming slot with white acceleration. A discrete or
       continuous action points the beam at $u(m)$ plus an offset in units of $\sigma_u$.
    8. Requested powers are scaled down if they exceed the budget.
    9. A sweep finds the nearest of the $N$ beams $2 k / N$ of the full array and a distance, and
       restarts the belief. It costs ``sweep_loss`` of the slot.
    10. Blockage is a two-state Markov chain that costs ``block_loss_db`` each way.
    11. Two-stage slots: $R = w C_p + (1 - w) C_e$. $C_p$ uses the predicted beam, which also gives
        the echo, and $C_e$ the corrected one. With ``outage`` above 0, $C$ is the rate that the
        belief promises at that outage if the channel carries it, and 0 otherwise.
    12. With another ``channel`` than free space, $(\lambda / 4 \pi d)^2$ becomes $10^{-L / 10}
        |h|^2$ in the link, and its square takes the place of $(\lambda / 4 \pi d)^4$ in the echo:
        $L$ is the path loss of TR 38.901, in or out of line of sight, with shadow fading, and $h$
        the ``fading``. So what hides a vehicle counts once for the link and twice for the echo.

    13. With `transmitter` = ``surface`` the direct path is blocked. The base station, $D$ =
        `station_m` away in line of sight, sends its beam of $N_t$ = `station_antennas` to a surface
        at the origin, whose place is known. $N$ of its columns with $R$ = `surface_rows` elements
        each reflect the beam to $u_b$; the others absorb. In equations 3 and 4 the gain $N$ becomes
        $N_t (\lambda / 4 \pi D)^2 (N R)^2$: what the columns catch grows with their number, and so
        does what they focus. $N_r$ elements that can listen hear the echo at the surface. All
        columns, aligned, are the bound. Station, surface and vehicle are taken to be in each
        other's far field, as the array and the vehicle are.

    With ``fidelity`` echo, equations 5 and 6 are not drawn but happen. A look of $S$ symbols is an
    OFDM grid of $N_g$ subcarriers a step $B / N_g$ apart and $M_g$ symbols a step $S / (B M_g)$
    apart. This comb spans the band $B$ and the time $S / B$ and carries the energy of all $S$
    symbols, so that the bounds of equation 6 are its own, to $1 / N_g^2$. $N_g$ and $M_g$ are the
    least powers of two for which range and speed are unambiguous for every vehicle within three
    deviations, $N_g c / 2 B$ and $\lambda M_g B / 4 S$ in the longest look. A look of fewer than
    $N_g M_g$ symbols has no room for the grid and is left out. The base station listens where it
    sends; each vehicle adds an echo of $\gamma N_r |\delta_r|^2$ with the pattern $\delta_r$ of the
    receive array, each reflector of ``clutter_distances_m`` one that stands still. The grid goes
    through the [chain](../sensing.md): removal of the mean, map, CFAR over 144 cells at
    ``false_alarm``, peaks, refinement, angle from two halves of the array. Of the detections, the
    nearest to the belief corrects it, if its squared Mahalanobis distance is below ``gate``. So:

    - $P_d = (1 + \alpha / (144 (1 + \gamma N_r |\delta_r|^2 s_r s_v)))^{-144}$, with the straddling
      $s_r$ and $s_v$ of the chain. A vehicle without radial speed is not told from clutter.
    - $\mathrm{var}\,u = 8 / (\pi^2 \gamma N_r N_r^2)$, 4/3 of the bound, for two halves. The filter
      takes the power of the detection for $\gamma N_r$, at least 4, and adds half a Doppler cell
      to the deviation of speeds below one and a half, which the removal of the mean moves.

    In ``echoes`` the rates of the baselines are (bit/s/Hz, 1000 episodes, half widths up to 0.05):

    | policy | statistics | statistics, 2.4 dB less echo | echo |
    | --- | ---: | ---: | ---: |
    | `genie` | 2.93 | 2.93 | 2.93 |
    | `reacquire` | 2.23 | 1.93 | 1.99 |
    | `best_fixed_share` | 2.06 | 1.69 | 1.77 |
    | `myopic` | 1.87 | 1.42 | 1.76 |
    | `best_fixed` | 1.84 | 1.48 | 1.66 |
    | `ekf` | 1.64 | 1.11 | 1.38 |
    | `random` | 0.63 | 0.56 | 0.56 |

    2.4 dB is the mean loss between the bins and of the CFAR. Rules were searched by the statistics
    in all columns.

    Observed as ``echo``, the snapshot is $\sqrt{\gamma} e^{j \phi} e^{j \pi m u} + CN(0, 1)$ at
    antenna $m$. Its maximum-likelihood angle has the variance of equation 6.

    Where publications are silent we chose: vehicles start at (-25, 20) m with 20 m/s and drive for
    30 slots. Lanes extend 5 m to either side. The filter measures the cosine of the angle, not the
    angle. Bandwidth is 100 MHz, noise -80 dBm. In the ``hard`` scenarios the filter starts at the
    true state, with deviations of 0.5 m and 1.5 m/s that it takes for real, and only the sensing
    part of the slot is integrated ($r = 0$). In ``validation`` all of it is ($r = 1$), and a sweep
    takes half a slot. A flying vehicle has a known height, and the array measures the angle from
    its axis.

    Vehicles move the same whatever the action. ``validation`` leaves nothing to learn: the filter
    earns what perfect tracking earns. ``hard`` is at 5 dBm, where the best fixed width and the
    greedy one are about equal, and both reach about a third of perfect tracking. At 0 dBm greed is
    worse than a fixed width, at 10 dBm better, and at 30 dBm both are nearly perfect.

    Which of the two leads at 5 dBm depends on the initial deviations of the filter, because few
    echoes come back. From 1.5 m/s (and 100 MHz) greed earns 1.85 and 64 antennas 1.95 bit/s/Hz,
    from 0.5 m/s (and 500 MHz) 2.06 and 2.01, from 0.1 m and 0.1 m/s 2.25 and 1.98. The default is
    1.5 m/s because nobody knows more in mid-course: a filter that hears every echo of an aligned
    beam settles at 1.1 (256 antennas) to 1.3 m/s (64 antennas) along the lane, and one that misses
    some knows less. A better known start also lifts greed at 0 dBm, from 0.63 to 0.76.
    """

    id = "isac/BeamTrack-v0"
    summary = "Beam width, direction and sensing share of a slot, while vehicles move."
    source = (
        "Problem: F. Liu, W. Yuan, C. Masouros, J. Yuan, 'Radar-assisted predictive beamforming "
        "for vehicular links', IEEE TWC 19(11), 2020, arXiv 2001.09306; beam width as a decision: "
        "Du et al., arXiv 2111.10152; two-stage slot: Jiang et al., 'Low-altitude UAV tracking "
        "via sensing-assisted predictive beamforming', arXiv 2509.12698; surface that listens: X. "
        "Shao, C. You, W. Ma, X. Chen, R. Zhang, 'Target sensing with intelligent reflecting "
        "surface: architecture and performance', IEEE JSAC 40(7), 2022. State, action and "
        "numbers are our choice."
    )
    default_scenario = "hard"
    params_type = BeamTrackParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal("communication", "Rate of the slot, mean of the vehicles.", "bit/s/Hz"),
        Signal("alignment", "Penalty of beams with less than half of their gain."),
    )
    costs = (
        Signal("misaligned", "Share of the vehicles with less than half of the beam's gain."),
        Signal("undetected", "Share of the vehicles without a measurement."),
    )
    metrics = (
        Signal("rate", "Rate of the slot.", "bit/s/Hz"),
        Signal("gain", "Alignment |delta|^2 of the beam, 0..1."),
        Signal("angle_error_deg", "Magnitude of the angle error of the belief that aimed.", "deg"),
        Signal("angle_std_deg", "Standard deviation of the angle in this belief.", "deg"),
        Signal("detection", "Share of the vehicles with a measurement."),
        Signal("sensing_snr_db", "SNR of the echo after integration over the array.", "dB"),
        Signal("snr_db", "SNR of the link.", "dB"),
        Signal("age", "Slots since the last detection.", "slots"),
        Signal("nees", "Normalised squared error of the estimate; 4 on average if consistent."),
        Signal("sensing_share", "Share of the slot spent on sensing."),
        Signal("active_antennas", "Active antennas of the beam."),
    )
    summaries = (
        Summary("rate", "Rate per slot.", "rate"),
        Summary("gain", "Mean alignment.", "gain"),
        Summary("detection", "Share of the slots with a measurement.", "detection"),
        Summary("active_antennas", "Mean active antennas.", "active_antennas"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "bound"
    scene = "isac_envs.envs.beam_management.beam_track.scene:draw"

    def observation_spec(self) -> Spec:
        """Return the observation in the form that the parameters ask for."""
        p = self.params
        if p.observation == "belief":
            return Spec("box", self._each(_BELIEF, 1))
        if p.observation == "history":
            return Spec("box", self._each(_TUPLE, p.history_length))
        parts: list[Coordinate] = []
        for k in range(p.vehicles):
            echo = "Matched-filter output of the array, scaled to a fixed level: real, imaginary."
            size = 2 * p.receive_antennas
            parts.append(Coordinate(f"echo{self._suffix(k)}", echo, low=-1.0, size=size))
            level = "Level of the echo before scaling, in 60 dB over the noise."
            parts.append(Coordinate(f"level{self._suffix(k)}", level, low=-1.0))
        return Spec("box", tuple(parts))

    def action_spec(self) -> Spec:
        """Return the action in the form that the parameters ask for."""
        p = self.params
        parts: list[Coordinate] = []
        for k in range(p.vehicles):
            parts.extend(self._beam(self._suffix(k)))
        meaning = "Share of the slot spent on sensing."
        shares = p.sensing_shares
        if p.action == "discrete":
            labels = tuple(f"{share:g}" for share in shares)
            parts.append(Coordinate("share", meaning, high=len(shares) - 1.0, labels=labels))
            return Spec("multi_discrete", tuple(parts))
        parts.append(Coordinate("share", meaning, high=shares[-1]))
        return Spec("box", tuple(parts))

    def objective_bounds(self) -> tuple[tuple[float, float], ...] | None:
        """Return 0 to the rate of perfect beams at the least distance; None if there is none.

        The rate is concave in the power, so that no division of it beats equal parts.
        """
        p, r = self.params, self.params.record[0]
        beside = max(p.lane_y_m - p.lane_half_width_m, 0.0) if p.motion == "road" else 0.0
        least_m2 = beside * beside + p.height_m * p.height_m
        if least_m2 == 0.0 or p.channel != "free_space":
            return None  # a drifting circle may come as near as it likes, shadowing add any power
        power = r.power_w / p.vehicles
        snr = power * peak_gain(r, p.transmit_antennas) * r.link_gain / least_m2
        return (0.0, log2(1.0 + snr)), (-p.misalignment_penalty, 0.0)

    @property
    def customary_share(self) -> float:
        """Share of the slot that policies sense for unless they decide on it."""
        return float(self.params.sensing_shares[baselines.customary_share(self.params)])

    @property
    def sector_cosine(self) -> float:
        """Largest cosine that beams are steered to."""
        return float(self.params.record[0].sector_cosine)

    @property
    def snr_per_antenna(self) -> float:
        """Link SNR, linear, of one of equal beams per antenna at the distance 1 of observations."""
        p, r = self.params, self.params.record[0]
        return float(r.power_w * r.link_gain / (p.vehicles * (r.distance_scale * r.distance_scale)))

    def coming_cosines(self, state: State) -> npt.NDArray[np.float64]:
        """Return the true direction cosines in the coming slot, shape ``(n, K)``.

        No policy may know them; learners take them for labels.

        Args:
            state: State of a batch of this environment; not changed.
        """
        return np.ascontiguousarray(coming_vehicles(self.params, state)["cosine"])

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        p = self.params
        sizes = {"belief": 1, "history": TUPLE * p.history_length, "echo": 2 * p.receive_antennas}
        memory = p.vehicles * sizes[p.observation] if p.observation != "belief" else 1
        return records.allocate(np.zeros(n, self.env_dtype), p, memory)

    def _suffix(self, k: int) -> str:
        return f"_{k}" if self.params.vehicles > 1 else ""

    def _each(self, fields: tuple[tuple[str, str], ...], repeats: int) -> tuple[Coordinate, ...]:
        """Return the coordinates of all vehicles; with repeats, those of the last slots."""
        parts = []
        for k in range(self.params.vehicles):
            for lag in range(repeats):
                ago = f"_{lag}" if repeats > 1 else ""
                for name, meaning in fields:
                    full = f"{name}{self._suffix(k)}{ago}"
                    parts.append(Coordinate(full, meaning, low=-1.0))
        return tuple(parts)

    def _beam(self, suffix: str) -> list[Coordinate]:
        """Return the coordinates of one vehicle's beam."""
        p = self.params
        power = "Part of the power budget asked for; more than all is scaled down."
        several = p.vehicles > 1
        if p.action == "discrete":
            widths = (p.transmit_antennas // p.fewest_antennas).bit_length()
            counts = [p.fewest_antennas << k for k in range(widths)]
            labels = (*(f"{count} antennas" for count in counts), "sweep")
            width = "Active antennas, or a sweep that costs the slot."
            offset = "Offset from the believed direction, in its standard deviations."
            parts = [
                Coordinate(f"width{suffix}", width, high=float(widths), labels=labels),
                Coordinate(f"offset{suffix}", offset, high=2.0, labels=("-1", "0", "+1")),
            ]
            if several:
                names = tuple(f"{level:g}" for level in p.power_levels)
                high = len(names) - 1.0
                parts.append(Coordinate(f"power{suffix}", power, high=high, labels=names))
            return parts
        low, high = p.fewest_antennas.bit_length() - 2.0, p.transmit_antennas.bit_length() - 1.0
        width = "Binary logarithm of the active antennas; a sweep half an octave below the fewest."
        parts = [Coordinate(f"width{suffix}", width, low=low, high=high)]
        if p.action == "continuous":
            meaning = "Offset from the believed direction, in its standard deviations."
            parts.append(Coordinate(f"offset{suffix}", meaning, low=-2.0, high=2.0))
        else:
            meaning = "Cosine of the direction that the beam points to."
            parts.append(Coordinate(f"cosine{suffix}", meaning, low=-1.0))
        if several:
            parts.append(Coordinate(f"power{suffix}", power))
        return parts
