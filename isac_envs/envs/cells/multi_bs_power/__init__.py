"""Transmit powers of base stations whose users and radars hear the others."""
