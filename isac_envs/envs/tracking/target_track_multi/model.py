"""Declaration of ``isac/TargetTrackMulti-v0``."""

from types import ModuleType
from typing import Any, ClassVar

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.envs.tracking.target_track.model import TargetTrack
from isac_envs.envs.tracking.target_track_multi import baselines, kernel, records
from isac_envs.envs.tracking.target_track_multi.params import TargetTrackMultiParams

_OTHER = (
    ("x", "Place of another station along the boresight over the largest distance of two."),
    ("y", "Its place across."),
    ("share", "Share of the last slot that went to its sensing beam."),
    ("beam_x", "Direction of that beam along the boresight of this station; 0: no beam."),
    ("beam_y", "The same across."),
)


class TargetTrackMulti(TargetTrack):
    r"""Several base stations share a field of targets; each serves users of its own.

    A station is that of ``isac/TargetTrack-v0``: beams, looks, links and queues are its equations 1
    to 6, in the frame of the station. With one station, both environments are the same bit for bit.
    In addition:

    7. **Field.** Stations stand on a circle and look inwards, or in a line, or in two rows that
       face each other. `birth_rate_hz` and `start_targets` hold for the sector of each station. A
       target is there while it is inside at least one sector. A station sees what is ahead of it
       and within its ranges.
    8. **Tracks** are those of all: detections go, in the order of the stations, to one list. A
       track that leaves a sector goes on in the next. It ends outside of all sectors. Hits of a
       slot count once, whoever made them. What is believed of sectors is a station's own; where
       sectors overlap, both expect the same targets.
    9. **Interference.** The beams of the others reach a look over the direct path. They raise its
       noise by $1 + \mathrm{INR}$,
       $\mathrm{INR}_i = \sum_{j \ne i} \frac{P_\mathrm{RE}\,\overline{G}_{ji}\, G_{ij}}{k T
       \Delta f F\, A} \left(\frac{\lambda}{4 \pi d_{ij}}\right)^2$,
       with the gain $\overline{G}_{ji}$ of the beams of $j$ towards $i$, the mean over the slot,
       and $G_{ij}$ of the look towards $j$. They are products of array factor and element, side
       lobes included. The direct path is known and cancelled by $A$, `isolation_db`. All stations
       decide before anyone looks, so an agent cannot know the INR of its look. Users see
       interference as `interference_margin_db`, whatever the stations do.
    10. **Reception.** With `reception = "bistatic"`, a station also receives the echoes of the
        others' looks, after its own. Its whole array forms receive beams by computing, without
        blanked side lobes. With the legs $d_t$ and $d_r$ from sender and receiver to the target,
        the mean SNR is
        $k_0 M \sigma \frac{1}{d_t^2 d_r^2} \frac{N_b}{N_a} g(u_t - u_b)\, e(u_t)\, e(u_r)\,
        s_r s_v$, with $N_b$ columns that form the beam. It measures $(d_t + d_r) / 2$, its rate,
        and the azimuth, to which the filter is linearised as to ranges. False alarms lie in the
        beam. In the direction of its receive beams the others' direct paths have a gain of 1 on
        average. Echoes within two range cells of the direct path are lost in it. A station does not
        disturb its own reception.
    11. **Objectives** are the agent's own: communication is minus the mean backlog of its users.
        Sensing is minus the part of the squared GOSPA that it answers for. Each target, with its
        squared error or one half for a miss, and each false track counts for the nearest station
        whose sector holds it. The mean over the agents is what the team earns: minus the mean
        backlog of all users, and minus the squared GOSPA of the field for each station. Costs and
        metrics are shared out in the same way.

    An agent sees what a single station sees, then place, share and direction of the beam of the
    others in a circle ($m + 1, \dots, N, 1, \dots, m - 1$), and its number. Tracks are those ahead
    of it within its ranges.

    The score is 0 for random actions, and 1 for stations that know all targets and only serve. No
    reachable optimum is known. The rules value a look by what its sender will see. The direct path
    is never shadowed.
    """

    id = "isac/TargetTrackMulti-v0"
    summary = "Base stations share a field of targets: tracks pass on, and beams interfere."
    source = (
        "As isac/TargetTrack-v0: our choice, calibrated with an independent prototype; cross "
        "sections, element and links: 3GPP TR 38.901 V19.4.0. Several stations are our choice."
    )
    params_type = TargetTrackMultiParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields: ClassVar[tuple[tuple[Any, ...], ...]] = ()
    metrics = (
        *TargetTrack.metrics,
        Signal("handed_over", "Confirmed tracks that came to this station from another."),
        Signal("noise_rise_db", "Rise of the noise by other stations; of two looks the larger.",
               "dB"),
    )  # fmt: skip
    summaries = (
        *TargetTrack.summaries,
        Summary("handed_over", "Mean number of tracks handed over.", "handed_over"),
        Summary("noise_rise_db", "Mean rise of the noise of looks, dB.", "noise_rise_db"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "genie"
    scene = "isac_envs.envs.tracking.target_track_multi.scene:draw"

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each station."""
        return tuple(f"bs_{m}" for m in range(self.params.stations))

    def observation_spec(self) -> Spec:
        """Return the observation of an agent: a single station's, the others, its number."""
        parts = [*super().observation_spec().coordinates]
        for r in range(1, self.params.stations):
            parts += [
                Coordinate(f"station_{name}_{r}", text, low=-1.0 * (name != "share"))
                for name, text in _OTHER
            ]
        parts.append(Coordinate("identity", "Number of the station, from 1, over all stations."))
        return Spec("box", tuple(parts))

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(Model.allocate(self, n)[0], self.params)
