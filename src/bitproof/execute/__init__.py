"""Bit-exact evaluation: the reference definition and the fast engine."""
