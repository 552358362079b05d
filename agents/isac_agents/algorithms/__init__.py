"""Learners with Stable-Baselines3's interface that Stable-Baselines3 itself does not have."""
