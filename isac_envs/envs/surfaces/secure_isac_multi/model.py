"""Declaration of ``isac/SecureIsacMulti-v0``."""

from types import ModuleType
from typing import Any, ClassVar

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.envs.surfaces.observing import MOST
from isac_envs.envs.surfaces.secure_isac.model import SecureIsac
from isac_envs.envs.surfaces.secure_isac_multi import baselines, kernel
from isac_envs.envs.surfaces.secure_isac_multi.params import SecureIsacMultiParams


class SecureIsacMulti(SecureIsac):
    r"""A base station keeps a secret from an eavesdropper who steers: a zero-sum game.

    The physics are those of ``isac/SecureIsac-v0`` (equations 1 to 9). The agent ``base_station_0``
    has its observation and action. The agent ``eavesdropper_0`` has one coordinate, her turn in the
    slot over `largest_turn_deg`. She sees her place in her disc and her heading, the place of the
    user, and the last rates of both. Her reward is minus that of the base station,

    10. $r_e = -[\log_2(1 + \mathrm{SINR}_b) - \log_2(1 + \mathrm{SINR}_e)]^+$.

    So the mean of both rewards is always 0, and there are no scores. Tables show the secrecy rate.
    Rules are pairs, one of the base station and one of hers. Over 100 episodes of the default
    scenario, the secrecy rate in bit/s/Hz falls where she does not wander but walks to the line
    between surface and user: from 4.89 to 3.05 (95 % within 0.25 and 0.37) if the base station
    ignores her, from 6.03 to 5.62 (0.19 and 0.22) if it looks for her as `probing` does, and from
    7.61 to 7.27 (0.15 and 0.17) if it knows the channels. The filter of the base station goes on
    to assume that she walks at random, by `target_turn_std_deg`. With the turns that she would
    draw, all the rest is that of the single agent, bit for bit.

    Agents have their own spaces. Learners of one policy for all (``BatchVecEnv``) see rows of equal
    length, padded with zeros, and send actions of the wider agent, of which the first coordinates
    count.
    """

    id = "isac/SecureIsacMulti-v0"
    summary = "A base station with a surface against an eavesdropper who steers."
    params_type = SecureIsacMultiParams
    kernel: ClassVar[ModuleType] = kernel
    metrics = (
        *SecureIsac.metrics,
        Signal("secrecy_rate", "Reward of the base station.", "bit/s/Hz"),
    )
    summaries = (
        Summary("secrecy_rate", "Secrecy rate, bit/s/Hz.", "secrecy_rate"),
        *SecureIsac.summaries,
    )
    baselines = baselines.BASELINES
    reference_baseline = None

    def agent_names(self) -> tuple[str, ...]:
        """Return the base station and the eavesdropper."""
        return "base_station_0", "eavesdropper_0"

    def specs_of(self, agent: int) -> tuple[Spec, Spec]:
        """Return the spaces of the single agent, or those of the eavesdropper."""
        if agent == 0:
            return self.observation, self.action
        wide: dict[str, Any] = {"low": -MOST, "high": MOST}
        rate: dict[str, Any] = {"unit": "10 bit/s/Hz", "high": MOST}
        seen = (
            Coordinate("place", "Her place from the centre of her disc over its radius, x and y.",
                       low=-1.0, size=2),
            Coordinate("heading", "Her heading, a unit vector.", low=-1.0, size=2),
            Coordinate("user_place", "Place of the user in the same way.", size=2, **wide),
            Coordinate("last_eavesdropper_rate", "Her rate of the last slot.", **rate),
            Coordinate("last_user_rate", "That of the user.", **rate),
        )  # fmt: skip
        turn = Coordinate("turn", "Change of her heading over the largest.", low=-1.0)
        return Spec("box", seen), Spec("box", (turn,))
