"""A training loop as people write them by hand: slow, not atomic, and it talks.

    python trainer.py DIR EPOCHS [--name model_epoch{}.pth] [--save 0.1] [--quiet] [--plain] ...

Each save is written in pieces, so that for a while half a file lies there.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import time
import zipfile


def content(plain: bool) -> bytes:
    if plain:
        return b"a pickle whose end nobody can see" * 3000
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("model/data.pkl", b"\x80\x02}.")
        archive.writestr("model/data/0", b"w" * 100_000)
    return whole.getvalue()


def save(path: str, data: bytes, seconds: float) -> None:
    pieces = [data[i : i + 20_000] for i in range(0, len(data), 20_000)]
    with open(path, "wb", buffering=0) as file:
        for piece in pieces:
            file.write(piece)
            time.sleep(seconds / len(pieces))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("epochs", type=int)
    parser.add_argument("--name", default="model_epoch{}.pth")
    parser.add_argument("--losses", default="")
    parser.add_argument("--save", type=float, default=0.05)
    parser.add_argument("--pause", type=float, default=0.05)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--final", default="")
    parser.add_argument("--code", type=int, default=0)
    parser.add_argument("--stubborn", action="store_true")
    options = parser.parse_args()
    if options.stubborn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    losses = [float(value) for value in options.losses.split(",") if value]
    for epoch in range(1, options.epochs + 1):
        time.sleep(options.pause)
        if losses:
            print(f"epoch {epoch}: val_loss={losses[min(epoch, len(losses)) - 1]}", flush=True)
        path = os.path.join(options.directory, options.name.format(epoch))
        save(path, content(options.plain), options.save)
        if not options.quiet:
            print(f"Saved checkpoint: {path}", flush=True)
    if options.final:
        save(os.path.join(options.directory, options.final), content(options.plain), 0)
    return options.code


if __name__ == "__main__":
    sys.exit(main())
