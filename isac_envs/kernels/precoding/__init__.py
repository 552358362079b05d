"""Downlink precoding: beams of an antenna array for several users, rates, secrecy.

For given channels. Where channels come from is in ``channel`` and ``arrays``; surfaces that change
them are in ``ris``.
"""
