"""Parameters by which an environment offers the channels of the standards."""

from typing import Literal, NamedTuple

from isac_envs.declaration.params import EnvParams, parameter
from isac_envs.kernels.pathloss.tr_37885 import BLOCKER_HEIGHT_M
from isac_envs.propagation.absorption import LEAST_HZ
from isac_envs.propagation.domains import Domain, domain_of

STANDARDS = "3GPP TR 38.901, V19.4.0; _av: TR 36.777; v2x_: TR 37.885; Al-Hourani et al., 2014"


class Reach(NamedTuple):
    """Where the links of an environment run: each a number with the name of its parameter.

    The name is what a refusal tells, so it is that of a field which changes the number; empty for a
    constant of the environment.
    """

    carrier_hz: tuple[str, float]
    """Carrier frequency."""
    station_m: tuple[str, float]
    """Height of the antenna that stays: a base station; of two vehicles, either."""
    lowest_m: tuple[str, float]
    """Least height of the antenna that moves."""
    highest_m: tuple[str, float]
    """Largest height of it."""
    farthest_m: tuple[str, float]
    """Largest distance on the ground."""
    blocker_m: float = BLOCKER_HEIGHT_M["type_2"]
    """Height of vehicles that block."""


class ChannelParams(EnvParams):
    """The channel of the links: an environment inherits it, and may narrow the choice of laws."""

    channel: Literal[
        "free_space",
        "uma",
        "umi",
        "rma",
        "sma",
        "inh_mixed",
        "inh_open",
        "inf_sl",
        "inf_dl",
        "inf_sh",
        "inf_dh",
        "uma_av",
        "umi_av",
        "rma_av",
        "v2x_urban",
        "v2x_highway",
        "al_hourani_suburban",
        "al_hourani_urban",
        "al_hourani_dense_urban",
        "al_hourani_highrise",
    ] = parameter("free_space", "Law of the path loss of the links.", "1", STANDARDS)
    line_of_sight: Literal["drawn", "always"] = parameter(
        "drawn", "Whether obstacles may hide a link, by the law's probability; free space has none."
    )
    shadowing: bool = parameter(
        True, "Whether obstacles vary the loss, correlated over distance; not in free space."
    )
    fading: Literal["none", "rician"] = parameter(
        "none", "Fast fading: none; Rician in line of sight, Rayleigh out of it."
    )

    rain_mm_h: float = parameter(
        0.0, "Rain along the links; not in free space.", "mm/h", "ITU-R P.838-3", ge=0, le=150
    )
    gases: bool = parameter(
        False, "Whether the standard atmosphere absorbs; not in free space.", "1",
        "ITU-R P.676-12",
    )  # fmt: skip

    def check_channel(self, reach: Reach) -> None:
        """Refuse links outside the range for which the law is stated.

        Args:
            reach: Where the links run.

        Raises:
            ValueError: Naming the field, its value and the valid range.
        """
        if self.fading == "rician" and not self.has_fading:
            raise ValueError(
                f"parameter fading = 'rician': channel = {self.channel!r} states no Rician factor; "
                f"valid: 'none'"
            )
        if self.channel == "free_space":
            for name in ("rain_mm_h", "gases"):
                if getattr(self, name):
                    raise ValueError(
                        f"parameter {name} = {getattr(self, name)}: free space is empty; choose "
                        f"another channel"
                    )
            return
        domain = domain_of(self.channel, reach.station_m[1])
        if self.rain_mm_h > 0.0 or self.gases:
            carrier = domain.carrier_hz
            domain = domain._replace(carrier_hz=carrier._replace(low=max(carrier.low, LEAST_HZ)))
        for name in Domain._fields:
            valid = getattr(domain, name)
            for part in ("lowest_m", "highest_m") if name == "terminal_m" else (name,):
                field, value = getattr(reach, part)
                above = value > valid.low if valid.open_low else value >= valid.low
                if not (above and value <= valid.high):
                    raise ValueError(
                        f"parameter {field or 'channel'}: {part} = {value:g}, but channel = "
                        f"{self.channel!r} is valid for {valid}"
                    )

    @property
    def has_fading(self) -> bool:
        """Whether the law states a Rician factor."""
        return self.channel != "free_space" and not self.channel.startswith("al_hourani")
