"""Users who walk, and their channels with them: the world of environments without a target."""

from typing import Any

from isac_envs.engine.jit import Record, jit
from isac_envs.engine.rng import next_u64
from isac_envs.envs.surfaces.legs import begin_legs, fill_legs, scatter_again, users_law
from isac_envs.envs.surfaces.phases import begin_phases
from isac_envs.envs.surfaces.walking import place, users_disc, walk


@jit
def begin_crowd(p: Record, state: Any) -> None:
    """Place the users, draw channels and phases, and fill the ring of channels.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, users = state.env, state.users
    place(e.world, users_disc(p), p.start_m, users)
    key = next_u64(e.world)
    e.now = 0
    first = begin_legs(p, state, key)
    fill_legs(p, state, users_law(p), (0, users.shape[0]))
    begin_phases(p, state, key, first)
    for _ in range(state.direct.shape[0] - 1):  # what the first estimates are of
        advance_crowd(p, state)


@jit
def advance_crowd(p: Record, state: Any) -> None:
    """Move the users by one slot, and their channels with them.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, rows = state.env, (0, state.users.shape[0])
    walk(e.world, users_disc(p), state.users)
    scatter_again(state, next_u64(e.world), p.correlation, rows)
    e.now = (e.now + 1) % state.direct.shape[0]
    fill_legs(p, state, users_law(p), rows)
