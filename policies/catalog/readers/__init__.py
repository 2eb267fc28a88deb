"""Readers of step, epoch and metrics: bounded, and never executing anything that a file names."""
