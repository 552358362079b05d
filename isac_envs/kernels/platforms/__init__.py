"""Platforms that carry radios: the power that they need to move.

No channels, no decisions.
"""
