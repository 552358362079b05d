"""Channels of the standards as a choice of parameters, for any link of an environment.

Here stands what turns the path loss, shadowing and fading of :mod:`isac_envs.kernels` into one link
that moves: parameters, the constants of the chosen law, and compiled functions without allocation.
No environment and no formula that a kernel has stands here.
"""
