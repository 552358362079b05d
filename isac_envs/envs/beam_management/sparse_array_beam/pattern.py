"""The pattern of a sparse array around its radar direction, and the lobes that a radar sees.

Places are whole half wavelengths, so that the pattern has period 2 in the sine of the angle: the
whole visible region is one period, and a grid laid around the radar direction covers it for every
direction. Even and odd sums sample both sides of the direction together.
"""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.engine.mathx import linear_to_db

SAMPLE = record(("value", "f8"))
"""One sample of the sums that a pattern is made of."""
LEAST_GAIN = 1e-12  # of a lobe, so that its dB are finite
MOST_LOSS_DB = 20.0  # beyond it a beam misses the radar direction, and by how much tells nothing


@inlined
def coefficient_one(p: Record, element: Record, level: int) -> tuple[float, float]:
    """Return the contribution of an element at a level to the field in the radar direction.

    Args:
        p: Parameters of the environment, one record.
        element: Record of the element.
        level: Level of its phase, 0..2^q - 1.
    """
    re, im = p.level_re[level], p.level_im[level]
    return (
        re * element.steer_re + im * element.steer_im,
        re * element.steer_im - im * element.steer_re,
    )


@inlined
def add_one(p: Record, n: int, re: float, im: float, sums: Any) -> None:
    """Add a coefficient of element n to the even and odd sums, shape ``(4, samples)``.

    Args:
        p: Parameters of the environment, one record.
        n: Number of the element.
        re: Real part of what it adds to the field.
        im: Imaginary part.
        sums: Scratch of the pattern, shape ``(4, samples)``; used up.
    """
    cosines, sines = p.cosines[n], p.sines[n]
    for g in range(cosines.shape[0]):
        sums[0, g].value += re * cosines[g]
        sums[1, g].value += im * sines[g]
        sums[2, g].value += im * cosines[g]
        sums[3, g].value += re * sines[g]


@inlined
def peaks(p: Record, sums: Any) -> tuple[float, float, float]:
    """Return the largest gains in the main lobe and outside, and that in the radar direction.

    Gains are those of weights of unit norm. The sums are used up.
    """
    count = sums.shape[1]
    for g in range(count):
        a, b = sums[0, g].value, sums[1, g].value
        c, d = sums[2, g].value, sums[3, g].value
        right = (a - b) * (a - b) + (c + d) * (c + d)
        left = (a + b) * (a + b) + (c - d) * (c - d)
        sums[0, g].value = max(right, left)
    centre = sums[0, 0].value
    main = side = LEAST_GAIN
    for g in range(p.lobe_samples):
        main = max(main, sums[0, g].value)
    for g in range(p.lobe_samples, count):
        side = max(side, sums[0, g].value)
    scale = 1.0 / p.places.shape[0]
    return scale * main, scale * side, max(scale * centre, LEAST_GAIN)


@jit
def pattern_peaks(p: Record, elements: Any, sums: Any) -> tuple[float, float, float]:
    """Return :func:`peaks` of the present levels of all elements.

    Args:
        p: Parameters of the environment, one record.
        elements: Phase shifters, shape ``(N,)``.
        sums: Scratch of the pattern, shape ``(4, samples)``; used up.
    """
    for k in range(4):
        for g in range(sums.shape[1]):
            sums[k, g].value = 0.0
    for n in range(elements.shape[0]):
        re, im = coefficient_one(p, elements[n], elements[n].level)
        add_one(p, n, re, im, sums)
    return peaks(p, sums)


@inlined
def pointing_loss_db(main: float, centre: float) -> float:
    """Return the peak of the main lobe over the gain in the radar direction in dB, limited."""
    return min(linear_to_db(main / centre), MOST_LOSS_DB)


@inlined
def radar_metric_db(p: Record, main: float, side: float, centre: float) -> float:
    """Return the ratio of main lobe to side lobe less the weighted pointing loss, in dB.

    Args:
        p: Parameters of the environment, one record.
        main: Largest gain in the main lobe, linear.
        side: Largest gain outside of it, linear.
        centre: Gain in the radar direction, linear.
    """
    return linear_to_db(main / side) - p.pointing_loss_weight * pointing_loss_db(main, centre)
