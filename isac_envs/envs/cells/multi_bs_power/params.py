"""Parameters of ``isac/MultiBsPower-v0``."""

from typing import Any, Literal

from pydantic import model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.mathx import db_to_linear, linear_to_db
from isac_envs.kernels.channel.fading import AR1_TURNS
from isac_envs.kernels.link.metrics import shannon_rate
from isac_envs.kernels.pathloss.free_space import wavelength

NASIR = "Nasir and Guo, Asilomar 2020, and their public code"
MOST_LINKS = 256
_SWERLING = {"constant": 0, "swerling_1": 1, "swerling_3": 3}


class MultiBsPowerParams(EnvParams):
    """Parameters; the defaults are the ``default`` scenario."""

    horizon: int = parameter(100, "Slots until an episode is truncated.", "slots", ge=1, le=10**7)
    weights: tuple[Weight, ...] = parameter(
        (1.0, -0.3),
        "Weights of rate and shortfall in the reward; that of the shortfall is minus the price of "
        "a missing dB.",
    )
    reward: Literal["team", "local"] = parameter(
        "team",
        "What an agent is paid for: the mean rate and shortfall of all links; or its own, less "
        "what it costs the strongest interfered neighbours.",
    )
    cells: int = parameter(4, "Cells, each with a base station at its centre.", ge=1, le=64)
    links_per_cell: int = parameter(
        1, "Users over cells; each has a transmitter of its own, which is an agent.", ge=1, le=16
    )
    association: Literal["equal", "random"] = parameter(
        "equal", "Whether all cells have as many users, or each user is in any of the cells."
    )
    cell_radius_m: float = parameter(
        400.0, "Half the distance between neighbouring base stations.", "m", NASIR, ge=10, le=1e5
    )
    least_distance_m: float = parameter(
        35.0, "Smallest distance of a user from its base station.", "m", NASIR, ge=1, le=1e5
    )
    carrier_hz: float = parameter(2e9, "Carrier frequency.", "Hz", NASIR, ge=1e8, le=3e11)
    slot_s: float = parameter(0.02, "Duration of a slot.", "s", NASIR, ge=1e-6, le=1.0)
    power_dbm: float = parameter(30.0, "Largest power of a transmitter.", "dBm", ge=-50, le=80)
    noise_dbm: float = parameter(
        -100.0, "Noise power of a user and of a radar in all sub-bands together.", "dBm",
        ge=-180, le=0,
    )  # fmt: skip
    sub_bands: int = parameter(1, "Equal sub-bands of the spectrum.", ge=1, le=16)
    sinr_cap_db: float = parameter(
        30.0, "Ratio of signal to interference and noise above which the rate stays.", "dB", NASIR,
        ge=0, le=100,
    )  # fmt: skip
    loss_1km_db: float = parameter(
        128.1, "Path loss between base station and user at 1 km.", "dB", NASIR, ge=50, le=250
    )
    loss_slope_db: float = parameter(37.6, "Its growth per decade.", "dB", NASIR, ge=10, le=60)
    shadowing_db: float = parameter(
        10.0, "Standard deviation of the shadow fading.", "dB", NASIR, ge=0, le=20
    )
    shadowing_distance_m: float = parameter(
        10.0, "Correlation distance of the shadow fading.", "m", NASIR, ge=0.1, le=1e4
    )
    max_speed_m_s: float = parameter(2.5, "Largest speed of a user.", "m/s", NASIR, ge=0, le=100)
    acceleration_m_s2: float = parameter(
        0.5, "Largest acceleration of a user, of either sign.", "m/s^2", NASIR, ge=0, le=100
    )
    turn_deg: float = parameter(
        15.0, "Largest change of a user's heading from one move to the next.", "deg", ge=0, le=180
    )
    mobility_period: int = parameter(
        10, "Slots from one move to the next, and from one shadow fading to the next.", "slots",
        ge=1, le=10**6,
    )  # fmt: skip
    doppler: Literal["motion", "fixed"] = parameter(
        "motion", "Where the Doppler shift of a user's fading comes from."
    )
    doppler_hz: float = parameter(
        10.0, "Doppler shift of all users, where it is fixed.", "Hz", NASIR, ge=0, le=1e5
    )
    target_nearest_m: float = parameter(
        100.0, "Smallest range of the target of a radar.", "m", ge=1, le=1e5
    )
    target_farthest_m: float = parameter(250.0, "Largest range.", "m", ge=1, le=1e5)
    target_speed_m_s: float = parameter(
        5.0, "Largest change of the range in a second.", "m/s", ge=0, le=1e3
    )
    rcs_m2: float = parameter(10.0, "Mean radar cross section.", "m^2", ge=1e-6, le=1e6)
    fluctuation: Literal["constant", "swerling_1", "swerling_3"] = parameter(
        "constant", "Law of the cross section, drawn anew in every slot."
    )
    radar_gain_db: float = parameter(
        28.0, "Gain of a radar: both antennas, and the integration over a slot.", "dB",
        ge=0, le=200,
    )  # fmt: skip
    leakage_db: float = parameter(
        30.0, "How far the beams of a radar keep down another base station.", "dB", ge=0, le=200
    )
    required_sinr_db: float = parameter(
        10.0,
        "Ratio of echo to interference and noise that a radar needs; -190 is met in silence.",
        "dB",
        ge=-190,
        le=100,
    )
    action: Literal["power", "levels"] = parameter(
        "power", "A share of the largest power for each sub-band; or one level in one sub-band."
    )
    power_levels: int = parameter(
        10,
        "Levels besides silence, for levels: uniform in dB up to the largest power.",
        ge=1,
        le=64,
    )
    lowest_level_db: float = parameter(
        -20.0, "The lowest of them over the largest power.", "dB", ge=-100, le=-1
    )
    neighbours: int = parameter(
        5, "Strongest interferers, and strongest interfered links, that an agent sees.", "1", NASIR,
        True, ge=1, le=32,
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits(self) -> "MultiBsPowerParams":
        if self.cells * self.links_per_cell > MOST_LINKS:
            raise ValueError(
                f"parameter links_per_cell = {self.links_per_cell}: over {MOST_LINKS} links in "
                f"cells = {self.cells}; valid: at most {MOST_LINKS // self.cells}"
            )
        if self.least_distance_m > 0.8 * self.cell_radius_m:
            raise ValueError(
                f"parameter least_distance_m = {self.least_distance_m:g} leaves little of a cell "
                f"of cell_radius_m = {self.cell_radius_m:g}; valid: at most 0.8 of it"
            )
        if self.target_farthest_m < self.target_nearest_m:
            raise ValueError(
                f"parameter target_farthest_m = {self.target_farthest_m:g} is below "
                f"target_nearest_m = {self.target_nearest_m:g}"
            )
        fixed = self.doppler == "fixed"
        speed_hz = self.max_speed_m_s / wavelength(self.carrier_hz)
        turns = self.slot_s * (self.doppler_hz if fixed else speed_hz)
        if turns > AR1_TURNS.high:
            cause = (
                f"doppler_hz = {self.doppler_hz:g}"
                if fixed
                else f"max_speed_m_s = {self.max_speed_m_s:g}, carrier_hz = {self.carrier_hz:g}"
            )
            raise ValueError(
                f"parameter {cause}: {turns:.3g} turns of Doppler shift in a slot of slot_s = "
                f"{self.slot_s:g} s where doppler = {self.doppler!r}; valid: at most "
                f"{AR1_TURNS.high}"
            )
        return self

    def derived(self) -> dict[str, Any]:
        """Return what kernels read besides, in their units."""
        period_s = self.mobility_period * self.slot_s
        cap = db_to_linear(self.sinr_cap_db)
        return {
            "period_s": period_s,
            "turn_turns": self.turn_deg / 360.0,
            "per_wavelength": 1.0 / float(wavelength(self.carrier_hz)),
            "loss_1m_db": self.loss_1km_db - 3.0 * self.loss_slope_db,
            # powers are shares of the largest one, and noise of a sub-band is 1
            "budget_db": self.power_dbm
            - self.noise_dbm
            + float(linear_to_db(float(self.sub_bands))),
            "radar_gain": db_to_linear(self.radar_gain_db),
            "sinr_cap": cap,
            "rate_cap": float(shannon_rate(cap)),
            "swerling": _SWERLING[self.fluctuation],
        }
