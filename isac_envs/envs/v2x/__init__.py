"""Vehicles that share a radio between radar and communication with each other."""
