"""Search for the allocation of one slot, over the options of each UAV, on the true gains."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.loops import each_copy
from isac_envs.engine.passes import copy_row
from isac_envs.envs.uav.uav_alloc.links import communication_rate, information, measure_sinr
from isac_envs.envs.uav.uav_alloc.options import channel_of, choose, is_reachable
from isac_envs.envs.uav.uav_alloc.records import IDLE, State

_MOST_SWEEPS = 64
_GAIN = 1e-12  # smaller differences are rounding; without it a best response could cycle


class Bench(NamedTuple):
    """What a search works with.

    Attributes:
        weights: Weights of the objectives, shape ``(4,)``.
        allocation: What is tried, shape ``(M,)``.
        options: Options of the joint action, shape ``(M,)``.
    """

    weights: Any
    allocation: Any
    options: Any


@jit
def value(p: Record, state: State, bench: Bench, prices: Any) -> float:
    """Return the reward of the allocation less the priced energy; writes the SINRs.

    Args:
        p: Parameters.
        state: The group; its gains are read.
        bench: Weights and allocation.
        prices: Prices of energy, shape ``(M,)``, in 1/J.
    """
    weights, allocation = bench.weights, bench.allocation
    measure_sinr(state, allocation)
    targets, count = state.targets.shape[0], allocation.shape[0]
    total, cost = 0.0, 0.0
    for k in range(targets):
        total += information(allocation, k)
    for m in range(count):
        cost += allocation[m].power_w * (weights[2] / count + prices[m] * p.step_s)
    sensing = weights[0] * 2.0 * total / (p.reference_bit * targets)
    return sensing + weights[1] * communication_rate(allocation) / p.reference_bit - cost


@inlined
def next_option(p: Record, uav: Record, option: int, first_channel: bool) -> int:
    """Return the first reachable option from ``option`` on; ``p.options`` if there is none.

    Args:
        p: Parameters of the environment, one record.
        uav: Record of the UAV.
        option: Option to begin at.
        first_channel: Whether only options on channel 0 count.
    """
    while option < p.options and (
        not is_reachable(p, uav, option) or (first_channel and channel_of(p, option) > 0)
    ):
        option += 1
    return option


@jit
def improve(p: Record, state: State, bench: Bench, prices: Any, m: int, best: float) -> float:
    """Give UAV ``m`` its best option against the others; return the value, at least ``best``.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Weights and what is tried.
        prices: Prices of energy, shape ``(M,)``, in 1/J.
        m: Number of the UAV.
        best: Value of the present allocation.
    """
    before = bench.options[m]
    for option in range(p.options):
        if option == before or not is_reachable(p, state.uavs[m], option):
            continue
        choose(p, bench.allocation[m], option)
        found = value(p, state, bench, prices)
        if found > best + _GAIN:
            best = found
            bench.options[m] = option
    choose(p, bench.allocation[m], bench.options[m])
    return best


@jit
def best_response(
    p: Record, state: State, bench: Bench, prices: Any, starts: Any, chosen: Any
) -> None:
    """Write the best of several local optima, of which no UAV alone can improve.

    Args:
        p: Parameters.
        state: The group; its UAVs and gains are read.
        bench: Weights, and scratch.
        prices: Prices of energy, shape ``(M,)``, in 1/J.
        starts: Options to start from, shape ``(R, M)``; options out of reach are replaced.
        chosen: Receives the options, shape ``(M,)``.
    """
    uavs, trial = state.uavs, bench.options
    top = -1e300
    for start in range(starts.shape[0]):
        for m in range(uavs.shape[0]):
            option = starts[start, m]
            reachable = is_reachable(p, uavs[m], option)
            trial[m] = option if reachable else next_option(p, uavs[m], IDLE, False)
            choose(p, bench.allocation[m], trial[m])
        best = value(p, state, bench, prices)
        for _ in range(_MOST_SWEEPS):
            before = best
            for m in range(uavs.shape[0]):
                best = improve(p, state, bench, prices, m, best)
            if best <= before:
                break
        if best > top:
            top = best
            copy_row(trial, chosen)


@jit
def greedy(p: Record, state: State, bench: Bench, prices: Any, chosen: Any) -> None:
    """Let the UAVs choose once, one after the other, the later ones still idle; as above.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Weights and what is tried.
        prices: Prices of energy, shape ``(M,)``, in 1/J.
        chosen: Receives the options, shape ``(M,)``.
    """
    for m in range(state.uavs.shape[0]):
        bench.options[m] = -1
        choose(p, bench.allocation[m], IDLE)
    for m in range(state.uavs.shape[0]):
        improve(p, state, bench, prices, m, -1e300)
    copy_row(bench.options, chosen)


@jit
def exhaustive(p: Record, state: State, bench: Bench, prices: Any, chosen: Any) -> None:
    """Write the best of all joint actions; as above.

    The value does not change when channels swap names, so UAV 0 only tries the first.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        bench: Weights and what is tried.
        prices: Prices of energy, shape ``(M,)``, in 1/J.
        chosen: Receives the options, shape ``(M,)``.
    """
    uavs, trial = state.uavs, bench.options
    top = -1e300
    for m in range(uavs.shape[0]):
        trial[m] = next_option(p, uavs[m], IDLE, m == 0)
        choose(p, bench.allocation[m], trial[m])
    while trial[0] < p.options:
        found = value(p, state, bench, prices)
        if found > top:
            top = found
            copy_row(trial, chosen)
        _advance(p, uavs, bench)


@jit
def _advance(p: Record, uavs: Any, bench: Bench) -> None:
    """Go to the next joint action in reach; past the last, the first option is invalid."""
    trial = bench.options
    m = uavs.shape[0] - 1
    while m >= 0:
        trial[m] = next_option(p, uavs[m], trial[m] + 1, m == 0)
        if trial[m] < p.options:
            choose(p, bench.allocation[m], trial[m])
            return
        if m > 0:
            trial[m] = next_option(p, uavs[m], IDLE, False)
            choose(p, bench.allocation[m], trial[m])
        m -= 1


best_response_batch = each_copy(best_response, "bench")
greedy_batch = each_copy(greedy, "bench")
exhaustive_batch = each_copy(exhaustive, "bench")
