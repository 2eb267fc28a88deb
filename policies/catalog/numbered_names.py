"""Families of names that differ in one number, wherever it stands in them.

`12epoch.pth`, `x.pth.123`, `5.pdparams`, `net_G_100`: a name is cut into text, numbers, decimals
(metrics) and the marks of ranks and shards. Names with the same text are one family if exactly
one number tells them apart, or if a word beside it says that it counts steps or epochs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..patterns import pattern
from . import words
from .dates import DATE, date_number

_PIECES = pattern(
    rf"(?P<date>{DATE})"
    r"|(?P<version>(?<![A-Za-z0-9])[vV][0-9]+[-_][0-9]+(?![0-9]))"  # v1-5 is a name
    r"|(?P<shard>[-_.][0-9]+[-_]?of[-_]?[0-9]+|__[0-9]+_[0-9]+(?=\.|\Z))"
    r"|(?P<decimal>(?:(?<=[=_-])-)?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?(?![0-9]))"
    r"|(?P<digits>[0-9]+)"
)
_METRIC = pattern(r"([A-Za-z]\w*)=\Z")
_RANK_WORD = pattern(r"[-_.]*[A-Za-z]+[-_=]*\Z")
_MAX_DIGITS = 18  # more than any step; int() of thousands of digits is slow


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a name: `kind` is text, number, decimal or rank."""

    kind: str
    text: str
    unit: str = ""  # of a number that a word explains: "step" or "epoch"
    number: int = 0
    dated: bool = False
    word: str = ""  # the word before a number


@dataclass(frozen=True, slots=True)
class NumberedName:
    """A name, read as one of a family."""

    name: str
    family: str
    step: int | None
    epoch: int | None
    plain: int | None  # a number that nothing explains
    rank: str  # which shard or rank of its checkpoint, "" for the only one
    metrics: Mapping[str, float]
    dated: bool  # the number is a date
    bare: str  # the name without its ranks and shards
    word: str  # the word before a number that nothing explains

    @property
    def numbers(self) -> tuple[int | None, int | None, int | None]:
        """What must differ between two checkpoints of a family."""
        return (self.step, self.epoch, self.plain)


def pieces_of(name: str) -> tuple[Piece, ...]:
    """The name, cut."""
    found: list[Piece] = []
    end = 0
    for match in _PIECES.finditer(name):
        found.append(Piece("text", name[end : match.start()]))
        found.append(_piece(name, match))
        end = match.end()
    found.append(Piece("text", name[end:]))
    return tuple(found)


def _piece(name: str, match: re.Match[str]) -> Piece:
    if match["date"]:
        day = date_number(match[0])
        kind = "text" if day is None else "number"
        word, _ = words.left_word(name[: match.start()])
        return Piece(kind, match[0], "", day or 0, dated=True, word=word)
    if match["version"]:
        return Piece("text", match[0])
    if match["shard"]:
        return Piece("rank", match[0])
    if match["decimal"]:
        return Piece("decimal", match[0])
    left, grown = words.left_word(name[: match.start()])
    right, tail = words.right_word(name[match.end() :])
    if left in words.RANK_WORDS:
        return Piece("rank", match[0])
    unit = words.unit_of(left, right)
    alone = not grown or left in words.GROWN_WORDS or words.unit_of(left, "")
    counts = alone and (not tail or words.counts_behind(right))
    if not counts or left in words.OTHER_MODEL_WORDS or len(match[0]) > _MAX_DIGITS:
        return Piece("text", match[0])
    thousands = 1000 if tail and right == "k" else 1
    return Piece("number", match[0], unit, int(match[0]) * thousands, word=left)


def families(names: Iterable[str]) -> dict[str, list[NumberedName]]:
    """Numbered names by family; names without a number that counts are left out."""
    groups: dict[tuple[str, ...], list[tuple[str, tuple[Piece, ...]]]] = {}
    for name in names:
        if any("0" <= letter <= "9" for letter in name):
            pieces = _settled(pieces_of(name))
            if any(piece.kind == "number" for piece in pieces):
                groups.setdefault(_template(pieces), []).append((name, pieces))
    found: dict[str, list[NumberedName]] = {}
    for group in groups.values():
        for one in _read_group(group):
            found.setdefault(one.family, []).append(one)
    return found


def _settled(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Where a word explains one number, the others are part of the family's text."""
    if not any(piece.unit for piece in pieces):
        return pieces
    return tuple(
        Piece("text", piece.text) if piece.kind == "number" and not piece.unit else piece
        for piece in pieces
    )


def _template(pieces: Sequence[Piece]) -> tuple[str, ...]:
    return tuple(piece.text if piece.kind == "text" else f"\0{piece.kind}" for piece in pieces)


def _read_group(group: list[tuple[str, tuple[Piece, ...]]]) -> Iterator[NumberedName]:
    """The names of one template, if it is clear which of their numbers counts."""
    places = [i for i, piece in enumerate(group[0][1]) if piece.kind == "number"]
    if not group[0][1][places[0]].unit and len(places) > 1:
        places = [i for i in places if len({pieces[i].text for _, pieces in group}) > 1]
        if len(places) != 1:
            return
    units = [group[0][1][i].unit for i in places]
    if len(set(units)) != len(units):
        return
    decimals = _metric_places(group)
    read = [_named(name, pieces, places, decimals) for name, pieces in group]
    if len({(one.numbers, one.rank) for one in read}) < len(read):
        # Two models whose names differ in a decimal (ema_0.999, ema_0.9999), not in a metric. But
        # an epoch that was trained again after a crash has another val_loss=, and is no model.
        decimals = [i for i in decimals if _names_a_metric(group[0][1][i - 1].text)]
        read = [_named(name, pieces, places, decimals) for name, pieces in group]
    yield from read


def _metric_places(group: list[tuple[str, tuple[Piece, ...]]]) -> list[int]:
    """Where the decimals stand that differ from name to name, or have a key: `loss=0.5`."""
    first = group[0][1]
    return [
        i
        for i, piece in enumerate(first)
        if piece.kind == "decimal"
        and (first[i - 1].text.endswith("=") or len({pieces[i].text for _, pieces in group}) > 1)
    ]


def _names_a_metric(text: str) -> bool:
    from ..rules.direction import known_mode  # a scan seldom needs anything of the rules

    key = _METRIC.search(text)
    return key is not None and known_mode(key[1]) is not None


def _named(
    name: str, pieces: Sequence[Piece], places: Sequence[int], decimals: Sequence[int]
) -> NumberedName:
    numbers: dict[str, int] = {pieces[i].unit: pieces[i].number for i in places}
    family, metrics = "", {}
    for i, piece in enumerate(pieces):
        if i in decimals and (key := _METRIC.search(family)):
            metrics[key[1]] = float(piece.text)
        family += "*" if i in places or i in decimals or piece.kind == "rank" else piece.text
    rank = "".join(piece.text for piece in pieces if piece.kind == "rank")
    return NumberedName(
        name=name,
        family=family,
        step=numbers.get("step"),
        epoch=numbers.get("epoch"),
        plain=numbers.get(""),
        rank=rank,
        metrics=metrics,
        dated=any(pieces[i].dated for i in places),
        bare=_without_ranks(pieces),
        word=pieces[places[0]].word,
    )


def _without_ranks(pieces: Sequence[Piece]) -> str:
    """`ep1-rank0.pt` is `ep1.pt`, and `rank0_step5.pt` is `step5.pt`."""
    text = ""
    for piece in pieces:
        if piece.kind != "rank":
            text += piece.text
        else:
            text = _RANK_WORD.sub("", text) if piece.text.isalnum() else text
    return text.lstrip("-_.")
