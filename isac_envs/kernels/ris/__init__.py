"""Reconfigurable surfaces: their response to a wave, and the phases that are best for it.

Cascaded channels in the far and near field, phases that couple with amplitudes or have few bits.
How a surface is used by an environment is not decided here.
"""
