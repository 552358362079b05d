"""Geometry of the plane: ellipses, and turns of vectors and of covariances.

A turn is given by cosine and sine of its angle, counter-clockwise; for 1 and 0 all bits stay.
"""

from typing import Any

from isac_envs.engine.jit import inlined, jit


@inlined
def turned_one(x: float, y: float, cosine: float, sine: float) -> tuple[float, float]:
    """Return a vector after a turn.

    Args:
        x: Of the vector.
        y: Of the vector.
        cosine: Of the angle of the turn.
        sine: Of this angle.
    """
    return cosine * x - sine * y, sine * x + cosine * y


@inlined
def focal_distance_one(total: float, apart: float, along: float) -> float:
    r"""Return the distance of a place of an ellipse from one of its foci.

    :math:`r = (R^2 - L^2) / (2 (R - L \cos \varphi))`, R the sum of the distances from both foci.

    Args:
        total: R, larger than L.
        apart: Distance L of the foci.
        along: :math:`L \cos \varphi`, phi the angle at the focus between the other one and the
            place.
    """
    return 0.5 * (total * total - apart * apart) / (total - along)


@inlined
def write_ellipse(
    covariance: Any, first: int, along: float, across: float, cosine: float, sine: float
) -> None:
    """Write variances along and across a direction as a block of a covariance.

    Args:
        covariance: Shape ``(n, n)``; rows and columns ``first`` and the next are written.
        first: Row of the block.
        along: Variance along the direction.
        across: Variance across it.
        cosine: Of the angle from the x axis to the direction.
        sine: Of this angle.
    """
    covariance[first, first] = cosine * cosine * along + sine * sine * across
    covariance[first + 1, first + 1] = sine * sine * along + cosine * cosine * across
    mixed = cosine * sine * (along - across)
    covariance[first, first + 1] = covariance[first + 1, first] = mixed


@jit
def turn_covariance(covariance: Any, cosine: float, sine: float) -> None:
    """Turn the covariance of pairs of coordinates in place: each block B becomes R B R^T.

    Args:
        covariance: Of x, y and further pairs such as vx, vy; shape ``(2 K, 2 K)``.
        cosine: Of the angle of the turn.
        sine: Of this angle.
    """
    for i in range(0, covariance.shape[0], 2):
        for j in range(0, covariance.shape[1], 2):
            xx, yx = turned_one(covariance[i, j], covariance[i + 1, j], cosine, sine)
            xy, yy = turned_one(covariance[i, j + 1], covariance[i + 1, j + 1], cosine, sine)
            covariance[i, j], covariance[i, j + 1] = turned_one(xx, xy, cosine, sine)
            covariance[i + 1, j], covariance[i + 1, j + 1] = turned_one(yx, yy, cosine, sine)
