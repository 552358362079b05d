"""Spectrum that belongs to others: sensing when it is idle, and using it then."""
