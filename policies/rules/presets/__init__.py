"""Shipped presets: one commented YAML file each."""
