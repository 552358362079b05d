"""``isac/BeamClusterRbg-v0``: beams over clusters of users, and who gets their resources."""
