"""Physics kernels beside reference data: path loss and the atmosphere, and how to read the data.

A group is a generator of :class:`Comparison`; ``GROUPS`` lists them by their heading. The data are
those of tests/kernels/data: tables of other implementations, and numbers that were computed apart
from the kernels.
"""

import json
import math
from collections.abc import Callable, Iterator
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from isac_envs.kernels import pathloss

DATA = Path(__file__).parents[1] / "tests" / "kernels" / "data"
HAND = "independent calculation"
SIONNA, ITUR = "Sionna 2.2.0", "itur 0.4.0"
CLUTTER = {"SL": (0.2, 10, 2), "DL": (0.6, 2, 6), "SH": (0.2, 10, 2), "DH": (0.6, 2, 6)}
"""Density, size in m and height in m of the clutter in the calibration of the factories."""

Row = dict[str, Any]
Read = Callable[[Row], Any]
Entry = tuple[str, str, Read, str | Read]
"""Quantity, kind, what it is for a row, and the column (or another function) it must equal."""


class Comparison(NamedTuple):
    """Results of one quantity and what they should be, arrays of the same shape."""

    quantity: str
    reference: str
    kind: str
    """Key of ``TOLERANCES`` in physics_errors.py."""
    measured: np.ndarray
    expected: np.ndarray


@cache
def load(file: str) -> Any:
    """Return the content of a data file."""
    return json.loads((DATA / file).read_text())


def rows(file: str, *keys: str) -> list[Row]:
    """Return a table as one dictionary a row, from any of the layouts of the files."""
    content = load(file)
    for key in keys:
        content = content[key]
    if isinstance(content, list):
        return content
    if "columns" not in content:
        return content["rows"]
    return [dict(zip(content["columns"], row, strict=True)) for row in content["rows"]]


def of(function: Callable[..., Any], *columns: str) -> Read:
    """Return a function of a row that passes some of its columns on."""
    return lambda row: function(*(row[each] for each in columns))


def compare(table: list[Row], reference: str, *entries: Entry) -> Iterator[Comparison]:
    """Yield one comparison for each entry, over all rows of a table."""
    for quantity, kind, measure, expected in entries:
        read = expected if callable(expected) else itemgetter(expected)
        measured = np.array([measure(row) for row in table])
        values = np.array([read(row) for row in table])
        yield Comparison(quantity, reference, kind, measured, values)


def linear(value_db: float) -> float:
    """Return a power ratio from decibels."""
    return 10.0 ** (value_db / 10.0)


def loss_38901(row: Row) -> float:
    family, _, kind = row["scenario"].partition("-")
    state = "los" if row["los"] else "nlos"
    if family in ("uma", "umi", "rma"):
        function = getattr(pathloss, f"{family}_{state}")
        return function(row["d2"], row["f_Hz"], h_ut_m=row["h_ut"], h_bs_m=row["h_bs"])
    if family == "inf" and not row["los"]:
        return getattr(pathloss, f"inf_{kind.lower()}_nlos")(row["d3"], row["f_Hz"])
    return getattr(pathloss, f"{family}_{state}")(row["d3"], row["f_Hz"])


def los_probability_38901(row: Row) -> float:
    family, _, kind = row["scenario"].partition("-")
    if family == "uma":
        return pathloss.uma_los_probability(row["d2"], row["h_ut"])
    if family == "inh":
        return getattr(pathloss, f"inh_{kind}_los_probability")(row["d2"])
    if family != "inf":
        return getattr(pathloss, f"{family}_los_probability")(row["d2"])
    if kind.endswith("L"):
        return pathloss.inf_low_los_probability(row["d2"], *CLUTTER[kind][:2])
    heights = {"h_ut_m": row["h_ut"], "h_bs_m": row["h_bs"]}
    return pathloss.inf_high_los_probability(row["d2"], *CLUTTER[kind], **heights)


def path_loss_38901() -> Iterator[Comparison]:
    table, chance = rows("pathloss.json", "tr38901"), los_probability_38901
    for name in ("UMa", "UMi", "RMa", "InH", "InF"):
        some = [row for row in table if row["scenario"].startswith(name.lower())]
        for state, los in (("LOS", True), ("NLOS", False)):
            part = [row for row in some if row["los"] == los]
            entry = (f"{name}, {state}", "path loss", loss_38901, "sionna_PL_dB")
            yield from compare(part, SIONNA, entry)
        entry = (f"{name}, LOS probability", "LOS probability", chance, "sionna_pLOS")
        yield from compare(some, SIONNA, entry)
    yield from compare(
        table, HAND,
        ("all losses above", "path loss", loss_38901, "hand_PL_dB"),
        ("all probabilities above", "LOS probability", chance, "hand_pLOS"),
    )  # fmt: skip
    suburban = ("SMa, LOS", "path loss", of(pathloss.sma_los, "d2", "f_Hz"), "PL")
    yield from compare(rows("pathloss.json", "sma_los"), HAND, suburban)


def outdoor_to_indoor() -> Iterator[Comparison]:
    def loss(building: str, spec: str) -> Read:
        return lambda row: pathloss.o2i_loss(row["f_Hz"], row["d_in"], building, spec)

    yield from compare(
        rows("pathloss.json", "o2i"), HAND,
        ("low-loss building, V19.4", "path loss", loss("low", "19.4"), "low"),
        ("high-loss building, V19.4", "path loss", loss("high", "19.4"), "high_v19"),
        ("high-loss building, V16.1", "path loss", loss("high", "16.1"), "high_v16"),
    )  # fmt: skip


def loss_ns3(row: Row) -> float:
    d, f, state = row["d2"], row["f_Hz"], "los" if row["los"] else "nlos"
    model = row["model"].partition("(")[0]
    if model == "IndoorOffice":  # 3 m and 1.5 m high
        return getattr(pathloss, f"inh_{state}")(math.hypot(d, 1.5), f)
    if model.startswith("V2v"):
        road = model.removeprefix("V2v").lower()
        return getattr(pathloss, f"v2x_{road}_los" if row["los"] else "v2x_nlos")(d, f)
    return getattr(pathloss, f"{model.lower()}_{state}")(d, f)


def path_loss_ns3() -> Iterator[Comparison]:
    table, names = rows("pathloss.json", "ns3"), "RMa, UMa, UMi, InH, V2X"
    yield from compare(table, "ns-3 test vectors", (names, "ns-3", loss_ns3, "ns3_PL_dB"))
    yield from compare(table, HAND, ("the same links", "path loss", loss_ns3, "hand_PL_dB"))


def path_loss_aerial() -> Iterator[Comparison]:
    def entry(key: str, title: str, suffix: str, columns: tuple[str, ...], j: int) -> Entry:
        kind = "LOS probability" if "probability" in title else "path loss"
        function = of(getattr(pathloss, f"{key}_{suffix}"), *columns)
        return title, kind, function, lambda row: row[key][j]

    table, link = rows("pathloss.json", "tr36777"), ("d2", "f_Hz", "h_ut")
    for k, name in enumerate(("RMa", "UMa", "UMi")):
        key = f"{name.lower()}_av"
        low = [row for row in table if row[key][1] is not None]  # UMa-AV: no NLOS above 100 m
        yield from compare(table, HAND, entry(key, f"{name}-AV, LOS", "los", link, 0))
        yield from compare(low, HAND, entry(key, f"{name}-AV, NLOS", "nlos", link, 1))
        title, ends = f"{name}-AV, LOS probability", ("d2", "h_ut")
        yield from compare(table, HAND, entry(key, title, "los_probability", ends, 2))
        title, std = f"{name}-AV, deviation in LOS", getattr(pathloss, f"{key}_std_los")
        deviation = (title, "path loss", of(std, "h_ut"), lambda row, k=k: row["sf_los"][k])
        yield from compare(table, HAND, deviation)


def path_loss_vehicles() -> Iterator[Comparison]:
    def blocked(case: int) -> Read:
        return lambda row: pathloss.v2x_nlosv_mean(row["d"], case)

    link = ("d", "f_Hz")
    urban, highway = pathloss.v2x_urban_los_probability, pathloss.v2x_highway_los_probability
    yield from compare(
        rows("pathloss.json", "tr37885"), HAND,
        ("urban, LOS", "path loss", of(pathloss.v2x_urban_los, *link), "urban_los"),
        ("highway, LOS", "path loss", of(pathloss.v2x_highway_los, *link), "hwy_los"),
        ("NLOS", "path loss", of(pathloss.v2x_nlos, *link), "nlos"),
        ("urban, LOS probability", "LOS probability", of(urban, "d"), "p_urban"),
        ("highway, LOS probability", "LOS probability", of(highway, "d"), "p_hwy"),
        ("mean loss by a vehicle, case 2", "path loss", blocked(2), "nlosv_mean_case2"),
        ("mean loss by a vehicle, case 3", "path loss", blocked(3), "nlosv_mean_case3"),
    )  # fmt: skip


def free_space_and_air_to_ground() -> Iterator[Comparison]:
    free = ("free-space loss", "path loss", of(pathloss.fspl, "d", "f_Hz"), "PL")
    yield from compare(rows("pathloss.json", "fspl"), HAND, free)
    chance = of(pathloss.al_hourani_los_probability, "elev_deg", "env")
    entry = ("Al-Hourani, LOS probability", "LOS probability", chance, "pLOS")
    yield from compare(rows("pathloss.json", "al_hourani"), HAND, entry)


def gas(row: Row) -> Any:
    return pathloss.gas_loss(row["f_GHz"] * 1e9, row["p_dry_hPa"], row["T_K"], row["rho_gm3"])


def rain(row: Row) -> Any:
    tilts = {"h": "horizontal", "v": "vertical", "circ": "circular"}
    tilt_deg = pathloss.POLARISATION_TILT_DEG[tilts[row["pol"]]]
    return pathloss.rain_coefficients(row["f_GHz"] * 1e9, tilt_deg)


def cloud(row: Row) -> float:
    return pathloss.cloud_coefficient(row["f_GHz"] * 1e9, row["T_C"] + 273.15)


def atmosphere() -> Iterator[Comparison]:
    yield from compare(
        rows("gas_rain.json", "p676_12"), f"{ITUR}, P.676-12",
        ("oxygen", "gas", lambda row: gas(row).oxygen_db_km, "gamma_o"),
        ("water vapour", "gas", lambda row: gas(row).vapour_db_km, "gamma_w"),
    )  # fmt: skip
    yield from compare(
        rows("gas_rain.json", "rain"), f"{ITUR}, P.838-3",
        ("rain, coefficient", "formula", lambda row: rain(row)[0], "k"),
        ("rain, exponent", "formula", lambda row: rain(row)[1], "alpha"),
        ("rain", "formula", lambda row: pathloss.rain_loss(row["R_mmh"], *rain(row)), "gamma"),
    )  # fmt: skip
    entry = ("cloud", "formula", cloud, "Kl_dBkm_per_gm3")
    yield from compare(rows("gas_rain.json", "cloud"), f"{ITUR}, P.840", entry)


GROUPS = {
    "Path loss, TR 38.901": path_loss_38901,
    "Path loss from outdoors to indoors, TR 38.901": outdoor_to_indoor,
    "Path loss, ns-3": path_loss_ns3,
    "Path loss of aerial terminals, TR 36.777": path_loss_aerial,
    "Path loss between vehicles, TR 37.885": path_loss_vehicles,
    "Free space, air to ground": free_space_and_air_to_ground,
    "Gas, rain and cloud": atmosphere,
}
