"""Declaration of ``isac/UavAlloc-v0``."""

from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Spec
from isac_envs.declaration.model import Model, State
from isac_envs.declaration.params import EnvParams
from isac_envs.envs.uav.uav_alloc import baselines, fields, kernel, records
from isac_envs.envs.uav.uav_alloc.params import UavAllocParams
from isac_envs.propagation.laws import law_of


class UavAlloc(Model):
    r"""One controller gives each UAV of a group a mode, a channel and a power.

    $M$ UAVs fly over $K$ moving targets and share $C$ channels. In each slot of ``step_s`` a UAV is
    idle, or uses channel $c_m$ with power $p_m$ to sense a target with its radar or to send to the
    base station. Let $N = k T B F$ be the noise power of a channel, $R$ a distance and $\lambda$
    the wavelength. One watt is received as

    1. $a_{mk} = G^2 \lambda^2 \sigma\, n / ((4 \pi)^3 R_{mk}^4 N)$: the echo of target $k$ at UAV
       $m$, with radar cross-section $\sigma$ and $n$ pulses,
    2. $b_m = g (\lambda / 4 \pi R_m)^2 / N$: UAV $m$ at the base station, in the middle of the
       area,
    3. $x_{mj} = (\lambda / 4 \pi R_{mj})^2 10^{-L / 10} / N$: UAV $j$ in a radar side lobe of UAV
       $m$, with $L$ = ``isolation_db``.

    With another `channel` than free space, the uplink is $b_m = g\, 10^{-L_m / 10} |h_m|^2 / N$
    (2'): $L_m$ is the path loss of TR 36.777, in or out of line of sight, and its shadow fading;
    $h_m$ is the Rician `fading`. All of it varies with the way of the UAV; see
    [propagation](../propagation.md).

    UAVs on one channel disturb each other whatever they do. Sums over $j$ run over $j \ne m$ with
    $c_j = c_m$:

    4. $\mathrm{SINR}_m = p_m a_{mk} / (1 + \sum_j p_j x_{mj})$ if $m$ senses target $k$,
    5. $\mathrm{SINR}_m = p_m b_m / (1 + \sum_j p_j b_j)$ if $m$ sends,
    6. $MI_k = \max_m \log_2(1 + \mathrm{SINR}_m)$ over the UAVs that sense $k$, 0 without any,
    7. $CR = \sum_m \log_2(1 + \mathrm{SINR}_m)$ over the UAVs that send,
    8. reward $w_1\, 2 \sum_k MI_k / (4 K) + w_2\, CR / 4 - w_3 \sum_m p_m / M - w_4\,
       [\mathrm{overrun}]$ with $w_1 = \alpha$ and $w_2 = 1 - \alpha$; the 4 bit/s/Hz are
       ``reference_bit``.
    9. Batteries start with ``energy_j``: $e_m' = \max(0, e_m - p_m \cdot$ ``step_s`` $)$. A
       transmission that takes more than is left is made, and counts as an overrun. A UAV without
       energy stays idle: the action mask says so, and what it asks for is denied.
    10. Velocities of UAVs are Gauss-Markov processes: $v' = a v + (1 - a) u + \sqrt{1 - a^2}\, s w$
        with memory $a$, mean velocity $u$ (vertical: 0), deviation $s$ and normal $w$, limited to
        the largest speed. Targets keep their velocity plus noise. All reflect at the borders of the
        area, UAVs also at the lowest and the highest altitude.

    An episode starts with uniform positions, full batteries and idle UAVs. Everybody moves after
    the transmission, so the controller sees the geometry that its decision meets.

    The action has three forms. ``discrete``: an option for each UAV, 0 for idle, then mode (send,
    targets), channel and power in row-major order. ``index``: all options as one number, for small
    groups. ``continuous``: for each UAV scores of the modes and, if there are several, of the
    channels, of which the largest wins, and a power from 0 (-1) to the largest (1); below a
    twentieth the UAV is idle. The observation ``state`` holds positions, velocities, energies, and
    the last allocation and its outcome. ``links`` holds the gains of equations 1 to 3 in dB and the
    energies.

    Only energy couples the slots. With energy for full power in all slots (``tethered`` scenarios)
    the exhaustive search of each slot is the optimum. Otherwise it is myopic, spends early and
    falls silent, and searches with a price on energy are better. They are the best known, not
    bounds. The assignment of Kuhn and Munkres ignores interference: it is optimal for a slot while
    every UAV has its own channel, and falls behind as more UAVs share one. All numbers are our
    choice. The publication tells the state, the action, the ingredients of the reward and the
    comparison, but not its parameters.
    """

    id = "isac/UavAlloc-v0"
    summary = "A controller gives each UAV a mode (radar or uplink), a channel and a power."
    source = (
        "Wang et al., Electronics 11(3) 441, 2022, for state, action, reward and comparison; "
        "all parameters are our choice."
    )
    default_scenario = "squad"
    params_type: ClassVar[type[EnvParams]] = UavAllocParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics = fields.METRICS
    summaries = fields.SUMMARIES
    baselines = baselines.BASELINES
    reference_baseline = "priced_exhaustive"
    scene = "isac_envs.envs.uav.uav_alloc.scene:draw"

    def observation_spec(self) -> Spec:
        """Return the observation fields of the controller."""
        return fields.view(self.params, identity=False)

    def action_spec(self) -> Spec:
        """Return the action fields of the controller for all UAVs."""
        return fields.controller_actions(self.params)

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        p = self.params
        law = law_of(p, p.reach)
        return records.allocate(np.zeros(n, self.env_dtype), p.uavs, p.targets, law)

    def encode_options(self, options: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return options of all UAVs, shape ``(n, M)``, in the form of the action."""
        p = self.params
        if p.action == "discrete":
            return options
        if p.action == "index":
            return np.asarray((options * p.option_count ** np.arange(p.uavs)[::-1]).sum(-1))
        return self.scores(options).reshape(len(options), -1)

    def scores(self, options: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return scores and powers that encode options, shape ``(n, M, W)``."""
        p = self.params
        width, scored = p.targets + 2, p.channels if p.channels > 1 else 0
        rows = np.full((*options.shape, width + scored), -1.0)
        pair, level = np.divmod(np.maximum(options - 1, 0), len(p.powers_w))
        mode, channel = np.divmod(pair, p.channels)
        power_w = np.where(options > 0, np.array(p.powers_w)[level], 0.0)
        np.put_along_axis(rows, mode[..., None], 1.0, -1)
        if scored:
            np.put_along_axis(rows, p.targets + 1 + channel[..., None], 1.0, -1)
        rows[..., -1] = 2.0 * power_w / max(p.powers_w) - 1.0
        return rows
