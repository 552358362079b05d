"""Search for the allocation of one slot, over the options of each UAV, on the true gains."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.passes import copy_row
from isac_envs.envs.uav.uav_alloc.links import communication_rate, information, measure_sinr
from isac_envs.envs.uav.uav_alloc.options import channel_of, choose, is_reachable
from isac_envs.envs.uav.uav_alloc.records import IDLE

_MOST_SWEEPS = 64
_GAIN = 1e-12  # smaller differences are rounding; without it a best response could cycle


@jit
def value(
    p: Record, weights: Any, prices: Any, echoes: Any, uplinks: Any, couplings: Any,
    allocation: Any,
) -> float:  # fmt: skip
    """Return the reward of an allocation less the priced energy (weight-1/J); writes the SINRs."""
    measure_sinr(echoes, uplinks, couplings, allocation)
    targets, count = echoes.shape[1], allocation.shape[0]
    total, cost = 0.0, 0.0
    for k in range(targets):
        total += information(allocation, k)
    for m in range(count):
        cost += allocation[m].power_w * (weights[2] / count + prices[m] * p.step_s)
    sensing = weights[0] * 2.0 * total / (p.reference_bit * targets)
    return sensing + weights[1] * communication_rate(allocation) / p.reference_bit - cost


@inlined
def next_option(p: Record, uav: Record, option: int, first_channel: bool) -> int:
    """Return the first reachable option from ``option`` on; ``p.options`` if there is none."""
    while option < p.options and (
        not is_reachable(p, uav, option) or (first_channel and channel_of(p, option) > 0)
    ):
        option += 1
    return option


@jit
def improve(
    p: Record, weights: Any, prices: Any, uavs: Any, echoes: Any, uplinks: Any, couplings: Any,
    allocation: Any, chosen: Any, m: int, best: float,
) -> float:  # fmt: skip
    """Give UAV ``m`` its best option against the others; return the value, at least ``best``."""
    before = chosen[m]
    for option in range(p.options):
        if option == before or not is_reachable(p, uavs[m], option):
            continue
        choose(p, allocation[m], option)
        found = value(p, weights, prices, echoes, uplinks, couplings, allocation)
        if found > best + _GAIN:
            best = found
            chosen[m] = option
    choose(p, allocation[m], chosen[m])
    return best


@jit
def best_response_batch(
    p: Any, weights: Any, prices: Any, uavs: Any, echoes: Any, uplinks: Any, couplings: Any,
    starts: Any, allocation: Any, trial: Any, chosen: Any,
) -> None:  # fmt: skip
    """Write the best of several local optima, of which no UAV alone can improve.

    Args:
        p: Parameters, shape ``(1,)``.
        weights: Weights of the objectives, shape ``(4,)``.
        prices: Prices of energy, shape ``(n, M)``, in 1/J.
        uavs: The UAVs, shape ``(n, M)``.
        echoes: Gains of the echoes, shape ``(n, M, K)``.
        uplinks: Gains of the uplinks, shape ``(n, M)``.
        couplings: Gains between UAVs, shape ``(n, M, M)``.
        starts: Options to start from, shape ``(n, R, M)``; others stand for those out of reach.
        allocation: Scratch, shape ``(M,)``.
        trial: Scratch, shape ``(M,)``.
        chosen: Receives the options, shape ``(n, M)``.
    """
    for i in range(uavs.shape[0]):
        top = -1e300
        for start in range(starts.shape[1]):
            for m in range(uavs.shape[1]):
                option = starts[i, start, m]
                reachable = is_reachable(p[0], uavs[i, m], option)
                trial[m] = option if reachable else next_option(p[0], uavs[i, m], IDLE, False)
                choose(p[0], allocation[m], trial[m])
            best = value(p[0], weights, prices[i], echoes[i], uplinks[i], couplings[i], allocation)
            for _ in range(_MOST_SWEEPS):
                before = best
                for m in range(uavs.shape[1]):
                    best = improve(
                        p[0], weights, prices[i], uavs[i], echoes[i], uplinks[i], couplings[i],
                        allocation, trial, m, best,
                    )  # fmt: skip
                if best <= before:
                    break
            if best > top:
                top = best
                copy_row(trial, chosen[i])


@jit
def greedy_batch(
    p: Any, weights: Any, prices: Any, uavs: Any, echoes: Any, uplinks: Any, couplings: Any,
    allocation: Any, chosen: Any,
) -> None:  # fmt: skip
    """Let the UAVs choose once, one after the other, the later ones still idle; as above."""
    for i in range(uavs.shape[0]):
        for m in range(uavs.shape[1]):
            chosen[i, m] = -1
            choose(p[0], allocation[m], IDLE)
        for m in range(uavs.shape[1]):
            improve(
                p[0], weights, prices[i], uavs[i], echoes[i], uplinks[i], couplings[i],
                allocation, chosen[i], m, -1e300,
            )  # fmt: skip


@jit
def exhaustive_batch(
    p: Any, weights: Any, prices: Any, uavs: Any, echoes: Any, uplinks: Any, couplings: Any,
    allocation: Any, trial: Any, chosen: Any,
) -> None:  # fmt: skip
    """Write the best of all joint actions; as above.

    The value does not change when channels swap names, so UAV 0 only tries the first.
    """
    for i in range(uavs.shape[0]):
        top = -1e300
        for m in range(uavs.shape[1]):
            trial[m] = next_option(p[0], uavs[i, m], IDLE, m == 0)
            choose(p[0], allocation[m], trial[m])
        while trial[0] < p[0].options:
            found = value(p[0], weights, prices[i], echoes[i], uplinks[i], couplings[i], allocation)
            if found > top:
                top = found
                copy_row(trial, chosen[i])
            _advance(p[0], uavs[i], allocation, trial)


@jit
def _advance(p: Record, uavs: Any, allocation: Any, trial: Any) -> None:
    """Go to the next joint action in reach; past the last, ``trial[0]`` is no option."""
    m = uavs.shape[0] - 1
    while m >= 0:
        trial[m] = next_option(p, uavs[m], trial[m] + 1, m == 0)
        if trial[m] < p.options:
            choose(p, allocation[m], trial[m])
            return
        if m > 0:
            trial[m] = next_option(p, uavs[m], IDLE, False)
            choose(p, allocation[m], trial[m])
        m -= 1
