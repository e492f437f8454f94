"""Offline opinions on a value: each a small pure function of text, none knows where the value stood."""
