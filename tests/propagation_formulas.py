"""The formulas of the standards in plain Python, written from their tables and not from the code.

TR 38.901 V19.4.0, tables 7.4.1-1 and 7.4.2-1; TR 36.777 V15.0.0, tables B-1 and B-2; TR 37.885
V15.3.0, tables 6.2.1-1 and 6.2-1; Al-Hourani et al., 2014, eq. 5 and 7.
"""

from math import atan2, degrees, exp, hypot, log, log10, pi

LIGHT_M_S = 299_792_458.0


def _rural(d2, ghz, ut, bs, building):
    """Return the LOS loss of RMa and SMa."""

    def near(d):
        return (
            20 * log10(40 * pi * d * ghz / 3)
            + min(0.03 * building**1.72, 10) * log10(d)
            - min(0.044 * building**1.72, 14.77)
            + 0.002 * log10(building) * d
        )

    breakpoint_m = 2 * pi * bs * ut * ghz * 1e9 / LIGHT_M_S
    d3 = hypot(d2, bs - ut)
    if d2 <= breakpoint_m:
        return near(d3)
    return near(breakpoint_m) + 40 * log10(d3 / breakpoint_m)


def _rural_hidden(d2, ghz, ut, bs, building, street):
    d3 = hypot(d2, bs - ut)
    return (
        161.04
        - 7.1 * log10(street)
        + 7.5 * log10(building)
        - (24.37 - 3.7 * (building / bs) ** 2) * log10(bs)
        + (43.42 - 3.1 * log10(bs)) * (log10(d3) - 3)
        + 20 * log10(ghz)
        - (3.2 * log10(11.75 * ut) ** 2 - 4.97)
    )


def _two_slopes(start, slope, d2, ghz, ut, bs):
    """Return the LOS loss of UMa and UMi: ``slope`` per decade, then 40."""
    d3, breakpoint_m = hypot(d2, bs - ut), 4 * (bs - 1) * (ut - 1) * ghz * 1e9 / LIGHT_M_S
    if d2 <= breakpoint_m:
        return start + slope * log10(d3) + 20 * log10(ghz)
    bend = (40 - slope) / 2 * log10(breakpoint_m**2 + (bs - ut) ** 2)
    return start + 40 * log10(d3) + 20 * log10(ghz) - bend


def losses(channel, d2, ghz, ut, bs):
    """Return the path losses in dB, in line of sight and out of it (vehicles: buildings aside)."""
    d3, lg = hypot(d2, bs - ut), log10(ghz)
    lg3 = log10(d3)
    if channel == "uma":
        los = _two_slopes(28.0, 22.0, d2, ghz, ut, bs)
        return los, max(los, 13.54 + 39.08 * lg3 + 20 * lg - 0.6 * (ut - 1.5))
    if channel == "umi":
        los = _two_slopes(32.4, 21.0, d2, ghz, ut, bs)
        return los, max(los, 35.3 * lg3 + 22.4 + 21.3 * lg - 0.3 * (ut - 1.5))
    if channel == "rma":
        los = _rural(d2, ghz, ut, bs, 5.0)
        return los, max(los, _rural_hidden(d2, ghz, ut, bs, 5.0, 20.0))
    if channel == "sma":
        return _rural(d2, ghz, ut, bs, 10.0), _rural_hidden(d2, ghz, ut, bs, 10.0, 10.0)
    if channel.startswith("inh"):
        los = 32.4 + 17.3 * lg3 + 20 * lg
        return los, max(los, 38.3 * lg3 + 17.30 + 24.9 * lg)
    if channel.startswith("inf"):
        los = 31.84 + 21.5 * lg3 + 19 * lg
        sparse_low = max(los, 33 + 25.5 * lg3 + 20 * lg)
        hidden = {
            "inf_sl": sparse_low,
            "inf_dl": max(sparse_low, 18.6 + 35.7 * lg3 + 20 * lg),
            "inf_sh": max(los, 32.4 + 23 * lg3 + 20 * lg),
            "inf_dh": max(los, 33.63 + 21.9 * lg3 + 20 * lg),
        }
        return los, hidden[channel]
    spread = 20 * log10(40 * pi * ghz / 3)
    if channel == "uma_av":
        return 28 + 22 * lg3 + 20 * lg, -17.5 + (46 - 7 * log10(ut)) * lg3 + spread
    if channel == "umi_av":
        free = 20 * log10(4 * pi * d3 * ghz * 1e9 / LIGHT_M_S)
        los = max(free, 30.9 + (22.25 - 0.5 * log10(ut)) * lg3 + 20 * lg)
        return los, max(los, 32.4 + (43.2 - 7.6 * log10(ut)) * lg3 + 20 * lg)
    if channel == "rma_av":
        los = max(23.9 - 1.8 * log10(ut), 20) * lg3 + spread
        return los, max(los, -12 + (35 - 5.3 * log10(ut)) * lg3 + spread)
    if channel == "v2x_urban":
        return (38.77 + 16.7 * lg3 + 18.2 * lg,) * 2
    if channel == "v2x_highway":
        return (32.4 + 20 * lg3 + 20 * lg,) * 2
    a, b, clear, hidden = AIR[channel]
    p = 1 / (1 + a * exp(-b * (degrees(atan2(abs(ut - bs), d2)) - a)))
    free = 20 * log10(4 * pi * d3 * ghz * 1e9 / LIGHT_M_S)
    return (free + p * clear + (1 - p) * hidden,) * 2


AIR = {
    "al_hourani_suburban": (4.88, 0.43, 0.1, 21.0),
    "al_hourani_urban": (9.61, 0.16, 1.0, 20.0),
    "al_hourani_dense_urban": (12.08, 0.11, 1.6, 23.0),
    "al_hourani_highrise": (27.23, 0.08, 2.3, 34.0),
}


def probability(channel, d2, ut, bs):
    """Return the probability of line of sight."""
    if channel in ("uma", "umi"):
        scale = 63.0 if channel == "uma" else 36.0
        return 1.0 if d2 <= 18 else 18 / d2 + exp(-d2 / scale) * (1 - 18 / d2)
    if channel == "rma":
        return 1.0 if d2 <= 10 else exp(-(d2 - 10) / 1000)
    if channel == "sma":
        if d2 <= 10:
            return 1.0
        shares = ((0.02, 20.0), (0.18, 8.0), (0.1, 15.0))
        rates = [-log(1 - r) / 30 * max(h - ut, 0.0) / (bs - ut) for r, h in shares]
        return exp(-d2 * sum(rates))
    if channel == "inh_mixed":
        if d2 <= 1.2:
            return 1.0
        return exp(-(d2 - 1.2) / 4.7) if d2 < 6.5 else 0.32 * exp(-(d2 - 6.5) / 32.6)
    if channel == "inh_open":
        if d2 <= 5:
            return 1.0
        return exp(-(d2 - 5) / 70.8) if d2 <= 49 else 0.54 * exp(-(d2 - 49) / 211.7)
    if channel.startswith("inf"):
        share, size = (0.2, 10.0) if channel[4] == "s" else (0.6, 2.0)
        reach = -size / log(1 - share)
        clutter = 2.0 if channel[4] == "s" else 6.0
        if channel.endswith("h"):
            reach *= (bs - ut) / (clutter - ut)
        return exp(-d2 / reach)
    if channel.endswith("_av"):
        lg = log10(ut)
        p1, d1, all_above = {
            "uma_av": (4300 * lg - 3800, max(460 * lg - 700, 18), 100.0),
            "umi_av": (233.98 * lg - 0.95, max(294.05 * lg - 432.94, 18), 300.0),
            "rma_av": (max(15021 * lg - 16053, 1000), max(1350.8 * lg - 1602, 18), 40.0),
        }[channel]
        if ut > all_above or d2 <= d1:
            return 1.0
        return d1 / d2 + exp(-d2 / p1) * (1 - d1 / d2)
    if channel == "v2x_urban":
        return min(1.0, 1.05 * exp(-0.0114 * d2))
    if channel == "v2x_highway":
        near = min(1.0, 2.1013e-6 * d2 * d2 - 0.002 * d2 + 1.0193)
        return near if d2 <= 475 else max(0.0, 0.54 - 0.001 * (d2 - 475))
    return 1.0
