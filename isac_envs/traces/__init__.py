"""Traces: worlds from files instead of from formulas.

Files of mobility are read as streams and resampled to the slots of an environment. They are
untrusted: whatever is wrong with one is refused by its name and line, within bounded memory.
"""
