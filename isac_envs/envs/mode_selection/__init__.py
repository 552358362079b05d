"""Choosing between sensing and communicating, and how much of a waveform serves each."""
