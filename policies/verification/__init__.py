"""Verify checkpoints: look closer than a scan does, and remember what was found.

A scan looks at the first and last bytes; verification checks tables against files, and sums where
the format has them, and unpickles nothing. What it finds damaged is kept and counts as no
checkpoint, so that the one before it is the newest that is whole.
"""
