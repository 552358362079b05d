"""Baselines of the mission."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.uav.uav_trajectory.bounds import DataBound, sensing_bound
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.platforms.propulsion import maximum_range_speed, rotary_wing_power

Floats = npt.NDArray[np.float64]


def _length(way: Floats) -> Floats:
    """Return lengths of vectors ``(R, 2)``, shape ``(R,)``."""
    return np.asarray(np.sqrt(np.square(way).sum(-1)))


class Pilot(Baseline):
    """Base: writes velocities, looks and shares in the form of the action.

    Arrays have a row for each UAV: one a copy here, several where there are more.
    """

    @property
    def flyers(self) -> npt.NDArray[Any]:
        """Records of the UAVs, shape ``(R,)``."""
        return self.env

    @property
    def times(self) -> npt.NDArray[np.int64]:
        """Slots since the start, shape ``(R,)``."""
        return np.asarray(self.env["time"])

    @property
    def users(self) -> npt.NDArray[Any]:
        """User records, shape ``(R, M)``."""
        return self.batch.state.users

    @property
    def targets(self) -> npt.NDArray[Any]:
        """Target records, shape ``(R, K)``."""
        return self.batch.state.targets

    @property
    def place(self) -> Floats:
        """Where the UAVs are in m, shape ``(R, 2)``."""
        return np.stack((self.flyers["x"], self.flyers["y"]), -1)

    @property
    def home(self) -> Floats:
        """Home in m, shape ``(2,)``."""
        return np.array((self.params.home_x_m, self.params.home_y_m))

    def share_out(self, things: npt.NDArray[Any], x: str, y: str) -> npt.NDArray[np.bool_]:
        """Return the users or targets that a UAV must consider, shape ``(R, things)``: all.

        Args:
            things: Their records, shape ``(R, things)``.
            x: Field with the place by which several UAVs share them out.
            y: The same along y.
        """
        return np.ones(things.shape, bool)

    def in_form(self, actions: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return actions of all rows in the shape that the environment expects."""
        return actions

    def command(self, velocity: Floats, look: Any, served: Any = None) -> npt.NDArray[Any]:
        """Return actions.

        Args:
            velocity: m/s, shape ``(R, 2)``.
            look: Whether to look, shape ``(R,)``.
            served: User that gets the band, shape ``(R,)``; None for equal shares.
        """
        p, spec, n = self.params, self.model.action, len(velocity)
        parts = velocity / p.max_speed_m_s
        look = np.broadcast_to(look, (n,))
        if p.action == "discrete":
            return self.in_form(np.where(look, 1, self._nearest_heading(parts)))
        actions = np.zeros((n, spec.width))
        actions[:, :2] = parts
        if p.targets:
            actions[:, 2] = np.where(look, 1.0, -1.0)
        if p.users > 1 and served is not None:
            first = spec.width - p.users
            actions[:, first:] = -1.0
            actions[np.arange(n), first + served] = 1.0
        return self.in_form(actions)

    def _nearest_heading(self, parts: Floats) -> npt.NDArray[np.int64]:
        table = np.stack(self.params.headings(), -1)
        away = np.square(parts[:, None] - table).sum(-1)
        away[:, 1] = np.inf  # a look only where asked for
        return np.asarray(away.argmin(1))

    def towards(self, goal: Floats, speed: Any) -> Floats:
        """Return the velocity to a goal ``(R, 2)``, slower in the last slot."""
        way = goal - self.place
        distance = _length(way)
        slot = self.params.slot_s
        factor = np.minimum(speed / np.maximum(distance, 1e-9), 1.0 / slot)
        return np.asarray(way * factor[:, None])


class Bound(Pilot):
    """What no policy exceeds in an episode."""

    kind = "genie"
    summary = "Relaxed dynamic program of the data plus the best looks: no flight earns more."

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.program = DataBound(self.params) if self.params.users else None
        self.sensing = sensing_bound(self.params)

    def act(self) -> npt.NDArray[Any]:
        """Hover, and be paid the whole bound in the first slot, however long the hover lasts."""
        env, p = self.env, self.params
        users = self.batch.state.users
        places = np.stack((users["x"], users["y"]), -1)
        shortfall = self.flyers["shortfall"].reshape(len(env), -1)[:, 0]  # all start together
        data, sensing, homecoming = p.weights
        env["granted_data"] = env["granted_sensing"] = 0.0
        for i in np.flatnonzero(env["time"] == 0):
            total = self.program.of(places[i]) if self.program else 0.0
            # a way home that is too long from the start can be made up for
            total += homecoming * shortfall[i] / p.home_scale_m
            env["granted_data"][i] = total / data if data else 0.0
            env["granted_sensing"][i] = self.sensing / sensing if sensing else 0.0
        return self.command(np.zeros((len(self.flyers), 2)), False)


class FlyHoverSense(Pilot):
    """Locates every target from two sides, then hovers over one user after the other."""

    summary = (
        "Looks from H / sqrt(2) along the axis that the estimate knows least until every target is "
        "known well, then hovers over users until each has its quota, at the speed that the "
        "battery sustains, and returns in time. Without users it looks on."
    )
    uses_truth = False
    deviation_m = 5.0
    quota = 0.4  # of what a user that has the whole band of the mission gets, over the users
    reserve_m = 60.0

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        p = self.params
        self.thrifty = min(maximum_range_speed(p.aircraft), p.max_speed_m_s)
        speeds = np.linspace(self.thrifty, p.max_speed_m_s, 200)
        power = np.asarray(rotary_wing_power(speeds, *p.aircraft))
        sustained = speeds[power * p.mission_s <= p.battery_j]
        self.detour = 1.25 if p.action == "discrete" else 1.0  # headings lie 45 degrees apart
        self.cruise_m_s = float(sustained.max(initial=self.thrifty))

    def act(self) -> npt.NDArray[Any]:
        """Return the next leg."""
        p, n = self.params, len(self.flyers)
        cruise = self.cruise_m_s
        goal, served = self._users(n)
        look = np.zeros(n, bool)
        if p.targets:
            place, unknown = self._look_place()
            goal = np.where(unknown[:, None], place, goal)
            close = _length(goal - self.place) <= 0.05 * p.height_m
            look = unknown & close
        home, pace = self._way_home(cruise)
        goal = np.where(home[:, None], self.home, goal)
        speed = np.where(home, pace, cruise)
        return self.command(self.towards(goal, speed), look & ~home, served)

    def _users(self, n: int) -> tuple[Floats, Any]:
        """Return the user to hover over and the user to serve."""
        users = self.users
        if users.shape[1] == 0:
            return np.tile(self.home, (n, 1)), None
        p, bits = self.params, users["bits"]
        laps = self.quota * float(p.record[0].peak_bits) * p.mission_s / p.slot_s
        own = self.share_out(users, "x", "y")
        level = laps * (1.0 + np.floor(np.where(own, bits, np.inf).min(1) / laps))
        open_ = own & (bits < level[:, None])
        x, y = self.place.T[..., None]
        away = np.sqrt(np.square(users["x"] - x) + np.square(users["y"] - y))
        nearest = np.where(open_, away, np.inf).argmin(1)
        rows = np.arange(n)
        goal = np.stack((users["x"][rows, nearest], users["y"][rows, nearest]), -1)
        return goal, nearest

    def _look_place(self) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return the nearest best place for the next look, and whether one is needed."""
        p, t, rows = self.params, self.targets, np.arange(len(self.flyers))
        determinant = t["info_xx"] * t["info_yy"] - np.square(t["info_xy"])
        variance = (t["info_xx"] + t["info_yy"]) / determinant
        names = ("x", "y") if self.uses_truth else ("mean_x", "mean_y")
        own = self.share_out(t, *names)
        unknown = own & (variance > (self.deviation_m * self.deviation_m if p.users else 0.0))
        x, y = self.place.T[..., None]
        mean_x, mean_y = t[names[0]], t[names[1]]
        away = np.sqrt(np.square(mean_x - x) + np.square(mean_y - y))
        chosen = np.where(unknown, away, 1e9 - variance).argmin(1)
        t, mean_x, mean_y = t[rows, chosen], mean_x[rows, chosen], mean_y[rows, chosen]
        known = 0.5 * portable.atan2_turns(2.0 * t["info_xy"], t["info_xx"] - t["info_yy"])
        isotropic = np.abs(t["info_xy"]) + np.abs(t["info_xx"] - t["info_yy"]) < 1e-9
        bearing = portable.atan2_turns(self.flyers["y"] - mean_y, self.flyers["x"] - mean_x)
        angle = np.where(isotropic, bearing, known + 0.25)
        radius = p.height_m / math.sqrt(2.0)
        sine, cosine = portable.sincos_turns(angle)
        offset = radius * np.stack((cosine, sine), -1)
        centre = np.stack((mean_x, mean_y), -1)
        ends = np.clip(np.stack((centre + offset, centre - offset)), 0.0, p.area_m)
        nearer = np.square(ends - self.place).sum(-1).argmin(0)
        return ends[nearer, rows], unknown.any(1)

    def _way_home(self, cruise: float) -> tuple[npt.NDArray[np.bool_], Floats]:
        """Return whether it is time to return, and the speed that saves energy and is in time."""
        p = self.params
        away = self.detour * _length(self.place - self.home)
        margin = away + self.reserve_m + cruise * p.slot_s
        left = np.maximum(p.mission_s - p.slot_s * self.times, p.slot_s)
        pace = np.minimum(np.maximum(self.thrifty, (away + self.reserve_m) / left), p.max_speed_m_s)
        power = np.asarray(rotary_wing_power(pace, *p.aircraft))
        too_late = margin > p.max_speed_m_s * left
        return too_late | (power * margin / pace > self.flyers["energy"]), pace


class KnownPlaces(FlyHoverSense):
    """The same flight around the true places."""

    kind = "heuristic"
    summary = (
        "The same flight around the true places: for one target the closed-form optimum of two "
        "looks, H / sqrt(2) away and a right angle apart."
    )
    uses_truth = True


class StraightHome(Pilot):
    """Flies straight home and stays there."""

    summary = "Flies straight home and serves all users from there."

    def act(self) -> npt.NDArray[Any]:
        """Return the way home."""
        goal = np.broadcast_to(self.home, (len(self.flyers), 2))
        return self.command(self.towards(goal, self.params.max_speed_m_s), False)


BASELINES: dict[str, type[Baseline]] = {
    "bound": Bound,
    "known_places": KnownPlaces,
    "fly_hover_sense": FlyHoverSense,
    "straight_home": StraightHome,
    "random": RandomBaseline,
}
