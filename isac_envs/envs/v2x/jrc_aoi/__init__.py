"""Radar, or which class of packets to send: one vehicle and the age of its information."""
