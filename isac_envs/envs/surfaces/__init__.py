"""Environments with a reconfigurable intelligent surface."""
