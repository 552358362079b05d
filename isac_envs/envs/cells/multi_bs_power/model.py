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

    $L$ links share the spectrum, in $B$ equal sub-bands. Agent $k$ is the transmitter of link $k$,
    at the base station of its cell. In each slot all choose their powers at the same time:

    1. Base stations stand in the middle of hexagonal cells, $2 R$ apart: one, six around it, then
       those around each of these in turn. A user starts uniformly in its cell, and stays in it.
       Cells have equally many users, or each user is in any of them (`association`).
    2. Every ``mobility_period`` slots a user changes its speed by up to ``acceleration_m_s2`` times
       this period, within 0 and ``max_speed_m_s``, and its heading by up to ``turn_deg``, both
       uniformly, and moves. If the way led out of the cell or nearer than ``least_distance_m``, a
       uniform heading replaces the own, up to 16 times; else it stays.
    3. The gain between base station and user is $g = 10^{-(L_1 + s \lg d + S) / 10} |h|^2$, with
       the loss $L_1$ at 1 km and $d$ in km. The shadow fading $S$ of each base station and user is
       normal, and keeps $e^{-\Delta / d_c}$ of itself over a way $\Delta$. Fading is Rayleigh,
       $h' = \rho h + \sqrt{1 - \rho^2}\, \mathcal{CN}(0, 1)$ with $\rho = J_0(2 \pi f_D T)$, and
       independent in sub-bands. The Doppler shift $f_D$ follows from the speed, or is fixed.
    4. Link $k$ has $p_{k, b}$ of the largest power in sub-band $b$, at most 1 together. Its user
       hears the transmitters of the other links, those of its own base station too:
       $\mathrm{SINR}_{k, b} = p_{k, b} g_{kk, b} / (\sum_{j \ne k} p_{j, b} g_{kj, b} + \sigma^2)$.
    5. Its rate is $R_k = \frac{1}{B} \sum_b \log_2(1 + \min(\mathrm{SINR}_{k, b}, c))$, in bit/s/Hz
       of the whole spectrum.
    6. The same power lights up a target of the link, whose echo has the gain
       $g^r_k = G \lambda^2 \sigma_k / ((4 \pi)^3 r_k^4)$, with the gain $G$ of antennas and
       integration. The range $r_k$ changes with the moves of the users by up to
       ``target_speed_m_s`` times the period, reflected at both ends. The cross section is constant,
       or drawn anew in each slot.
    7. Radars hear other base stations in free space, ``leakage_db`` weaker. What their own sends
       for other links they know, and take away. The ratios of the sub-bands add up:
       $\Gamma_k = \frac{1}{B} \sum_b p_{k, b} g^r_k / (\sum_j p_{j, b} \chi_{kj} + \sigma^2)$.
    8. The shortfall is $[\Gamma_{\mathrm{req}} - \Gamma_k]^+$ in dB, at most 40. It is the cost of
       an agent.
    9. The reward is $w_1 R + w_2 F$, $w_2$ being minus the price of a missing dB. With ``team``,
       $R$ and $F$ are the means of rates and shortfalls, the same for all. With ``local`` they are
       the own ones, and $R$ is less by what link $k$ costs the ``neighbours`` links in whose
       interference it has the largest share: the rate that each of them would gain if it were
       silent, with the powers and the gains of the slot.

    The action ``power`` is one number for each sub-band, $p = (a + 1) / 2$, scaled down together if
    the sum exceeds 1. With ``levels`` a link is silent, or sends at one of the levels in one
    sub-band.

    An agent sees what a network can tell it: of its own user the gain of the slot to come and its
    interference with the powers of the last slot, both as measured just before; of other links
    powers and rates of the last slot, and its share of their interference with the gains of then.
    Ratios are in dB over 50, within $\pm 2$.

    Channels do not depend on actions: what is hard is that all decide at once, on a part of the
    state that is one slot old. The sum rate has many local optima, and for two links without radars
    and caps an optimum is at $(1, 0)$, $(0, 1)$ or $(1, 1)$. A radar needs its transmitter to send
    when the sum rate wants it silent. ``wmmse`` and ``fractional`` are those of the literature, for
    the sum rate without caps: they neither know that a ratio above $c$ is worth nothing, nor that
    radars need anything. ``ascent`` climbs the reward itself, from their powers among others, and
    is the best known: its maxima are local.

    In the default scenario the requirement costs 6.2 % of the best known mean rate, 4.32 bit/s/Hz,
    with two cells 2.7 % (first slots of 200 episodes). Without radars and caps WMMSE reaches 98 %
    of an exhaustive search there.

    In ``nasir2020`` the radars need nothing and users are in random cells, as in the published test
    with five layouts. On its channels ``benchmarks/power_control.py`` gets the published rates,
    2.61 bit/s/Hz for WMMSE and 2.45 for fractional programming. Over a hundred layouts of the
    scenario the means are $2.28 \pm 0.06$ and $2.14 \pm 0.06$ (95 %). There users may pass into
    another cell, here they turn.
    """

    id = "isac/MultiBsPower-v0"
    summary = "Powers of base stations whose users and radars hear the others (PettingZoo)."
    source = (
        "Problem, channels and observation: Y. S. Nasir, D. Guo, 'Deep actor-critic learning for "
        "distributed power control in wireless mobile networks', Asilomar 2020, and their public "
        "code; sub-bands: the same, arXiv 2012.10682. Radars and requirements are our choice."
    )
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
    scene = "isac_envs.envs.cells.multi_bs_power.scene:draw"

    def __init__(self, params: EnvParams) -> None:
        super().__init__(params)
        many = len(self.agents) > baselines.MOST_LINKS  # a grid of joint powers would not end
        if many or self.params.action != "power":
            few = {k: each for k, each in baselines.BASELINES.items() if k != "exhaustive"}
            self.baselines = few  # type: ignore[misc]

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
