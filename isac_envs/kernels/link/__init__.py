"""Throughput of a communication link: rates, outages, modulation and coding, packet queues.

Functions of the signal-to-noise ratio and of arrivals; where the ratio comes from is in
``pathloss`` and ``channel``.
"""
