"""Physical constants in SI units, with their source."""

SPEED_OF_LIGHT_M_S = 299792458.0
"""Speed of light in vacuum, m/s: exact (BIPM, SI brochure, 9th edition, 2019)."""

SPEED_OF_LIGHT_3GPP_M_S = 3.0e8
"""Value of TR 38.901 table 7.4.1-1 note 1 in the breakpoint distance; only to reproduce it."""

BOLTZMANN_J_K = 1.380649e-23
"""Boltzmann constant, J/K: exact (BIPM, SI brochure, 9th edition, 2019)."""

STANDARD_NOISE_TEMPERATURE_K = 290.0
"""Reference temperature of noise figures, K (IEEE Std 145; ITU-R P.372)."""

STANDARD_PRESSURE_HPA = 1013.25
"""Pressure of the standard atmosphere at sea level, hPa (ITU-R P.835)."""

STANDARD_TEMPERATURE_K = 288.15
"""Temperature of the standard atmosphere at sea level, K (ITU-R P.835)."""

STANDARD_VAPOUR_DENSITY_G_M3 = 7.5
"""Water vapour density of the standard atmosphere at sea level, g/m^3 (ITU-R P.835)."""
