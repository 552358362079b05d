"""Declaration of ``isac/TargetTrack-v0``."""

from types import ModuleType
from typing import ClassVar

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.envs.tracking.target_track import baselines, kernel, records
from isac_envs.envs.tracking.target_track.observing import COUNTDOWN_S, SHOWN_TRACKS
from isac_envs.envs.tracking.target_track.params import TargetTrackParams
from isac_envs.sensing.tracks import MOST_TRACKS

_TRACK = (
    ("status", "1 if confirmed, else half the probability that there is a target; 0: no track."),
    ("sine", "Sine of the azimuth."),
    ("range", "Range over the farthest."),
    ("range_rate", "Rate of the range over the unambiguous speed."),
    ("cross_speed", "Speed across the line of sight over the unambiguous speed."),
    ("cross_error", "Deviation of the place across the line of sight: lg(sigma / 1 m) / 2."),
    ("range_error", "The same along it."),
    ("since_hit", "Slots since the last detection over 20."),
    ("detection", "Probability that a look of a quarter of a slot detects it."),
)
_LOOK = (
    ("tracks", "Squared cutoffs by which a look there is expected to improve confirmed tracks."),
    ("hits", "Half the tentative tracks that it is expected to bring towards confirmation."),
    ("search", "Half the unknown targets that it is expected to detect."),
)


class TargetTrack(Model):
    r"""A base station serves users and tracks what moves, with one array and one power.

    In every slot it points its communication beam at a user. It may give a share $h$ of the slot to
    a sensing beam. Both beams illuminate, and the echoes of both are processed. Users have queues
    that fill in bursts, and links that are blocked now and then. Targets are small UAVs, people and
    vehicles; they come in, move, turn and leave, and nobody says how many there are. A target is
    tracked when a confirmed track lies within `cutoff_m` of it.

    A slot runs in this order: communication look, sensing look, service, arrivals, changes of
    links, reward, motion and births of targets, prediction of the tracks.

    1. **Illumination.** The mean SNR of a look after the matched filter, at range $r$ and sine of
       the azimuth $u$, is
       $k_0 M \sigma r^{-4} g(u - u_b)^2 e(u)^2 s_r s_v$ with
       $k_0 = N P_\mathrm{RE} (N_a G_e)^2 \lambda^2 / ((4\pi)^3 k T \Delta f F L)$.
       $M$ symbols of $N$ subcarriers are integrated, $g$ is the gain of the array over its peak
       and $e$ that of its element, $u_b$ the direction of the beam. Echoes of data lose
       `data_loss_db`. $s_r$ and $s_v$ are what is left between two bins. The bin at 0 Hz is deleted
       with the clutter, so slow targets fade.
       With `cross_sections = "drawn"` each target has a lognormal $\sigma$ of its own, of the mean
       and deviation of its kind (TR 38.901, clause 7.9.2).
    2. **Detection.** The SNR is exponential (Swerling 1), one draw a look. A target is detected if
       $|\sqrt{\mathrm{snr}} + w|^2$ exceeds the threshold of cell averaging at
       `false_alarm_probability`.
    3. **Errors** of range, speed and angle are normal. Their variances are the Cramer-Rao bounds,
       in angle 4/3 of it: the phase between two halves of the array. False alarms are Poisson.
    4. **Tracks.** An extended Kalman filter with white acceleration; the best assignment inside a
       gate; `confirm_hits` of `confirm_opportunities` detections confirm a track, and
       `delete_missed` missed ones end it.
       With `rotors = "observed"`, every detection also tells whether the Doppler lines of blades
       were seen beside it: with probability $P_d = Q(L, T / (1 + \rho\,\mathrm{snr} / L))$ for a
       UAV, where $Q(L, T) = 0.01$ is that for all others. $L$ is the number of lines and $\rho$ is
       `rotor_ratio_db`. By Bayes' rule a track is taken for a UAV or not. That is a metric: it
       changes neither tracks nor reward.
    5. **Service.** A user gets $\min(Q, B \log_2(1 + \mathrm{snr}/\Gamma)(1 - h) T)$. Links have
       the path loss of UMi, shadowing and blockage. With `link_adaptation = "cqi"` the efficiency
       is that of the best CQI whose SNR threshold is met. Packets are Poisson while a user is
       active.
    6. **Objectives.** Communication is $-\overline{Q} / Q_\mathrm{max}$. Sensing is minus the
       squared GOSPA of the confirmed tracks over $c^2$: the squared errors of the pairs over
       $c^2$, and one half for every missed target and every false track.

    With `fidelity = "echo"`, 2 and 3 are not drawn: the station receives the OFDM grid of all
    targets, clutter and noise, and detects and estimates in it.

    The agent does not see targets, activity or blockage. It sees queues, the spectral efficiency of
    the coming slot, its tracks, how long ago it looked where, and how many unknown targets it must
    expect there. With `observation = "looks"` it sees, instead of tracks, what a look in each
    direction is expected to bring. In the continuous form of the action the sensing beam can be
    widened by up to three octaves: fewer columns form it.

    The score is 0 for random actions, and 1 for a station that knows all targets and only serves.
    No reachable optimum is known. The service of that station is greedy, not proven optimal.
    Not modelled are unresolved targets (with `fidelity = "statistics"`), detections in side lobes,
    range migration, targets that hide others, and heights.
    """

    id = "isac/TargetTrack-v0"
    summary = "A base station serves users and tracks an unknown number of targets by its echoes."
    source = (
        "Our choice, calibrated with an independent prototype; cross sections, element and links: "
        "3GPP TR 38.901 V19.4.0."
    )
    params_type = TargetTrackParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal("communication", "Minus the mean backlog over the room of a queue."),
        Signal("sensing", "Minus the squared GOSPA of confirmed tracks over the squared cutoff."),
    )
    costs = (
        Signal("dropped", "Packets that found no room.", "Mbit"),
        Signal("lost", "Targets that were tracked in the slot before and are not any more."),
        Signal("late", "Targets that are not tracked late_s after they came."),
    )
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("gospa", "GOSPA of the confirmed tracks over the cutoff."),
        Signal("localisation", "Part of its square that is errors of place."),
        Signal("missed", "Targets without a confirmed track."),
        Signal("false", "Confirmed tracks without a target."),
        Signal("targets", "Targets that are there."),
        Signal("backlog", "Mean queue over its room."),
        Signal("served_mbit", "Packets that were sent.", "Mbit"),
        Signal("sensing_share", "Share of the slot for the sensing beam."),
        Signal("detections", "Detections of targets."),
        Signal("false_alarms", "Detections of nothing."),
        Signal("misclassified", "Tracked targets that are taken for another kind by their rotors."),
        Signal("acquired", "Targets that are tracked for the first time."),
        Signal("acquisition_s", "Sum of the times that this took since they came.", "s"),
    )
    summaries: ClassVar[tuple[Summary, ...]] = (
        Summary("gospa", "Mean GOSPA over the cutoff.", "gospa"),
        Summary("missed", "Mean number of missed targets.", "missed"),
        Summary("false", "Mean number of false tracks.", "false"),
        Summary("acquisition_s", "Mean time until a target is tracked, s.", "acquisition_s",
                "acquired"),
        Summary("share", "Mean share of the sensing beam.", "sensing_share"),
    )  # fmt: skip
    baselines = baselines.BASELINES
    reference_baseline = "genie"
    scene = "isac_envs.envs.tracking.target_track.scene:draw"

    def objective_bounds(self) -> tuple[tuple[float, float], ...]:
        """Return the bounds: every queue full; every target missed and every track false."""
        return ((-1.0, 0.0), (-0.5 * (self.params.most_targets + MOST_TRACKS), 0.0))

    def observation_spec(self) -> Spec:
        """Return users, tracks or looks, sectors and the rest."""
        p, parts = self.params, []
        looks = p.observation == "looks"
        for k in range(1, p.users + 1):
            parts += [
                _seen(f"queue_{k}", "Queue over its room."),
                _seen(f"efficiency_{k}", "Spectral efficiency of the coming slot over the peak."),
                _seen(f"sine_{k}", "Sine of the azimuth."),
                _seen(f"arrivals_{k}", "Mean arrivals of ten slots over four times the mean."),
            ]
            parts += [_seen(f"user_{k}_{name}", meaning) for name, meaning in _LOOK if looks]
        for k in range(1, SHOWN_TRACKS + 1):
            parts += [_seen(f"track_{k}_{name}", meaning) for name, meaning in _TRACK if not looks]
        for k in range(1, p.sectors + 1):
            parts += [
                _seen(f"sector_{k}_age", "Slots since the last look over 40."),
                _seen(f"sector_{k}_belief", "Expected number of undetected targets."),
            ]
            parts += [_seen(f"sector_{k}_{name}", meaning) for name, meaning in _LOOK if looks]
        parts += [
            _seen("clock", f"1 at the start, 0 after {COUNTDOWN_S:g} s, -1 at the least."),
            _seen("confirmed_tracks", "Number of confirmed tracks over ten."),
        ]
        return Spec("box", tuple(parts))

    def action_spec(self) -> Spec:
        """Return the three choices, or preferences, share, direction and width."""
        p = self.params
        if p.action == "continuous":
            return Spec(
                "box",
                (
                    _seen("preference", "The user with the largest one above 0.", p.users),
                    _seen("share", "Share of the sensing beam, from 0 to the largest."),
                    _seen("direction", "Sine of its azimuth over that of the sector's edge."),
                    _seen("width", "Octaves by which it is widened, from 0 to 3."),
                ),
            )
        users = ("none", *(f"user {k}" for k in range(1, p.users + 1)))
        shares = tuple(f"{share:g}" for share in p.shares)
        return Spec(
            "multi_discrete",
            (
                Coordinate("user", "User to serve.", high=float(p.users), labels=users),
                Coordinate("share", "Share of the slot for the sensing beam.",
                           high=len(shares) - 1.0, labels=shares),
                Coordinate("sector", "Direction of the sensing beam.", high=p.sectors - 1.0),
            ),
        )  # fmt: skip

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(super().allocate(n)[0], self.params)


def _seen(name: str, meaning: str, size: int = 1) -> Coordinate:
    return Coordinate(name, meaning, low=-1.0, size=size)
