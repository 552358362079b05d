"""The published model of directional JRC as dense arrays and angles, written apart from the kernel.

Written from the equations (21) to (26) of the specification, defects included.
"""

import numpy as np
from scipy.stats import norm

FRESH = np.array(
    [[0, 0, 0, 2, 0, 0, 0]] * 2 + [[0, 0, 3, 0, 1, 1, 0]] + [[0, 0, 0, 4, 0, 0, 0]] * 2
)
RECEIVED = np.array([[2] * 7] * 2 + [[3, 3, 3, 1, 1, 1, 1]] + [[4] * 7] * 2)
WEIGHT = np.array(
    [[0, 0, 0, 1, 1, 1, 1]] * 2 + [[0, 0, 1, 0, 1, 1, 1]] + [[0, 0, 0, 1, 1, 1, 1]] * 2
)
AGE_MAX = 8


def wrapped(degrees):
    return (degrees + 180.0) % 360.0 - 180.0


def angles(points):
    return np.degrees(np.arctan2(points[..., 1], points[..., 0]))


def shadowed(relative, i):
    """Return which vehicles are hidden from the one at the origin, by the angles of corners."""
    distance = np.hypot(*relative.T)
    theta = angles(relative)
    corners = angles(relative[:, None] + np.array([[-2.5, -1], [-2.5, 1], [2.5, -1], [2.5, 1]]))
    low, high = corners.min(1), corners.max(1)
    hidden = np.zeros(len(relative), bool)
    for j in range(len(relative)):
        for k in range(len(relative)):
            if k not in (i, j) and distance[k] < distance[j]:
                share = wrapped(theta[j] - low[k]) / wrapped(high[k] - low[k])
                hidden[j] |= 0.0 < share < 1.0
    return hidden


def displaced(cells, columns, rows):
    """Return the cells as seen from ``columns`` and ``rows`` further on."""
    out = np.zeros_like(cells)
    for r in range(5):
        for c in range(7):
            if 0 <= r + rows < 5 and 0 <= c + columns < 7:
                out[r, c] = cells[r + rows, c + columns]
    return out


def transmit(position, velocity, labels, ages, actions, single=False):
    """Return r_comm and r_rad of each vehicle on the road, and the usefulness that arrived."""
    count, half_width = len(position), 35.0 if single else 45.0
    relative = position[None] - position[:, None]
    distance = np.hypot(relative[..., 0], relative[..., 1])
    hits = np.full((count, count), -1)
    for i in range(count):
        if actions[i] < 16:
            axis = (0.0 if velocity[i] > 0 else 180.0) + 90.0 * (actions[i] // 4)
            off = np.abs(wrapped(angles(relative[i]) - axis))
            reached = (off < half_width - 1e-9) & (np.arange(count) != i)
            if not single:
                reached &= ~shadowed(relative[i], i)
            hits[i, reached] = round(axis / 90.0) % 4
    if not single:
        for j in range(count):
            for face in range(4):
                if (hits[:, j] == face).sum() > 1:
                    hits[hits[:, j] == face, j] = -1
    with np.errstate(divide="ignore"):
        power = 1.0 / (16 * np.pi**2 * distance**2)
    np.fill_diagonal(power, 0.0)
    radars = np.array(actions) == 17
    noise = np.full(count, 1e-7) if single else power[radars].sum(0) + 1e-14
    success = norm.cdf(np.sqrt(2.0 * power / noise))
    r_comm, arrived = np.zeros(count), np.zeros((count, 5, 7), int)
    for i, j in np.argwhere(hits >= 0):
        useful = np.where(labels[i] == actions[i] % 4 + 1, np.maximum(AGE_MAX - ages[i], 0), 0)
        columns = int(np.round(relative[i, j, 0] / 7.5))
        rows = int(np.round(relative[i, j, 1] / 4.0))
        there = displaced(useful, *((-columns, -rows) if single else (columns, rows)))
        weight = WEIGHT if velocity[j] > 0 or single else WEIGHT[:, ::-1]
        r_comm[i] += success[i, j] * (weight * there).sum()
        arrived[j] += there
    return r_comm, np.exp(0.05 * np.abs(velocity)) * ~radars, arrived


def next_map(labels, ages, arrived, velocity):
    """Return the map of a vehicle after a step of the road."""
    taken = (arrived > 0) & ((ages > arrived) | (ages == 0))
    labels, ages = np.where(taken, RECEIVED, labels), np.where(taken, arrived, ages)
    way = 1 if velocity > 0 else -1
    labels, ages = displaced(labels, way, 0), displaced(ages, way, 0)
    ages = ages + (ages > 0)
    labels, ages = np.where(ages > AGE_MAX, 0, labels), np.where(ages > AGE_MAX, 0, ages)
    fresh = FRESH if velocity > 0 else FRESH[::-1, ::-1]
    return np.where(fresh > 0, fresh, labels), np.where(fresh > 0, 1, ages)
