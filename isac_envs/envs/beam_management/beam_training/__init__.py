"""Beam training with side information: which beams to probe, and when to stop."""
