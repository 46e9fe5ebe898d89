"""Nouns and rules. In: plain values. Out: plain values and decisions. No I/O, no SQL, no clock, no randomness, no user code."""
