"""Directivity of arbitrary arrays of isotropic elements.

Source, recalled: H. L. Van Trees, "Optimum Array Processing", 2002, section 2.6.
"""

import math

import numpy as np

from isac_envs.kernels.numerics import portable


def array_directivity(positions: np.ndarray, weights: np.ndarray, vector: np.ndarray) -> float:
    r"""Return the directivity of isotropic elements towards a direction.

    :math:`\lvert w^H a \rvert^2 / (w^H S w)`.

    Args:
        positions: Elements in wavelengths, shape ``(3, N)``.
        weights: Complex weights w, shape ``(N,)``, of any norm but 0.
        vector: Steering vector a of the direction, shape ``(N,)``.
    """
    between = positions[:, :, None] - positions[:, None, :]
    apart = np.sqrt(np.maximum(np.square(between).sum(0), 1e-60))  # at 0 the quotient tends to 1
    coupling = portable.sincos_turns(apart)[0] / (math.tau * apart)
    (re, im), (v_re, v_im) = ((z.real, z.imag) for z in (weights, vector))
    radiated = (coupling * (np.outer(re, re) + np.outer(im, im))).sum()
    real, imaginary = (re * v_re + im * v_im).sum(), (re * v_im - im * v_re).sum()
    return float((real * real + imaginary * imaginary) / radiated)
