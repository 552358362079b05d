"""Sensing-assisted predictive beamforming for vehicles and UAVs."""
