"""Declaration of ``isac/MultiBsPower-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.declaration.params import EnvParams
from isac_envs.envs.cells.multi_bs_power import baselines, kernel, records
from isac_envs.envs.cells.multi_bs_power.observing import MOST
from isac_envs.envs.cells.multi_bs_power.params import MultiBsPowerParams
from isac_envs.envs.cells.multi_bs_power.slot import LEAST_SHOWN_DB, MOST_SHORTFALL_DB

_SHORTFALL = Signal("shortfall_db", "What the radar lacks of the required ratio.", "dB")


def _ratio(name: str, meaning: str) -> Coordinate:
    """Return a coordinate of a ratio in dB."""
    return Coordinate(name, meaning, "50 dB", -MOST, MOST)


def _own_band(b: int | None) -> tuple[Coordinate, ...]:
    """Return what an agent sees of its own link in a sub-band, None if it is the only one."""
    end, where = ("", "") if b is None else (f"_{b}", f", sub-band {b}")
    return (
        _ratio(f"gain{end}", f"Direct gain of this slot: SNR at full power{where}."),
        _ratio(f"last_gain{end}", f"That of the last slot{where}."),
        _ratio(
            f"interference{end}",
            f"Interference plus noise over the noise, with the gains of this slot and the powers "
            f"of the last{where}.",
        ),
        _ratio(f"last_interference{end}", f"That of the last slot{where}."),
        Coordinate(f"power{end}", f"Own power of the last slot over the largest{where}."),
    )


def _interferer(n: int) -> tuple[Coordinate, ...]:
    """Return what an agent sees of an interferer."""
    return (
        _ratio(
            f"received_{n}",
            f"Power over noise received from interferer {n}, with the gains of this slot and the "
            "powers of the last; -2 if there is none.",
        ),
        Coordinate(f"received_power_{n}", "Its power in the last slot."),
        Coordinate(f"received_rate_{n}", "Its rate in the last slot, scaled as the own."),
    )


def _interfered(n: int) -> tuple[Coordinate, ...]:
    """Return what an agent sees of a link that it disturbs."""
    return (
        _ratio(
            f"disturbed_{n}",
            f"What full power would have added to interference plus noise of interfered link {n} "
            "in the last slot, over the latter; -2 if there is none.",
        ),
        _ratio(f"disturbed_gain_{n}", "Its direct gain in the last slot."),
        Coordinate(f"disturbed_rate_{n}", "Its rate in the last slot, scaled as the own."),
    )


class MultiBsPower(Model):
    r"""Transmitters of neighbouring cells choose their powers for their users and their radars.

    To be written.
    """

    id = "isac/MultiBsPower-v0"
    summary = "Powers of base stations whose users and radars hear the others (PettingZoo)."
    source = "tbd"
    params_type = MultiBsPowerParams
    kernel: ClassVar[ModuleType] = kernel
    objectives = (
        Signal("rate", "Mean rate of the links, or the own less its prices.", "bit/s/Hz"),
        _SHORTFALL,
    )
    costs: ClassVar[tuple[Signal, ...]] = (_SHORTFALL,)
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("rate", "Rate of the own link.", "bit/s/Hz"),
        Signal("sum_rate", "Sum of the rates of all links.", "bit/s/Hz"),
        Signal("power", "Power over the largest power."),
        Signal("interference_db", "Interference plus noise at the user over the noise.", "dB"),
        Signal("radar_sinr_db", f"Ratio of the radar, at least {LEAST_SHOWN_DB:g}.", "dB"),
        Signal("radar_met", "1 if the radar reached the required ratio."),
        Signal("price", "Rate that the link cost others; 0 with the reward of a team.", "bit/s/Hz"),
    )
    summaries = (
        Summary("rate", "Rate of a link, bit/s/Hz.", "rate"),
        Summary("power", "Power of a link over the largest.", "power"),
        Summary("radar_met", "Share of the radars that reached the required ratio.", "radar_met"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "ascent"

    def __init__(self, params: EnvParams) -> None:
        super().__init__(params)
        self.baselines = dict(baselines.BASELINES)
        if len(self.agents) > baselines.MOST_LINKS:
            del self.baselines["exhaustive"]

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each transmitter."""
        return tuple(f"bs_{k}" for k in range(self.params.cells * self.params.links_per_cell))

    def objective_bounds(self) -> tuple[tuple[float, float], ...]:
        """Return the smallest and largest rate and shortfall."""
        p = self.params
        most = float(p.record[0]["rate_cap"])
        least = -p.neighbours * most if p.reward == "local" else 0.0
        return ((least, most), (0.0, MOST_SHORTFALL_DB))

    def observation_spec(self) -> Spec:
        """Return the own link, the strongest interferers, and those that it disturbs most."""
        p = self.params
        bands = (
            each for b in range(p.sub_bands) for each in _own_band(b if p.sub_bands > 1 else None)
        )
        interferers = (each for n in range(p.neighbours) for each in _interferer(n))
        interfered = (each for n in range(p.neighbours) for each in _interfered(n))
        own = (
            Coordinate("rate", "Rate of the last slot over that of the largest ratio."),
            _ratio(
                "radar_margin",
                "Ratio that the radar would have had at full power in the last slot, over the "
                "required one.",
            ),
        )
        return Spec("box", (*bands, *own, *interferers, *interfered))

    def action_spec(self) -> Spec:
        """Return the shares of the power, or the levels."""
        p = self.params
        if p.action == "power":
            meaning = (
                "-1 is no power and 1 all of it; scaled down where sub-bands get more together."
            )
            return Spec("box", (Coordinate("power", meaning, low=-1.0, size=p.sub_bands),))
        steps = max(p.power_levels - 1, 1)
        levels = [p.lowest_level_db * (steps - n) / steps for n in range(p.power_levels)]
        levels[-1] = 0.0
        labels = tuple(f"{db:g} dB in band {b}" for b in range(p.sub_bands) for db in levels)
        silent = "Silence, or a level over the largest power in a sub-band."
        high = p.sub_bands * p.power_levels
        return Spec(
            "discrete", (Coordinate("level", silent, high=high, labels=("silent", *labels)),)
        )

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
