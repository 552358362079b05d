"""Path loss against tables of other implementations and printed values of the standards."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isac_envs.kernels import pathloss
from isac_envs.kernels.constants import SPEED_OF_LIGHT_3GPP_M_S, SPEED_OF_LIGHT_M_S

DATA = Path(__file__).parent / "data"
LOSS_DB = 1e-9
PROBABILITY = 1e-14
CLUTTER = {"SL": (0.2, 10, 2), "DL": (0.6, 2, 6), "SH": (0.2, 10, 2), "DH": (0.6, 2, 6)}
"""Density, size and height of the clutter in the calibration of the factories."""


def table(file: str, name: str) -> list[dict[str, Any]]:
    content = json.loads((DATA / file).read_text())[name]
    return [dict(zip(content["columns"], row, strict=True)) for row in content["rows"]]


TR_38901 = table("pathloss.json", "tr38901")
CONDITIONS = sorted({(row["scenario"], row["los"]) for row in TR_38901})


def loss_38901(row: dict[str, Any]) -> float:
    family, _, kind = row["scenario"].partition("-")
    state = "los" if row["los"] else "nlos"
    if family in ("uma", "umi", "rma"):
        function = getattr(pathloss, f"{family}_{state}")
        return function(row["d2"], row["f_Hz"], h_ut_m=row["h_ut"], h_bs_m=row["h_bs"])
    if family == "inf" and not row["los"]:
        return getattr(pathloss, f"inf_{kind.lower()}_nlos")(row["d3"], row["f_Hz"])
    return getattr(pathloss, f"{family}_{state}")(row["d3"], row["f_Hz"])


def los_probability_38901(row: dict[str, Any]) -> float:
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


@pytest.mark.parametrize(("scenario", "los"), CONDITIONS)
def test_tr_38901_against_sionna_and_hand_calculation(scenario: str, los: bool) -> None:
    rows = [row for row in TR_38901 if (row["scenario"], row["los"]) == (scenario, los)]
    assert rows
    for row in rows:
        assert loss_38901(row) == pytest.approx(row["sionna_PL_dB"], abs=LOSS_DB)
        assert loss_38901(row) == pytest.approx(row["hand_PL_dB"], abs=LOSS_DB)
        probability = los_probability_38901(row)
        assert probability == pytest.approx(row["sionna_pLOS"], abs=PROBABILITY)
        assert probability == pytest.approx(row["hand_pLOS"], abs=PROBABILITY)


def loss_ns3(row: dict[str, Any]) -> float:
    d, f, state = row["d2"], row["f_Hz"], "los" if row["los"] else "nlos"
    model = row["model"].partition("(")[0]
    if model == "IndoorOffice":  # 3 m and 1.5 m high
        return getattr(pathloss, f"inh_{state}")(np.hypot(d, 1.5), f)
    if model.startswith("V2v"):
        road = model.removeprefix("V2v").lower()
        return getattr(pathloss, f"v2x_{road}_los" if row["los"] else "v2x_nlos")(d, f)
    return getattr(pathloss, f"{model.lower()}_{state}")(d, f)


@pytest.mark.parametrize("row", table("pathloss.json", "ns3"), ids=str)
def test_ns3_vectors(row: dict[str, Any]) -> None:
    """6 mdB: the vectors have c = 3.0e8 m/s in the breakpoint of UMa and UMi, ours is exact."""
    assert loss_ns3(row) == pytest.approx(row["hand_PL_dB"], abs=LOSS_DB)
    assert loss_ns3(row) == pytest.approx(row["ns3_PL_dB"], abs=6e-3)


@pytest.mark.parametrize(("model", "h_bs_m"), [("Uma", 25.0), ("Umi", 10.0)])
def test_ns3_second_slope_is_ours_with_the_rounded_speed_of_light(
    model: str, h_bs_m: float
) -> None:
    (row,) = (
        row
        for row in table("pathloss.json", "ns3")
        if row["model"].startswith(model) and row["los"] and row["d2"] == 1000.0
    )
    exact = pathloss.breakpoint_distance(row["f_Hz"], h_bs_m)
    rounded = exact * SPEED_OF_LIGHT_M_S / SPEED_OF_LIGHT_3GPP_M_S
    function = getattr(pathloss, f"{model.lower()}_los_at_breakpoint")
    assert function(1000.0, row["f_Hz"], rounded) == pytest.approx(row["ns3_PL_dB"], abs=5.1e-5)
    assert abs(function(1000.0, row["f_Hz"], exact) - row["ns3_PL_dB"]) > 5e-3


@pytest.mark.parametrize("row", table("pathloss.json", "tr36777"), ids=lambda row: str(row)[:40])
def test_tr_36777(row: dict[str, Any]) -> None:
    d, f, h = row["d2"], row["f_Hz"], row["h_ut"]
    for k, model in enumerate(("rma_av", "uma_av", "umi_av")):
        los, nlos, probability = row[model]
        assert getattr(pathloss, f"{model}_los")(d, f, h) == pytest.approx(los, abs=LOSS_DB)
        if nlos is not None:  # UMa-AV has none above 100 m
            loss = getattr(pathloss, f"{model}_nlos")(d, f, h)
            assert loss == pytest.approx(nlos, abs=LOSS_DB)
        p = getattr(pathloss, f"{model}_los_probability")(d, h)
        assert p == pytest.approx(probability, abs=PROBABILITY)
        std_db = getattr(pathloss, f"{model}_std_los")(h)
        assert std_db == pytest.approx(row["sf_los"][k], abs=PROBABILITY)


@pytest.mark.parametrize("row", table("pathloss.json", "tr37885"), ids=lambda row: str(row)[:40])
def test_tr_37885(row: dict[str, Any]) -> None:
    d, f = row["d"], row["f_Hz"]
    assert pathloss.v2x_urban_los(d, f) == pytest.approx(row["urban_los"], abs=LOSS_DB)
    assert pathloss.v2x_highway_los(d, f) == pytest.approx(row["hwy_los"], abs=LOSS_DB)
    assert pathloss.v2x_nlos(d, f) == pytest.approx(row["nlos"], abs=LOSS_DB)
    urban, highway = row["p_urban"], row["p_hwy"]
    assert pathloss.v2x_urban_los_probability(d) == pytest.approx(urban, abs=PROBABILITY)
    assert pathloss.v2x_highway_los_probability(d) == pytest.approx(highway, abs=PROBABILITY)
    for case in (2, 3):
        mean_db = row[f"nlosv_mean_case{case}"]
        assert pathloss.v2x_nlosv_mean(d, case) == pytest.approx(mean_db, abs=LOSS_DB)


@pytest.mark.parametrize("row", table("pathloss.json", "o2i"), ids=lambda row: str(row)[:40])
def test_outdoor_to_indoor(row: dict[str, Any]) -> None:
    f, depth = row["f_Hz"], row["d_in"]
    for spec, high in (("19.4", row["high_v19"]), ("16.1", row["high_v16"])):
        low_db = pathloss.o2i_loss(f, depth, "low", spec)
        assert low_db == pytest.approx(row["low"], abs=LOSS_DB)
        assert pathloss.o2i_loss(f, depth, "high", spec) == pytest.approx(high, abs=LOSS_DB)


def test_suburban_macro() -> None:
    for row in table("pathloss.json", "sma_los"):
        assert pathloss.sma_los(row["d2"], row["f_Hz"]) == pytest.approx(row["PL"], abs=LOSS_DB)


def test_free_space() -> None:
    for row in table("pathloss.json", "fspl"):
        assert pathloss.fspl(row["d"], row["f_Hz"]) == pytest.approx(row["PL"], abs=LOSS_DB)


def test_al_hourani() -> None:
    for row in table("pathloss.json", "al_hourani"):
        environment = pathloss.AL_HOURANI[row["env"]]
        probability = pathloss.al_hourani_los_probability(row["elev_deg"], row["env"])
        assert probability == pytest.approx(row["pLOS"], abs=PROBABILITY)
        assert environment.eta_los_db == row["eta_los_dB"]
        assert environment.eta_nlos_db == row["eta_nlos_dB"]


def test_gas_against_p676_12() -> None:
    for row in table("gas_rain.json", "p676_12"):
        loss = pathloss.gas_loss(row["f_GHz"] * 1e9, row["p_dry_hPa"], row["T_K"], row["rho_gm3"])
        assert loss.oxygen_db_km == pytest.approx(row["gamma_o"], rel=1e-9)
        assert loss.vapour_db_km == pytest.approx(row["gamma_w"], rel=1e-9)


def test_gas_is_not_the_older_edition() -> None:
    """P.676-10 is about 10 % above P.676-12 in the windows between water vapour lines."""
    rows = [r for r in table("gas_rain.json", "p676_10") if r["f_GHz"] in (28, 38, 100, 140)]
    assert len(rows) >= 3
    for row in rows:
        ratio = row["gamma_w"] / pathloss.gas_loss(row["f_GHz"] * 1e9).vapour_db_km
        assert 1.07 < ratio < 1.15


@pytest.mark.parametrize(
    ("f_ghz", "oxygen", "vapour"),
    [
        (28, 0.018696, 0.083060),
        (60, 14.623475, 0.154842),
        (77, 0.097526, 0.250518),
        (140, 0.019060, 0.904129),
        (300, 0.025760, 5.221329),
        (340, 0.033403, 9.228131),
        (380, 0.049533, 298.326),
        (380.2, 0.049383, 299.851),
        (557, 0.07709, 17107.08),
    ],
)
def test_gas_at_printed_frequencies(f_ghz: float, oxygen: float, vapour: float) -> None:
    loss = pathloss.gas_loss(f_ghz * 1e9)
    assert loss.oxygen_db_km == pytest.approx(oxygen, rel=6e-5)
    assert loss.vapour_db_km == pytest.approx(vapour, rel=6e-6)
    assert loss.total_db_km == loss.oxygen_db_km + loss.vapour_db_km


def test_rain_against_p838_3() -> None:
    tilts = {"h": "horizontal", "v": "vertical", "circ": "circular"}
    for row in table("gas_rain.json", "rain"):
        tilt_deg = pathloss.POLARISATION_TILT_DEG[tilts[row["pol"]]]
        k, alpha = pathloss.rain_coefficients(row["f_GHz"] * 1e9, tilt_deg)
        assert (k, alpha) == pytest.approx((row["k"], row["alpha"]), rel=1e-12)
        assert pathloss.rain_loss(row["R_mmh"], k, alpha) == pytest.approx(row["gamma"], rel=1e-12)


def test_cloud_against_p840() -> None:
    for row in table("gas_rain.json", "cloud"):
        loss = pathloss.cloud_coefficient(row["f_GHz"] * 1e9, row["T_C"] + 273.15)
        assert loss == pytest.approx(row["Kl_dBkm_per_gm3"], rel=1e-12)
