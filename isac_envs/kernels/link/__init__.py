"""What a communication link carries: rates, outages, modulation and coding, queues of packets.

Functions of the signal-to-noise ratio and of arrivals; where the ratio comes from is in
``pathloss`` and ``channel``.
"""
