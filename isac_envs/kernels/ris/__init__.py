"""Reconfigurable surfaces: their response to a wave, and optimal phases, alone and with precoders.

Cascaded channels in the far and near field, phases that couple with amplitudes or have few bits,
surfaces for rates and for secrecy. The use of a surface by an environment is not decided here.
"""
