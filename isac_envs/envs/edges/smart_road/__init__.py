"""Vehicles that choose roads and servers together."""
