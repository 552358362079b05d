"""What policies for surfaces share: what they believe of the channels, and what elements can do."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState
from isac_envs.envs.surfaces.asking import Turns
from isac_envs.kernels.channel.fading import doppler_correlation
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.ris.phase import reflection_states

Channels = tuple[npt.NDArray[Any], npt.NDArray[Any]]
"""Direct paths, shape ``(n, K, M)``, and legs to the surface, ``(n, K, N)``, of all copies."""

STATE_BITS = 5
"""Phases that are tried for elements whose amplitude depends on the phase."""


class PhasePolicy(Baseline):
    """Base of policies that choose phases by what is believed of the channels."""

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        super().__init__(batch, seed)
        self.turns: Turns = np.zeros((len(self.env), self.params.elements))

    @property
    def fresh(self) -> npt.NDArray[np.bool_]:
        """Which copies begin an episode, shape ``(n,)``."""
        return np.asarray(self.env["time"] == 0)

    def believed(self) -> Channels:
        """Return direct paths and legs to the surface as the policy believes them to be."""
        state = self.batch.state
        return state.estimated_direct, state.estimated_reflected

    def scene(self) -> tuple[Any, Any]:
        """Return parameters and state, which every search begins with."""
        return self.params.record, self.batch.state


def element_states(p: Any) -> npt.NDArray[Any]:
    """Return the coefficients that an element can have; none for free phases.

    Args:
        p: Parameters of the environment.
    """
    if not p.phase_bits and p.least_amplitude == 1.0:
        return np.zeros(0, np.complex128)
    law = p.least_amplitude, p.amplitude_offset_turns, p.amplitude_steepness
    return reflection_states(p.phase_bits or STATE_BITS, *law)


def true_channels(state: Any) -> Channels:
    """Return the channels of the slot, the errors of the phases in the legs to the surface.

    Args:
        state: State of a batch.
    """
    rows, now = np.arange(len(state.env)), state.env["now"]
    sines, cosines = portable.sincos_turns(state.elements["error_turns"][:, None])
    legs, turned = state.reflected[rows, now], np.empty_like(state.estimated_reflected)
    turned.real = legs.real * cosines - legs.imag * sines  # NumPy's own product may round else
    turned.imag = legs.real * sines + legs.imag * cosines
    return state.direct[rows, now].copy(), turned


class Smoothed:
    """Estimates that are smoothed over the slots by exponential filters.

    Args:
        direct: Gains of the direct paths, one number or shape ``(K, 1)``.
        reflected: Those of the legs to the surface.
    """

    def __init__(self, direct: Any, reflected: Any) -> None:
        self.gains = direct, reflected
        self._smooth: list[npt.NDArray[Any]] = []

    def renew(self, newest: Channels, fresh: npt.NDArray[np.bool_]) -> Channels:
        """Return the smoothed channels with those of a slot; called once a slot.

        Args:
            newest: Estimates of the slot.
            fresh: Which copies begin an episode, shape ``(n,)``.
        """
        if not self._smooth:
            self._smooth = [each.copy() for each in newest]
        begun = fresh[:, None, None]
        for old, new, gain in zip(self._smooth, newest, self.gains, strict=True):
            before, seen = old.view(np.float64), new.view(np.float64)  # both parts as numbers
            before[...] = np.where(begun, seen, before + gain * (seen - before))
        return self._smooth[0], self._smooth[1]


def filter_gain(k_lin: float, shift_turns: float, error: float) -> float:
    """Return the gain of the exponential filter with the smallest mean squared error.

    The line of sight turns by a constant phase in each slot, here averaged over the headings; the
    scattered part forgets with the correlation of Clarke's model.

    Args:
        k_lin: Rician factor, linear.
        shift_turns: Largest Doppler shift times the duration of a slot, in turns.
        error: Power of the errors over the mean gain.
    """
    gains = np.arange(1, 201) / 200.0
    stay, correlation = 1.0 - gains, float(doppler_correlation(shift_turns))
    headings = portable.sincos_turns((np.arange(32) + 0.5) / 128.0)[1]
    _, turned = portable.sincos_turns(shift_turns * headings[:, None])
    change = 2.0 * (1.0 - turned)  # squared distance of a phasor from the one before
    sight = (stay * stay * change / (gains * gains + stay * change)).mean(0)
    memory = 1.0 - stay * correlation
    spread = gains / (2.0 - gains) * (1.0 + stay * correlation) / memory
    scattered = 1.0 - 2.0 * gains / memory + spread
    total = (k_lin * sight + scattered) / (1.0 + k_lin) + error * gains / (2.0 - gains)
    return float(gains[total.argmin()])
