"""Modulation and coding tables of 5G NR, and gaps of its LDPC codes, as literals.

CQI and MCS: 3GPP TS 38.214, tables 5.2.2.1-2 to -5 (CQI tables 1-4) and 5.1.3.1-1 to -4 (MCS tables
1-4 of the downlink; those of the uplink without transform precoding are the same). Each row group
is a modulation order in bits and its code rates times 1024. Index 0 of a CQI table means "out of
range". Spectral efficiency is modulation order times rate / 1024.

Gaps: how many dB above the normal approximation an LDPC code of TS 38.212 has a block error rate of
10 % on a Gaussian channel, fitted by ``benchmarks/threshold_gaps.py`` to the block error tables of
Sionna 2.2 (Apache-2.0, NVIDIA). Their SNR are 1.6 and 1.8 dB apart, further than a long block takes
to fall from 1 to 0: a threshold interpolated between them is off by up to 1.5 dB, so the curve of
the normal approximation is shifted onto the error rates instead. Their uplink tables number the MCS
of transform precoding (tables 6.1.4.1-1 and -2) and are left out.
"""

# fmt: off
CQI_ROWS = (
    (
        (2, (78, 120, 193, 308, 449, 602)),
        (4, (378, 490, 616)),
        (6, (466, 567, 666, 772, 873, 948)),
    ),
    (
        (2, (78, 193, 449)),
        (4, (378, 490, 616)),
        (6, (466, 567, 666, 772, 873)),
        (8, (711, 797, 885, 948)),
    ),
    (
        (2, (30, 50, 78, 120, 193, 308, 449, 602)),
        (4, (378, 490, 616)),
        (6, (466, 567, 666, 772)),
    ),
    (
        (2, (78, 193, 449)),
        (4, (378, 616)),
        (6, (567, 666, 772, 873)),
        (8, (711, 797, 885, 948)),
        (10, (853, 948)),
    ),
)
"""CQI 1..15 of tables 1..4."""

MCS_ROWS = (
    (
        (2, (120, 157, 193, 251, 308, 379, 449, 526, 602, 679)),
        (4, (340, 378, 434, 490, 553, 616, 658)),
        (6, (438, 466, 517, 567, 616, 666, 719, 772, 822, 873, 910, 948)),
    ),
    (
        (2, (120, 193, 308, 449, 602)),
        (4, (378, 434, 490, 553, 616, 658)),
        (6, (466, 517, 567, 616, 666, 719, 772, 822, 873)),
        (8, (682.5, 711, 754, 797, 841, 885, 916.5, 948)),
    ),
    (
        (2, (30, 40, 50, 64, 78, 99, 120, 157, 193, 251, 308, 379, 449, 526, 602)),
        (4, (340, 378, 434, 490, 553, 616)),
        (6, (438, 466, 517, 567, 616, 666, 719, 772)),
    ),
    (
        (2, (120, 193, 449)),
        (4, (378, 490, 616)),
        (6, (466, 517, 567, 616, 666, 719, 772, 822, 873)),
        (8, (682.5, 711, 754, 797, 841, 885, 916.5, 948)),
        (10, (805.5, 853, 900.5, 948)),
    ),
)
"""MCS 0..28, 0..27, 0..28, 0..26 of tables 1..4."""

GAP_BITS = (24, 100, 500, 2000)
"""Code block sizes of the gaps."""

GAPS_DB = (
    (  # base graph 1, not used below 293 bits
        (1.224, -0.444, 0.0),
        (1.224, -0.444, 0.0),
        (1.224, -0.444, 0.0),
        (1.166, -0.461, 0.0),
    ),
    (  # base graph 2
        (1.612, 0.602, -1.477),
        (1.593, -2.604, 3.342),
        (1.447, -2.53, 2.881),
        (1.569, -3.046, 3.371),
    ),
)
"""Gap of the LDPC code in dB: constant, factor of the rate, factor of its square."""
