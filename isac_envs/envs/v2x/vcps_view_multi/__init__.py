"""Vehicular views with an agent for each vehicle and one for the edge."""
