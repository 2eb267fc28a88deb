"""Where each framework puts its metrics: one small module each, with one function, `metrics`.

Imported only when its layout is met; every read is bounded, and one log is read once.
"""
