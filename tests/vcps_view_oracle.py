"""A slot of vehicular views in plain Python, from the equations, for comparison with the kernel."""

import math
from typing import Any

import numpy as np


def waits(rates: list[float], means: list[float], moments: list[float]) -> list[float]:
    """Return the mean waits of a preemptive-resume priority queue, highest priority first."""
    result = []
    for k, mean in enumerate(means):
        above = sum(rates[i] * means[i] for i in range(k))
        load = above + rates[k] * mean
        residual = sum(rates[i] * moments[i] for i in range(k + 1)) / 2
        result.append((mean + residual / (1 - load)) / (1 - above) - mean)
    return result


class Slot:
    """Plays one slot of a copy from its state before the slot and its action.

    ``targets_db`` are the SNR targets that the kernel drew.
    """

    def __init__(self, params: Any, state: Any, action: Any, targets_db: Any) -> None:
        self.p, self.action, self.targets_db = params, np.asarray(action, float), targets_db
        env, _, items, kinds, views, tracks, requests = (array[0] for array in state[:7])
        self.env, self.items, self.kinds, self.tracks = env, items, kinds, tracks
        self.now = int(env["time"])
        self.views = [views[m] for m in requests[self.now] if m >= 0]
        self.packets: list[dict[str, float]] = []
        self.powers_mw = []
        for i in range(params.vehicles):
            self._send(i)

    def _distance(self, i: int, second: float) -> float:
        place = self.tracks[i][min(int(second), len(self.tracks[i]) - 1)]
        half = self.p.map_m / 2
        return max(1.0, math.hypot(place["x_m"] - half, place["y_m"] - half))

    def _send(self, i: int) -> None:
        p, count = self.p, self.p.sensable_types
        width = 3 * count + 1
        own, edge = self.action[i * width : (i + 1) * width], self.action[p.vehicles * width :]
        decide, rates, priority, level = (
            own[:count],
            own[count:-1][:count],
            own[2 * count : -1],
            own[-1],
        )
        sensed = [k for k in range(count) if decide[k] > 0.5]
        if p.load == "shares":
            shares = rates / (rates.sum() + 1e-5)
        else:
            shares = p.max_load * rates / max(1.0, rates[sensed].sum())
        noise_mw, most_mw = 10 ** (p.noise_dbm / 10), 10 ** (p.max_power_dbm / 10)
        loss = self._distance(i, self.now) ** p.path_loss_exponent
        least = 10 ** (self.targets_db[i] / 10) * noise_mw * loss / self.env["gain"]
        power = min(least, most_mw) + level * (most_mw - min(least, most_mw))
        self.powers_mw.append(power)
        band = edge[i] / (edge.sum() + 1e-5) * p.bandwidth_hz
        band *= p.bandwidth_hz / 1e6 if p.bandwidth_law == "squared" else 1.0
        order = sorted(sensed, key=lambda k: -priority[k])
        item = self.items[i]
        speeds = [shares[k] / item[k]["mean_s"] for k in order]
        found = waits(
            speeds, [item[k]["mean_s"] for k in order], [item[k]["second_s2"] for k in order]
        )
        for k, rate, wait in zip(order, speeds, found, strict=True):
            self._packet(i, k, rate, min(wait, p.longest_s), power, band)

    def _packet(self, i: int, k: int, rate: float, wait: float, power: float, band: float) -> None:
        p, d = self.p, int(self.items[i][k]["kind"])
        interval = min(1 / rate if rate > 0 else math.inf, p.longest_s)
        sampled = math.floor(self.now / interval) * interval
        if p.first_sample == "after_interval" and sampled == 0 and interval < p.longest_s:
            sampled = interval
        period = self.kinds[d]["interval_s"]
        gain = p.fading_mean**2 / self._distance(i, sampled + wait) ** p.path_loss_exponent
        snr = gain * power / 10 ** (p.noise_dbm / 10)
        speed = band * math.log2(1 + snr)
        sending = min(self.kinds[d]["amount"] / speed if speed > 0 else math.inf, p.longest_s)
        self.packets.append(
            {
                "vehicle": i, "kind": d, "cost": self.items[i][k]["cost"],
                "made": math.floor(sampled / period) * period, "received": sampled + wait + sending,
                "energy": power * sending,
            }
        )  # fmt: skip

    def raw(self) -> list[dict[str, float]]:
        """Return the parts of each view, not normalised, with completeness."""
        return [self._view([int(d) for d in view["kinds"][: view["count"]]]) for view in self.views]

    def _view(self, wanted: list[int]) -> dict[str, float]:
        p = self.p
        fresh = [dict(each) for each in self.packets if each["kind"] in wanted]
        for each in fresh:
            seen = max(self.now, each["received"]) if p.ages == "current" else each["received"]
            each["age"] = seen - each["made"]
        present = {each["kind"] for each in fresh}
        used = fresh + [self._cached(d) for d in wanted if d not in present]
        useful = [each for each in used if not p.gate or each["age"] <= p.longest_s]
        made = [each["made"] for each in useful]
        young = {each["kind"] for each in used if each["age"] <= p.longest_s}
        return {
            "timeliness": max((each["age"] for each in useful), default=0.0),
            "consistency": max(made) - min(made) if made else 0.0,
            "redundancy": len(fresh) - len(present),
            "sensing": self._cost(used, "cost", math.inf),
            "transmission": self._cost(used, "energy", 50.0),
            "complete": len(young) / len(wanted),
            "count": len(wanted),
        }

    def _cached(self, d: int) -> dict[str, float]:
        p, kind = self.p, self.kinds[d]
        seen = max(self.now, kind["received_s"]) if p.ages == "current" else self.now
        age = kind["age_s"] if p.ages == "frozen" else max(0.0, seen - kind["update_s"])
        holder = int(kind["holder"])
        again = p.reuse_costs and holder >= 0
        return {
            "vehicle": holder, "kind": d, "age": age, "made": kind["update_s"],
            "cost": kind["cost"] if again else 0.0,
            "energy": self.powers_mw[holder] * kind["transmit_s"] if again else 0.0,
        }  # fmt: skip

    def _cost(self, used: list[dict[str, float]], name: str, most: float) -> float:
        if self.p.cost_of == "view":
            return sum(each[name] for each in used)
        means = []
        for i in range(self.p.vehicles):
            own = [each[name] for each in used if each["vehicle"] == i]
            means.append(min(sum(own) / len(own), most) if own else 0.0)
        return sum(means) / len(means)
