"""Declaration of ``isac/UavTrajectory-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.engine.jit import record
from isac_envs.envs.uav.uav_trajectory import baselines, kernel, records
from isac_envs.envs.uav.uav_trajectory.estimate import TARGET_FIELDS
from isac_envs.envs.uav.uav_trajectory.params import HEADINGS, UavTrajectoryParams


class UavTrajectory(Model):
    r"""A UAV serves ground users, locates ground targets, and must come home on its battery.

    It flies at a fixed height $H$ over a square. Data flow in every slot, best from above a user.
    In a look it hovers for a slot and measures the distance of every target. A look tells most
    about a target $H / \sqrt{2}$ away along the ground, and only along the line to it. So each
    target needs looks from different sides, although its place is known only roughly. The agent
    sees the belief of the estimator and is paid for the truth. Let $q$ be the place of the UAV at
    the end of a slot of length $T$, and $d$ the distance to a user or target:

    1. Motion: $q \leftarrow q + v T$ with $|v| \le v_{max}$, inside the area. A look has $v = 0$.
    2. Propulsion power of level flight at speed $V$: $P(V) = P_0 (1 + 3 V^2 / U^2) + P_i (\sqrt{1 +
       V^4 / (4 v_0^4)} - V^2 / (2 v_0^2))^{1/2} + d_0 \rho s A V^3 / 2$.
    3. Rate of user $m$: $R_m = B_m \log_2(1 + P_t \alpha / (N_0 B d_m^2))$. The bandwidth $B_m$ is
       $B$ times the softmax of the action over the users. A look leaves $1 -$ ``look_share`` of the
       rate. Under a discrete action, which does not choose bandwidths, all users get the same rate.
       With another `channel` than free space, $\alpha / d_m^2$ is weaker by the mean excess loss in
       dB of Al-Hourani, $p\, \eta_{LOS} + (1 - p)\, \eta_{NLOS}$, with $p = 1 / (1 + a\, e^{-b
       (\theta - a)})$ at the elevation $\theta$ in degrees ([propagation](../propagation.md)).
    4. A look measures $d + n$ with $n$ normal of variance $s^2 = a N_0 B d^4 / (P_t G \beta)$. As
       published it measures every target. With ``detection`` drawn, it measures those that it
       detects: $P_d = (1 + \alpha / (K (1 + \mathrm{snr})))^{-K}$ with $\mathrm{snr} = a / s^2$,
       the law of a target that fluctuates after Swerling 1 and of a threshold $\alpha$ times the
       mean of $K = 144$ cells, $\alpha = K (P_{fa}^{-1 / K} - 1)$. A target that is not detected
       gives no range and no information. False alarms are left out: by default an estimate of 60 m
       allows some thirty range cells, of which one fires in about 30 000 looks.
    5. Information on a target at $u$, evaluated at the truth: $J = I / \sigma_{prior}^2 +
       \sum_{looks} (q - u)(q - u)^T (1 / (d^2 s^2) + 8 / d^4)$. Position error bound:
       $\mathrm{PEB} = \sqrt{\mathrm{tr}\, J^{-1}}$.
    6. Estimate: Gauss-Newton on the likelihood of the first guess and the last 8 looks. Older looks
       are absorbed into a normal prior. The first guess errs by ``prior_std_m`` in either axis.
    7. Missing distance: $m = \max(0, |q - q_{home}| - r - \mathrm{reach})$, with $r$ the radius of
       home. The reach is what both the rest of ``mission_s`` (at $v_{max}$) and the rest of the
       energy (at its least per metre) still allow.
    8. Objectives: growth of the least data of a user over $B \log_2(1 + \mathrm{SNR}(H))\, T$ /
       ``users``; decrease of $\ln \max_k \mathrm{PEB}_k^2$; decrease of $m$ over ``home_scale_m``.
       Summed over an episode they are the least data, the improvement of the worst bound, and minus
       the distance from home at the end.

    An empty battery ends the episode (terminated): at home it is a landing, elsewhere the UAV is
    lost. The horizon truncates at ``mission_s``, when the UAV must be home, too. Landing early
    would earn nothing, so there is no action for it: the return is equation 8 alone, data and
    information cannot shrink, and a flight that ends away from home pays the whole missing way.
    Users and targets are uniform in the area.

    The baseline ``bound`` is not a policy. Data: for any weights $l_m$ of sum 1 the least data is
    at most $\sum_m l_m D_m$, and that is at most the best path of $\max_m l_m R_m$. Dynamic
    programming bounds paths over cells of at most 30 m, in stages of 4 slots. In each slot a stage
    earns what the point nearest to the user earns among those in reach of its last cell, and it
    moves between cells of which any two points are in reach. The energy of the moves is bounded
    from below and its budget priced (weak duality), looks cost nothing, and the missing way home is
    paid at the end. Sensing: a look in every slot, each of the largest information, shared evenly
    by the axes; detections that are drawn only take from that. The loss of every `channel` grows
    with the distance and nothing of it is drawn, so the bound holds under each. It holds for the
    return of an episode and is paid in its first slot.
    """

    id = "isac/UavTrajectory-v0"
    summary = "Where to fly, where to look, whom to serve, and when to turn back."
    source = (
        "Problem and parameters: X. Jing, F. Liu, C. Masouros, Y. Zeng, 'ISAC from the sky: UAV "
        "trajectory design for joint communication and target localization', IEEE TWC 23(10), "
        "2024, arXiv 2207.02904; propulsion: Y. Zeng, J. Xu, R. Zhang, IEEE TWC 18(4), 2019, "
        "arXiv 1804.02238. State, action, reward and the way home are our choice."
    )
    default_scenario = "mission"
    params_type = UavTrajectoryParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = (*records.TEAM_FIELDS, *records.UAV_FIELDS)
    objectives = (
        Signal("data", "Growth of the least data of a user, in slots of the best rate."),
        Signal("sensing", "Decrease of the logarithm of the worst Cramer-Rao bound.", "nat"),
        Signal("homecoming", "Decrease of the least possible distance from home at the end."),
    )
    costs: ClassVar[tuple[Signal, ...]] = (Signal("lost", "The episode ended away from home."),)
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("least_data_bit", "Growth of the least data of a user.", "bit"),
        Signal("position_bound_m", "Position error bound of the worst target.", "m"),
        Signal("position_error_m", "Largest error of an estimate.", "m"),
        Signal("speed_m_s", "Speed.", "m/s"),
        Signal("energy_j", "Remaining energy.", "J"),
        Signal("look", "Whether the slot was a look."),
        Signal("landed", "Whether the episode ended at home."),
        Signal("lost", "Whether the episode ended away from home."),
        Signal("missing_m", "Least possible distance from home at the end.", "m"),
    )
    summaries = (
        Summary("least_data_bit", "Least data of a user, per slot.", "least_data_bit"),
        Summary("looks", "Part of the slots that are looks.", "look"),
        Summary("speed_m_s", "Mean speed.", "speed_m_s"),
        Summary("position_error_m", "Mean over the slots of the worst error.", "position_error_m"),
        Summary("lost", "UAVs lost, per slot.", "lost"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "bound"
    scene = "isac_envs.envs.uav.uav_trajectory.scene:draw"

    def longest_episode(self) -> int:
        """Return the slots after which the time or any battery is over."""
        return int(self.params.most_slots)

    def observation_spec(self) -> Spec:
        """Return the observation: the UAV, the users, the estimates."""
        parts = [
            Coordinate("x", "Place of the UAV, -1 to 1 over the area.", low=-1.0),
            Coordinate("y", "The same along y.", low=-1.0),
            Coordinate("energy", "Energy left, empty (-1) to full (1).", low=-1.0),
            Coordinate("time_left", "Time left, none (-1) to all (1).", low=-1.0),
            Coordinate("slack", "What reach exceeds the way home by, over 600 m.", low=-1.0),
            Coordinate("looks", "Log2 of one plus the looks, over 5, less 0.5.", low=-1.0),
        ]
        for k in range(self.params.users):
            parts += [
                Coordinate(f"user_x_{k}", "User from the UAV, over the area's side.", low=-1.0),
                Coordinate(f"user_y_{k}", "The same along y.", low=-1.0),
                Coordinate(
                    f"user_lead_{k}", "Data beyond the least, over 10 slots of the best rate."
                ),
                Coordinate(f"user_rate_{k}", "Bit/s/Hz over 5, less 0.5.", low=-1.0),
            ]
        for k in range(self.params.targets):
            parts += [
                Coordinate(f"target_x_{k}", "Estimate from the UAV, over the side.", low=-1.0),
                Coordinate(f"target_y_{k}", "The same along y.", low=-1.0),
                Coordinate(f"target_spread_{k}", "Log2 of its variance in m^2.", low=-1.0),
                Coordinate(f"target_axis_x_{k}", "Known along x (1) or y (-1).", low=-1.0),
                Coordinate(f"target_axis_xy_{k}", "Known along a diagonal.", low=-1.0),
            ]
        return Spec("box", tuple(parts))

    def action_spec(self) -> Spec:
        """Return the action in the form that the parameters ask for."""
        p = self.params
        if p.action == "discrete":
            labels = ["hover", "look"]
            for speed in p.speeds:
                turn = 360 // HEADINGS
                labels += [f"{turn * k} deg, {speed:g} v_max" for k in range(HEADINGS)]
            meaning = "Hover, look, or fly: heading from the x axis and speed."
            high = len(labels) - 1.0
            return Spec(
                "discrete", (Coordinate("motion", meaning, high=high, labels=tuple(labels)),)
            )
        parts = [
            Coordinate(
                "velocity_x", "Velocity over the largest; scaled to it if faster.", low=-1.0
            ),
            Coordinate("velocity_y", "The same along y.", low=-1.0),
        ]
        if p.targets:
            parts.append(Coordinate("look", "Above 0: hover and look.", low=-1.0))
        if p.users > 1:
            meaning = "Logit of the user's share of the band, over its largest."
            parts.append(Coordinate("band", meaning, low=-1.0, size=p.users))
        return Spec("box", tuple(parts))

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        user = record(*records.USER_FIELDS, *records.LINK_FIELDS)
        return records.State(
            np.zeros(n, self.env_dtype),
            np.zeros((n, self.params.users), user),
            np.zeros((n, self.params.targets), record(*TARGET_FIELDS)),
            records.Scratch(self.params.law),
        )
