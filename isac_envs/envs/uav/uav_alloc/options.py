"""The options of a UAV: 0 idles, then mode, channel and power in row-major order."""

from isac_envs.engine.jit import Record, inlined
from isac_envs.envs.uav.uav_alloc.params import UavAllocParams
from isac_envs.envs.uav.uav_alloc.records import EMPTY_J, IDLE

FREE = UavAllocParams.code("idling", "free")
FIRST = 1  # the option of a UAV that may not idle but wants to: it sends


@inlined
def power_of(p: Record, option: int) -> float:
    """Return the power of an option in W."""
    return 0.0 if option == IDLE else p.powers_w[(option - 1) % p.levels]


@inlined
def channel_of(p: Record, option: int) -> int:
    """Return the channel of an option; 0 if idle."""
    return max(0, option - 1) // p.levels % p.channels


@inlined
def choose(p: Record, allocation: Record, option: int) -> None:
    """Decode an option.

    Args:
        p: Parameters of the environment, one record.
        allocation: Receives what the UAV does, one record.
        option: Number of the option; 0 is idle.
    """
    rest = max(0, option - 1)
    pair = rest // p.levels
    mode = pair // p.channels  # remainders by hand: a division takes as long as a random draw
    power_w = p.powers_w[rest - pair * p.levels]
    allocation.mode = mode
    allocation.channel = pair - mode * p.channels
    allocation.power_w = power_w if option != IDLE else 0.0


@inlined
def is_allowed(p: Record, uav: Record, option: int) -> bool:
    """Tell whether the environment executes an option as it stands.

    Args:
        p: Parameters of the environment, one record.
        uav: Record of the UAV.
        option: Number of the option; 0 is idle.
    """
    charged = uav.energy_j > EMPTY_J
    return (p.idling == FREE or not charged) if option == IDLE else charged


@inlined
def is_reachable(p: Record, uav: Record, option: int) -> bool:
    """Tell whether an option is allowed and takes no more energy than there is, if avoidable.

    Args:
        p: Parameters of the environment, one record.
        uav: Record of the UAV.
        option: Number of the option; 0 is idle.
    """
    power_w = power_of(p, option)
    affordable = power_w * p.step_s <= uav.energy_j + EMPTY_J
    forced = p.idling != FREE and power_w <= p.smallest_w
    return is_allowed(p, uav, option) and (affordable or forced)
