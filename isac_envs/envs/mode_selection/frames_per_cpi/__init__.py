"""Frames per coherent processing interval: how much of a waveform is preamble."""
