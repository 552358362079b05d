"""Shadow fading and Rician factor of 3GPP TR 38.901, as a table.

Source: 3GPP TR 38.901 V19.4.0, tables 7.4.1-1 (sigma_SF), 7.5-6 (K factor, correlation distances
of it and of shadow fading) and 7.6.3.1-2 (correlation distance of the LOS state).
"""

from types import MappingProxyType
from typing import NamedTuple


class Shadowing(NamedTuple):
    r"""Parameters of one scenario.

    The autocorrelation over a move of x m is :math:`\exp(-x / d_\mathrm{cor})`.
    """

    std_los_db: float
    """Standard deviation of shadow fading in LOS; before the breakpoint in RMa and SMa."""
    std_nlos_db: float
    d_cor_los_m: float
    """Correlation distance of shadow fading in LOS, m."""
    d_cor_nlos_m: float
    d_cor_state_m: float
    """Correlation distance of the LOS state, m; InF: half the clutter size (here 5 m of 10)."""
    k_mean_db: float
    """Mean of the Rician factor of LOS links, which is normal in dB."""
    k_std_db: float
    d_cor_k_m: float
    """Correlation distance of the Rician factor, m."""
    std_los_far_db: float | None = None
    """Standard deviation in LOS beyond the breakpoint, where different."""
    std_nlos_optional_db: float | None = None
    """Standard deviation with the optional NLOS path loss."""
    std_o2i_db: float | None = None
    d_cor_o2i_m: float | None = None


SHADOWING = MappingProxyType(
    {
        "uma": Shadowing(
            4.0, 6.0, 37.0, 50.0, 50.0, 9.0, 3.5, 12.0,
            std_nlos_optional_db=7.8, std_o2i_db=7.0, d_cor_o2i_m=7.0,
        ),
        "umi": Shadowing(
            4.0, 7.82, 10.0, 13.0, 50.0, 9.0, 5.0, 15.0,
            std_nlos_optional_db=8.2, std_o2i_db=7.0, d_cor_o2i_m=7.0,
        ),
        "rma": Shadowing(
            4.0, 8.0, 37.0, 120.0, 60.0, 7.0, 4.0, 40.0,
            std_los_far_db=6.0, std_o2i_db=8.0, d_cor_o2i_m=120.0,
        ),
        "sma": Shadowing(
            4.0, 8.0, 40.0, 50.0, 50.0, 9.0, 7.0, 10.0,
            std_los_far_db=6.0, std_o2i_db=8.0, d_cor_o2i_m=50.0,
        ),
        "inh": Shadowing(3.0, 8.03, 10.0, 6.0, 10.0, 7.0, 4.0, 4.0, std_nlos_optional_db=8.29),
        "inf_sl": Shadowing(4.3, 5.7, 10.0, 10.0, 5.0, 7.0, 8.0, 10.0),
        "inf_dl": Shadowing(4.3, 7.2, 10.0, 10.0, 1.0, 7.0, 8.0, 10.0),
        "inf_sh": Shadowing(4.3, 5.9, 10.0, 10.0, 5.0, 7.0, 8.0, 10.0),
        "inf_dh": Shadowing(4.3, 4.0, 10.0, 10.0, 1.0, 7.0, 8.0, 10.0),
    }
)  # fmt: skip
"""Parameters by scenario; the factories have the clutter sizes of the calibration, 10 and 2 m."""
