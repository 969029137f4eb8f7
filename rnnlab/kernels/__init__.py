"""Compiled loops: the only room that knows the word "numba"."""
