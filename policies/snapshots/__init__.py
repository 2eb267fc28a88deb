"""Dated snapshots of the newest complete checkpoint, and the way back.

`snapshots/2026-11-21/` beside the checkpoints holds one checkpoint as the framework wrote it, made
of shared blocks or hard links where the filesystem can, so that it costs next to nothing until the
run itself lets go of the files. A scan sees snapshots as a series of their own.
"""
