"""Declaration of ``isac/DirectionalJrc-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.envs.v2x.directional_jrc import baselines, kernel, records
from isac_envs.envs.v2x.directional_jrc.params import DirectionalJrcParams
from isac_envs.propagation.laws import law_of

_TURNS = ("front", "left", "back", "right")

SOURCE = (
    "J. Lee, Y. Cheng, D. Niyato, Y. L. Guan, D. Gonzalez G., 'Intelligent resource allocation in "
    "joint radar-communication with graph neural networks', IEEE Trans. Veh. Technol. 71(10), "
    "2022, doi 10.1109/TVT.2022.3187377, and the authors' public code; radio propagation, packet "
    "errors and merging of the default scenario are our choice."
)


class DirectionalJrc(Model):
    r"""Vehicles on a dual carriageway beam sensor data to each other or use radar.

    $N$ vehicles drive on lanes at $y = (l - L + 1/2) w$ with fixed speeds. Those that leave the
    road queue for re-entry. Each step a vehicle sends one sector of its data map (front, left,
    back, right) into one of four beams, does nothing (null), or uses radar. A step of ``step_s``
    decides, transmits, then drives:

    1. Beam $b$ points along the heading turned left by $b$ quarters. It covers vehicle $j$ at
       displacement $(d, s)$ along and across its axis if $|s| < d \tan(\mathrm{half\ width})$,
       within ``range_m``, and if no nearer vehicle hides $j$: a rectangle hides the directions
       strictly between its outermost corners. Vehicles send and receive at the same time.
    2. A receiver has four faces. Two signals on one face are both lost (collision).
    3. $\mathrm{SINR} = P g^2 (\lambda / 4 \pi R)^2 / (I + k T B F)$ with $g$ the gain of a sector.
       The interference $I$ adds up radar users, which emit in all directions, and side lobes of
       other senders, each in range and with the main or side lobe of the face that hears. Shadows
       do not stop it.
    4. A packet arrives with probability $s = (1 - Q(\sqrt{2\, \mathrm{SINR}}))^{\mathrm{bits}}$,
       which goes to 0. One uniform draw per receiver and step decides for all its faces.
    5. The usefulness of a cell is $(a_{max} - \mathrm{age})^+$. A packet pays the usefulness of
       those cells of the sent sector that, at their place on the road, fall on the 20 cells of the
       receiver's map that matter: outer rows [0001111], middle row [0010111] towards +x, mirrored
       towards -x.
    6. $r_{comm}$ is the sum over receivers. $r_{rad} = \exp($ ``risk_s_m`` $|v|)$ without radar,
       else 0. Both are 0 off the road. The reward is $w_{comm} r_{comm} - w_{rad} r_{rad}$. The
       cost is the time in seconds since the last radar use (or since entering), the constraint of a
       CMDP.
    7. Maps have 5 lanes by 7 cells of ``cell_m``. A step takes over arrivals that are younger than
       what is known, shifts the map against the motion, adds 1 to all ages, erases ages above
       ``age_max``, then writes what sensors see with age 1: the cell behind, two ahead, two on
       either side.
    8. A vehicle beyond the road's ends leaves. Requests to enter are Poisson with mean ``demand``
       $\cdot N v\, \Delta t\, /$ ``road_m``, and queue. At most one vehicle a step enters, on a
       random lane at its beginning. Vehicles on the road and vehicles waiting add up to $N$. Off
       the road only null is allowed, and other actions have no effect.

    With ``traces`` (see [traces](../traces.md)) vehicles follow a file instead of 8, and an episode
    begins at a random slot of it. Who is between 0 and ``road_m`` and on the lanes takes a free one
    of the $N$ places; speeds and changes of lane are those of the file, and a map shifts by a row
    with a change of lane.

    With another `channel` than free space, $(\lambda / 4 \pi R)^2$ in 3 becomes
    $10^{-L / 10} |h|^2$, for signals and interference alike: $L$ is the path loss of TR 37.885 and
    its shadow fading, $h$ the Rician `fading`. A vehicle in between then does not end a link (1),
    but makes it NLOSv: antennas and vehicles are 1.6 m high, so its loss is log-normal with a mean
    of 5 dB and a deviation of 4 dB. See [propagation](../propagation.md).

    The observation holds a clock, the own state, relative positions and velocities of all others in
    the order of their numbers (or of the nearest ``neighbours`` by distance where there are more),
    and the map. Every step draws $N + 3$ numbers whatever the actions. The work per vehicle does
    not grow with the road: the search for receivers, shadows and interference runs along a sorted
    order and stops at ``range_m``.

    The scenario ``lee2022`` is the published model. Its defects, and the parameters that mend them:

    | published | parameters |
    | --- | --- |
    | Unit wavelength and gain. | `carrier_hz`, `gain_dbi` |
    | Unit power over a floor of 1e-14 W. | `power_dbm`, `bandwidth_hz`, `range_m` |
    | Success is one minus the bit error rate, never below 1/2. | `packet_bits` |
    | Senders do not leak: beside their beams they disturb nobody. | `leakage` |
    | Maps take over everything, whether it arrives or not. | `delivery` |
    | The usefulness, summed over senders, is stored as the age. | `merging` |
    | Maps of fast vehicles lag half a cell a step. | `grid` |
    | Left data lies on the side of the right beam. | `sides` |
    | Received labels do not turn with a receiver towards -x. | `received_labels` |
    | At the start maps are empty but on lanes 0 and 1, and reversed on lane 1. | `first_maps` |
    | Vehicles behind the sender, in -x, shadow by their far corners. | `shadows` |
    | Requests to enter omit the duration of a step. | `demand` |
    | Vehicles may start inside each other. | `start_spacing_m` |
    | Observations are divided twice and show vehicles that have left. | `observation` |

    Not reproduced, because it changes no score: two random generators, a queue that outlives the
    episode, shadows of vehicles that have left, and one step of map data of a vehicle that has
    left. The one-step search of the authors' code also forgets to clear its sums; it is the
    baseline ``lee_greedy``.

    All-radar earns exactly 0 and is where plain learners get stuck. ``coordinated`` is the best
    policy known, not a bound.
    """

    id = "isac/DirectionalJrc-v0"
    summary = "Vehicles on a dual carriageway beam sensor data to each other or use radar."
    source = SOURCE
    default_scenario = "carriageway"
    params_type = DirectionalJrcParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal("communication", "Usefulness of the data delivered to others."),
        Signal("sensing", "Negative penalty of not using radar."),
    )
    costs = (Signal("radar_age_s", "Time since the last radar use, after the step.", "s"),)
    metrics = (
        Signal("r_comm", "Usefulness of the data delivered to others."),
        Signal("r_rad", "Penalty of not using radar."),
        Signal("receivers", "Vehicles that the beam reached without a collision.", "vehicles"),
        Signal("collisions", "Vehicles where the signal collided on a face.", "vehicles"),
        Signal("sinr_db", "Mean SINR of the receivers; 0 without any.", "dB"),
        Signal("radar_used", "1 in radar mode."),
        Signal("useful_cells", "Delivered cells that were new to their receiver.", "cells"),
        Signal("known_cells", "Cells that matter and are known, after the step.", "cells"),
        Signal("on_road", "1 if the vehicle is on the road, after the step."),
    )
    summaries = (
        Summary("r_comm", "Usefulness delivered per step.", "r_comm"),
        Summary("radar_share", "Share of the steps in radar mode.", "radar_used"),
        Summary("receivers", "Receivers per step.", "receivers"),
        Summary("collisions", "Collisions per step.", "collisions"),
        Summary("known_cells", "Cells that matter and are known.", "known_cells"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "coordinated"
    scene = "isac_envs.envs.v2x.directional_jrc.scene:draw"

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each vehicle."""
        return tuple(f"veh_{k}" for k in range(self.params.vehicles))

    def observation_spec(self) -> Spec:
        """Return own state, neighbours and data map: 3 + 4 K + 70 coordinates."""
        count, cells = 2 * self.params.neighbours, records.CELLS
        position = "Positions of neighbours along and across the road, relative to the vehicle."
        motion = "Velocities of neighbours along and across the road, relative to the vehicle."
        return Spec(
            "box",
            (
                Coordinate("clock", "Step modulo radar_interval * N, as a share of it."),
                Coordinate("on_road", "1 on the road, -1 off it (0 if published).", low=-1.0),
                Coordinate("velocity", "Velocity of the vehicle.", low=-self._top, high=self._top),
                Coordinate("position", position, low=-1.0, size=count),
                Coordinate("motion", motion, low=-1.0, size=count),
                Coordinate("label", "Labels of the data map, row by row.", size=cells),
                Coordinate("age", "Ages of the data map, row by row.", size=cells),
            ),
        )

    @property
    def _top(self) -> float:
        """Largest velocity as observed."""
        return float(self.params.fastest_m_s * self.params.derived()["scale_v"])

    def action_spec(self) -> Spec:
        """Return 16 pairs of beam and data sector, null and radar."""
        pairs = tuple(f"beam {beam}, data {data}" for beam in _TURNS for data in _TURNS)
        labels = (*pairs, "null", "radar")
        return Spec("discrete", (Coordinate("mode", "Use of the step.", high=17.0, labels=labels),))

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        p = self.params
        env, law = np.zeros(n, self.env_dtype), law_of(p, p.reach)
        return records.allocate(env, p.vehicles, p.neighbours, law)
