"""Beams of an array with quantised phase shifters, learned from what a beam yields."""
