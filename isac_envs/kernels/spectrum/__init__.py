"""Spectrum that others may use: energy detectors, and the occupancy of channels over time."""
