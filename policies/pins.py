"""Pins on disk: a person's word that a checkpoint stays, binding every front end."""

from __future__ import annotations

import json
import os

from .catalog.model import Pin
from .places import PINS_FILE
from .refusal import Refusal


def read_pins(state_directory: str) -> tuple[Pin, ...]:
    """Pins of one state directory, with names relative to the directory that holds it."""
    path = os.path.join(state_directory, PINS_FILE)
    try:
        with open(path, "rb") as file:
            document = json.loads(file.read())
        return tuple(
            Pin(row["name"], row.get("note", ""), row.get("by", ""), row.get("at", ""))
            for row in document["pins"]
        )
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{path}: not a pins file: {error}") from None
