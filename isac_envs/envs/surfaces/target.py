"""A target that walks beside the users: the last receiver, seen directly and by the surface.

Arrays of channels have a row for each user, and one more for the target. The base station sees it
by its echo, with the noise power of a user.
"""

from typing import Any

from pydantic import model_validator
from pydantic.fields import FieldInfo

from isac_envs.declaration.params import parameter
from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear
from isac_envs.engine.rng import next_u64, normal
from isac_envs.envs.surfaces.legs import (
    Law,
    begin_legs,
    fill_legs,
    scatter_again,
    users_law,
)
from isac_envs.envs.surfaces.params import (
    RAYLEIGH_DB,
    Place,
    SurfaceParams,
    check_step,
    rician_factor,
)
from isac_envs.envs.surfaces.phases import begin_phases
from isac_envs.envs.surfaces.walking import Disc, place, stride, users_disc, walk
from isac_envs.kernels.channel.fading import doppler_correlation
from isac_envs.kernels.pathloss.free_space import rcs_gain_one, wavelength

LIU = "R. Liu et al., IEEE Trans. Wireless Commun. 2024, arXiv 2301.11134"


class TargetParams(SurfaceParams):
    """Parameters of a base station, a surface, walking users and a target."""

    target_centre_m: tuple[Place, ...] = parameter(
        (50.0, 15.0), "Centre of the disc in which the target walks.", "m",
        min_length=2, max_length=2,
    )  # fmt: skip
    target_radius_m: float = parameter(3.0, "Radius of its disc.", "m", ge=0.1, le=1e3)
    target_speed_m_s: float = parameter(1.0, "Speed of the target.", "m/s", ge=0, le=100)
    target_turn_std_deg: float = parameter(
        5.0, "Standard deviation of the change of its heading in a slot.", "deg", ge=0, le=180
    )
    target_direct_loss_1m_db: float = parameter(
        30.0, "Path loss between base station and target at 1 m.", "dB", LIU, ge=0, le=200
    )
    target_direct_slope_db: float = parameter(
        24.0, "Its growth per decade.", "dB", LIU, ge=0, le=60
    )
    target_direct_rician_db: float = parameter(
        100.0, "Its Rician factor; -300 is Rayleigh fading.", "dB", ge=RAYLEIGH_DB, le=100
    )
    target_reflected_loss_1m_db: float = parameter(
        30.0, "Path loss between surface and target at 1 m.", "dB", LIU, ge=0, le=200
    )
    target_reflected_slope_db: float = parameter(
        22.0, "Its growth per decade.", "dB", LIU, ge=0, le=60
    )
    target_reflected_rician_db: float = parameter(
        100.0, "Its Rician factor; -300 is Rayleigh fading.", "dB", ge=RAYLEIGH_DB, le=100
    )
    rcs_m2: float = parameter(1.0, "Radar cross section of the target.", "m^2", ge=1e-6, le=1e6)
    samples: int = parameter(
        1024, "Samples of a slot over which echoes are integrated (L).", "samples", LIU,
        ge=1, le=10**7,
    )  # fmt: skip

    @model_validator(mode="after")
    def _target_fits(self) -> "TargetParams":
        check_step(self, "target_speed_m_s", "target_radius_m")
        return self

    def derived(self) -> dict[str, Any]:
        """Return what kernels read besides, in their units."""
        step_m = self.target_speed_m_s * self.slot_s
        budget_db = self.power_dbm - self.noise_dbm
        return super().derived() | {
            "target_step_m": step_m,
            "target_turn_turns": self.target_turn_std_deg / 360.0,
            "target_correlation": doppler_correlation(step_m / wavelength(self.carrier_hz)),
            "target_direct_k": rician_factor(self.target_direct_rician_db),
            "target_reflected_k": rician_factor(self.target_reflected_rician_db),
            # channels hold the root of P / sigma^2 each way, and the echo has it once
            "echo_gain": self.samples
            * db_to_linear(float(rcs_gain_one(self.rcs_m2, self.carrier_hz)) - budget_db),
        }


def of_target(name: str, default: Any) -> Any:
    """Return a parameter of :class:`TargetParams` with a default of our choice, for a subclass.

    Args:
        name: Name of the parameter.
        default: Its default there.
    """
    field = TargetParams.model_fields[name]
    extra: Any = field.json_schema_extra
    return FieldInfo.merge_field_infos(
        field, default=default, json_schema_extra={**extra, "source": ""}
    )


@inlined
def target_disc(p: Record) -> Disc:
    """Return the disc of the target.

    Args:
        p: Parameters of the environment, one record.
    """
    return Disc(
        p.target_centre_m[0], p.target_centre_m[1], p.target_radius_m, p.target_step_m,
        p.target_turn_turns,
    )  # fmt: skip


@inlined
def target_law(p: Record) -> Law:
    """Return the law of the legs to the target.

    Args:
        p: Parameters of the environment, one record.
    """
    return Law(
        p.target_direct_loss_1m_db, p.target_direct_slope_db, p.target_direct_k,
        p.target_reflected_loss_1m_db, p.target_reflected_slope_db, p.target_reflected_k,
    )  # fmt: skip


@jit
def _fill_all_legs(p: Record, state: Any) -> None:
    """Write the channels of users and target for the present slot."""
    last = state.users.shape[0] - 1
    fill_legs(p, state, users_law(p), (0, last))
    fill_legs(p, state, target_law(p), (last, last + 1))


@jit
def begin_scene(p: Record, state: Any) -> None:
    """Place users and target, draw channels and phases, and fill the ring of channels.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, users, last = state.env, state.users, state.users.shape[0] - 1
    place(e.world, users_disc(p), p.start_m, users[:last])
    place(e.world, target_disc(p), p.start_m[:0], users[last:])
    key = next_u64(e.world)
    e.now = 0
    first = begin_legs(p, state, key)
    _fill_all_legs(p, state)
    begin_phases(p, state, key, first)
    for _ in range(state.direct.shape[0] - 1):  # what the first estimates are of
        turn_turns = p.target_turn_turns * normal(e.world)
        advance_scene(p, state, turn_turns)


@jit
def advance_scene(p: Record, state: Any, turn_turns: float) -> None:
    """Move users and target by one slot, and their channels with them.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        turn_turns: Change of the target's heading, in turns.
    """
    e, last = state.env, state.users.shape[0] - 1
    walk(e.world, users_disc(p), state.users[:last])
    stride(target_disc(p), turn_turns, state.users[last])
    key = next_u64(e.world)
    scatter_again(state, key, p.correlation, (0, last))
    scatter_again(state, key, p.target_correlation, (last, last + 1))
    e.now = (e.now + 1) % state.direct.shape[0]
    _fill_all_legs(p, state)
