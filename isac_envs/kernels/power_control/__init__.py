"""Transmit powers of links that disturb each other: sum rate, required ratios.

For given gains. The beams of one transmitter for several receivers are in ``precoding``.
"""
