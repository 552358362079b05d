"""Baselines of several secondary users."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, RandomBaseline
from isac_envs.envs.spectrum.cognitive_access.policies import Array, Views, with_best_time

Actions = npt.NDArray[np.int64]


class _Users(Baseline):
    """What the baselines share."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.views = Views(self.params)

    @property
    def users(self) -> npt.NDArray[Any]:
        """Records of the users, shape ``(n, U)``."""
        return np.asarray(self.batch.state.users)

    @property
    def deviations_m(self) -> Array:
        """Deviations of the ranges in the coming slot, shape ``(n, U)``."""
        return np.sqrt(np.maximum(self.users["covariance"][..., 0, 0], 0.0))

    def judged(self) -> tuple[Array, Array]:
        """Return indices ``(n, U, N)`` and expected rewards ``(n, U, N, J)`` of each user."""
        beliefs = self.batch.state.beliefs["idle"]
        flat = beliefs.reshape(-1, beliefs.shape[-1])
        worth = self.views.worth(self.deviations_m.ravel())
        now = self.views.immediate(flat, worth)
        indices = self.views.indices(flat, worth)
        return indices.reshape(beliefs.shape), now.reshape(*beliefs.shape, -1)

    def timed(self, channels: Actions, now: Array) -> Actions:
        """Return the actions that sense given channels ``(n, U)`` for their best times."""
        flat = with_best_time(channels.ravel(), now.reshape(-1, *now.shape[2:]))
        return flat.reshape(channels.shape)


def assign(values: Array) -> Actions:
    """Return distinct channels for the users, the pair of the largest value first.

    Args:
        values: Shape ``(n, U, N)``.

    Returns:
        Shape ``(n, U)``. Where there are more users than channels, those that are left get the
        channel of the smallest value.
    """
    left = values.copy()
    copies, users, channels = values.shape
    result = values.argmin(2)
    rows = np.arange(copies)
    for _ in range(min(users, channels)):
        user, channel = np.divmod(left.reshape(copies, -1).argmax(1), channels)
        result[rows, user] = channel
        left[rows, user, :] = -np.inf
        left[rows, :, channel] = -np.inf
    return result


class Genie(_Users):
    """Sees the states of the channels and assigns them."""

    kind = "genie"
    summary = (
        "One controller knows which channels are idle and gives the widest to the users whose "
        "deviation they reduce most, for the whole slot and without sensing."
    )

    def act(self) -> Actions:
        """Return distinct channels, idle ones first."""
        state = self.batch.state
        state.users["informed"] = True
        carried = self.params.capacities_mbps() * state.channels["idle"]
        relief = self.views.relief(self.deviations_m.ravel())[..., 0]
        relief = relief.reshape(*self.users.shape, -1)
        least = self.params.capacities_mbps().min()
        share = relief / np.maximum(relief.max(axis=(1, 2), keepdims=True), 1e-9)
        return assign(carried[:, None] + 0.1 * least * share) * self.params.choices


class Central(_Users):
    """One controller with the beliefs of all users."""

    summary = (
        "One controller gives each user a channel of its own, by Whittle's indices at what each "
        "believes; best time for the slot."
    )

    def act(self) -> Actions:
        """Return distinct channels with their best times."""
        indices, now = self.judged()
        return self.timed(assign(indices), now)


class Partition(_Users):
    """Channels are dealt out once."""

    summary = (
        "Each user keeps to channels of its own (k, k + users, ...) and senses that of the largest "
        "Whittle index; nobody needs to talk."
    )

    def act(self) -> Actions:
        """Return the best of each user's channels."""
        indices, now = self.judged()
        users, channels = indices.shape[1:]
        owner = np.arange(channels) % users
        own = owner == np.arange(users)[:, None]
        own |= ~own.any(1, keepdims=True)  # more users than channels
        return self.timed(np.where(own, indices, -np.inf).argmax(2), now)


class Whittle(_Users):
    """Each user for itself."""

    summary = "Each user senses the channel of the largest Whittle index, as if it were alone."

    def act(self) -> Actions:
        """Return each user's favourite."""
        indices, now = self.judged()
        return self.timed(indices.argmax(2), now)


class Turns(_Users):
    """Channels in turn, without looking."""

    summary = "User u senses channel u + t in slot t, so that users never meet; best time for it."

    def act(self) -> Actions:
        """Return the channels of the slot."""
        _, now = self.judged()
        users, channels = now.shape[1:3]
        turn = (self.env["time"][:, None] + np.arange(users)) % channels
        return self.timed(turn, now)


BASELINES: dict[str, type[Baseline]] = {
    "genie": Genie,
    "central": Central,
    "partition": Partition,
    "whittle": Whittle,
    "turns": Turns,
    "random": RandomBaseline,
}
