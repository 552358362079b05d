"""Learners with the interface of Stable-Baselines3, one package per family, and shared code.

Code for more than one family is beside them, with the presets and ranges of hyper-parameters.
Learners know an environment only by its spaces, except ``forecast``, and never a run folder or an
evaluation. This file imports nothing, because presets are read without torch.
"""
