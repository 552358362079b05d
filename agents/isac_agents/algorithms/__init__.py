"""Learners with Stable-Baselines3's interface, one room a family, and what families share.

What two of the rooms need stands beside them, with the presets and ranges of hyper-parameters. A
learner knows an environment by its spaces only, ``forecast`` excepted, and never a run folder or an
evaluation. This file imports nothing, because presets are read without torch.
"""
