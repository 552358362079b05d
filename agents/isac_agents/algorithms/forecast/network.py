"""The network of the LSTM predictor: from remembered echoes to a Gaussian of the next cosine."""

from typing import Any

import numpy as np
import torch
from torch import nn

from isac_agents.algorithms.forecast.echo_memory import AGE, COSINE, DISTANCE, SNR, SPEED, VALID

ECHO_FEATURES = 8
CONTEXT = 10

_STARTS = 16  # buckets before the first echo: by slot number
_AGES = 24  # buckets by the age of the newest echo: thirds of an octave beyond four slots
BUCKETS = _STARTS + _AGES
_LEAST = 1e-6


class ForecastNet(nn.Module):
    """LSTM over the remembered echoes, oldest first, with a linear predictor in parallel.

    The direction is forecast around ``offset + held + slope_gain * slope * age``, where ``held`` is
    the newest measured cosine and ``slope`` its rate of change. Offset, gain and the scale of the
    residual are regressions for each age, from :meth:`fit`. Network and linear part predict the
    residual in that scale, so that errors of a thousandth of a beamwidth are still of order one.

    Args:
        hidden: Units of the LSTM and of the layer behind it.
    """

    echo_mean: torch.Tensor
    echo_scale: torch.Tensor
    context_mean: torch.Tensor
    context_scale: torch.Tensor
    offset: torch.Tensor
    slope_gain: torch.Tensor
    residual: torch.Tensor
    distance: torch.Tensor

    def __init__(self, length: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(ECHO_FEATURES, hidden, batch_first=True)
        self.head = nn.Sequential(
            nn.Linear(hidden + CONTEXT, hidden), nn.Tanh(), nn.Linear(hidden, 2)
        )
        self.linear = nn.Linear(length * ECHO_FEATURES + CONTEXT, 1, bias=False)
        nn.init.zeros_(self.linear.weight)
        for name, size in (("echo", ECHO_FEATURES), ("context", CONTEXT)):
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_scale", torch.ones(size))
        self.register_buffer("offset", torch.zeros(BUCKETS))
        self.register_buffer("slope_gain", torch.zeros(BUCKETS))
        self.register_buffer("residual", torch.ones(BUCKETS))
        self.register_buffer("distance", torch.ones(()))

    def forward(self, memory: Any, slots: Any, power: float) -> tuple[Any, Any]:
        """Return mean and standard deviation of the next cosine, shape ``(rows,)`` each.

        Args:
            memory: Echoes of :mod:`isac_agents.algorithms.forecast.echo_memory`, shape
                ``(rows, length, 6)``.
            slots: Next slot, relative to the horizon and absolute, shape ``(rows, 2)``.
            power: Transmit power in dBm, or one per row.
        """
        echoes, context, base, scale = self.prepare(memory, slots, power)
        mean, log_variance = self.rest(echoes, context)
        return base + scale * mean, scale * torch.exp(0.5 * log_variance)

    @torch.no_grad()
    def prepare(self, memory: Any, slots: Any, power: Any) -> tuple[Any, Any, Any, Any]:
        """Return standardised features of echoes and context, the regression and its scale.

        Args:
            memory: Remembered echoes, shape ``(rows, length, 6)``.
            slots: Next slot, relative to the horizon and absolute, shape ``(rows, 2)``.
            power: Transmit power in dBm, or one per row.

        Returns:
            Features of shapes ``(rows, length, 8)`` and ``(rows, 10)``; the regressed cosine and
            the standard deviation of its residual, each of shape ``(rows,)``.
        """
        echoes, context = raw_features(memory, slots, power)
        bucket = buckets(memory, slots)
        base = self.offset[bucket] + memory[:, 0, COSINE] + self.slope_gain[bucket] * ahead(memory)
        echoes = memory[..., VALID, None] * (echoes - self.echo_mean) / self.echo_scale
        context = (context - self.context_mean) / self.context_scale
        return echoes, context, base, self.residual[bucket]

    def rest(self, echoes: Any, context: Any) -> tuple[Any, Any]:
        """Return mean and log variance of the scaled residual of the regression."""
        run, _ = self.lstm(echoes.flip(1))
        out = self.head(torch.cat((run[:, -1], context), -1))
        mean = out[:, 0] + self.linear(torch.cat((echoes.flatten(1), context), -1))[:, 0]
        return mean, out[:, 1].clamp(-9.0, 4.0)

    def loss(self, echoes: Any, context: Any, target: Any) -> Any:
        """Return the negative log likelihood of the scaled residuals, up to a constant.

        Args:
            echoes: Features of :meth:`prepare`, shape ``(rows, length, 8)``.
            context: Features of :meth:`prepare`, shape ``(rows, 10)``.
            target: Residuals in units of their scale, shape ``(rows,)``.
        """
        mean, log_variance = self.rest(echoes, context)
        return 0.5 * (log_variance + (target - mean).square() * torch.exp(-log_variance)).mean()

    @torch.no_grad()
    def fit(self, memory: Any, slots: Any, power: Any, cosine: Any) -> None:
        """Fit the scales of the features and the regressions of each age to data.

        Args:
            memory: Remembered echoes, shape ``(rows, length, 6)``.
            slots: Next slot, relative to the horizon and absolute, shape ``(rows, 2)``.
            power: Transmit power in dBm, shape ``(rows,)``.
            cosine: True cosines of the next slot, shape ``(rows,)``.
        """
        echoes, context = raw_features(memory, slots, power)
        seen = echoes[memory[..., VALID] > 0.5]
        for name, values in (("echo", seen), ("context", context)):
            if len(values):
                getattr(self, f"{name}_mean").copy_(values.mean(0))
                deviation = values.std(0, correction=0)
                getattr(self, f"{name}_scale").copy_(torch.where(deviation > _LEAST, deviation, 1))
        heard = memory[:, 0, VALID] > 0.5
        if heard.any():
            self.distance.copy_(memory[heard, 0, DISTANCE].mean())
        self._regress(buckets(memory, slots), cosine - memory[:, 0, COSINE], ahead(memory))

    def _regress(self, bucket: Any, target: Any, slope: Any) -> None:
        """Fit offset, slope gain and residual deviation in each bucket with data."""
        everywhere = target.std(correction=0).clamp_min(_LEAST)
        self.offset.zero_()
        self.slope_gain.zero_()
        self.residual.fill_(float(everywhere))
        for k in bucket.unique().tolist():
            y, x = target[bucket == k], slope[bucket == k]
            if len(y) < 32:
                continue
            centred = x - x.mean()
            gain = (centred * (y - y.mean())).sum() / centred.square().sum().clamp_min(1e-12)
            self.slope_gain[k] = gain
            self.offset[k] = y.mean() - gain * x.mean()
            rest = (y - self.offset[k] - gain * x).std(correction=0)
            self.residual[k] = rest.clamp_min(1e-4 * everywhere)


def gaps(memory: Any) -> Any:
    """Return the changes of cosine and distance per slot between echoes, ``(rows, length, 2)``."""
    later, earlier = memory[:, :-1], memory[:, 1:]
    slots = (earlier[..., AGE] - later[..., AGE]).clamp_min(1.0)
    both = earlier[..., VALID] / slots
    change = later[..., : DISTANCE + 1] - earlier[..., : DISTANCE + 1]
    return nn.functional.pad(both[..., None] * change, (0, 0, 0, 1))


def ahead(memory: Any) -> Any:
    """Extrapolate the change of the cosine until the next slot at a constant rate."""
    return gaps(memory)[:, 0, 0] * memory[:, 0, AGE]


def buckets(memory: Any, slots: Any) -> Any:
    """Return the index of the regression: by the newest echo's age, or by slot without echoes."""
    age = memory[:, 0, AGE]
    late = 4.0 + 3.0 * torch.log2(age.clamp_min(4.0) / 4.0)
    number = _STARTS - 1 + torch.where(age <= 4.0, age, late).clamp(1.0, _AGES)
    start = slots[:, 1].clamp(0.0, _STARTS - 1.0)
    return torch.where(memory[:, 0, VALID] > 0.5, number, start).long()


def raw_features(memory: Any, slots: Any, power: Any) -> tuple[Any, Any]:
    """Return features of the echoes ``(rows, length, 8)`` and of the context ``(rows, 10)``.

    Args:
        memory: Remembered echoes, shape ``(rows, length, 6)``.
        slots: Next slot, relative to the horizon and absolute, shape ``(rows, 2)``.
        power: Transmit power in dBm, or one per row.
    """
    newest = memory[:, :1]
    rates = gaps(memory)
    age = torch.log2(1.0 + memory[..., AGE])
    echoes = torch.stack(
        (
            memory[..., COSINE],
            memory[..., COSINE] - newest[..., COSINE],
            memory[..., DISTANCE] - newest[..., DISTANCE],
            memory[..., SPEED],
            memory[..., SNR],
            age,
            rates[..., 0],
            rates[..., 1],
        ),
        -1,
    )
    first = newest[:, 0]
    sine = (1.0 - first[:, COSINE].square()).clamp_min(0.0).sqrt()
    near = 1.0 / first[:, DISTANCE].clamp_min(0.05) * first[:, VALID]
    context = torch.stack(
        (
            first[:, VALID], first[:, COSINE], sine, first[:, DISTANCE], near, first[:, SPEED],
            age[:, 0], slots[:, 0], ahead(memory).clamp(-1.0, 1.0),
            (torch.as_tensor(power, dtype=memory.dtype) / 30.0).expand(len(memory)),
        ),
        -1,
    )  # fmt: skip
    return echoes, context


def tensor(values: Any) -> torch.Tensor:
    """Convert an array to float32."""
    return torch.as_tensor(np.asarray(values, np.float32))
