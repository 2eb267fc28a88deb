"""The one table of keys: bindings, footer, help screen and README all come from it.

A destructive action never happens by its own key: it opens a question that another key answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One thing a person can do."""

    id: str  # the action, `action_<id>` in the app
    keys: tuple[str, ...]  # as Textual names them
    label: str  # for the footer; "" to leave it out
    help: str
    destructive: bool = False  # may change checkpoints on disk, after its question
    writes: bool = False  # refused in a read-only review
    shown: str = ""  # how the keys are written, where their names are not it


REVIEW: tuple[Key, ...] = (
    Key("up", ("up", "k"), "", "move by one row", shown="↑ ↓ j k"),
    Key("down", ("down", "j"), "", "move by one row", shown="↑ ↓ j k"),
    Key("page_up", ("pageup",), "", "move by one page", shown="PgUp PgDn"),
    Key("page_down", ("pagedown",), "", "move by one page", shown="PgUp PgDn"),
    Key("first", ("g", "home"), "", "first row, last row; Home and End too", shown="g G"),
    Key("last", ("G", "end"), "", "first row, last row; Home and End too", shown="g G"),
    Key("pin", ("space",), "pin", "pin or unpin, at once and on disk", writes=True),
    Key("note", ("P",), "", "pin with a note to type: why it must stay", writes=True),
    Key("mark", ("d",), "mark", "mark or unmark for deletion by hand; never what is protected"),
    Key("slim", ("l",), "", "mark or unmark by hand to keep only the weights: a lean checkpoint"),
    Key("range", ("v",), "", "begin a range here; space, d and l then act on all of it"),
    *(
        Key(f"rule_{n}", (str(n),), "", "switch that policy rule on or off", shown="1-9")
        for n in range(1, 10)
    ),
    Key("value_before", ("less_than_sign", "left"), "", "choose the value of a rule that + and - change; arrows left and right too", shown="< >"),
    Key("value_next", ("greater_than_sign", "right"), "", "choose the value of a rule that + and - change; arrows left and right too", shown="< >"),
    Key("more", ("plus", "equals_sign"), "", "that value one step up or down: 20 to 21, 1000 to 2000, 7d to 8d", shown="+ -"),
    Key("less", ("minus",), "", "that value one step up or down: 20 to 21, 1000 to 2000, 7d to 8d", shown="+ -"),
    Key("compare", ("D",), "", "differences between the rules now and the policy they began as"),
    Key("presets", ("p",), "presets", "choose a preset, with what each would free here"),
    Key("sort", ("s",), "sort", "sort by the next column; a click on a title does it too"),
    Key("reverse", ("S",), "", "reverse the order"),
    Key("group", ("z",), "", "group the table by series, a heading each; Enter or space on a heading folds or opens it"),
    Key("fold", ("Z",), "", "fold all groups, or open all"),
    Key("filter", ("slash",), "filter", "filter: part of a name, keep, slim, delete, pinned, tier:2, step>5000, size>3G, age>7d", shown="/"),
    Key("clear", ("escape",), "", "end the range, else clear the filter, else go back to the runs", shown="Esc"),
    Key("runs", ("R", "backspace"), "", "the runs below this root by size, and what would be freed in each"),
    Key("details", ("enter",), "why", "details: every reason in words, files, pointers", shown="Enter"),
    Key("commit", ("c",), "commit", "commit: shows all that goes, and asks; y or the typed number confirms", destructive=True, writes=True),
    Key("undo", ("u",), "undo", "put back what the last commit moved to the trash; asks first", destructive=True, writes=True),
    Key("history", ("t",), "trash", "history and trash; purge there, after a question", destructive=True, writes=True),
    Key("artifacts", ("a",), "", "what else lies here, and whether it can go; d marks a file for the next commit"),
    Key("forecast", ("F",), "", "forecast: what the run will hold in a week, a month, a year with these rules"),
    Key("free", ("f",), "", "free so much: the gentlest change of the policy that frees 500GB, say"),
    Key("export", ("e",), "", "export the plan as JSON into the current directory", writes=True),
    Key("save", ("w",), "", "save the policy as a preset of your own", writes=True),
    Key("rescan", ("r",), "", "rescan; sort, filter, cursor and marks stay"),
    Key("help", ("question_mark",), "help", "this help", shown="?"),
    Key("quit", ("q",), "quit", "quit; asks what to do with a changed plan that was not committed"),
)  # fmt: skip

PANE: tuple[Key, ...] = (
    Key("up", ("up", "k"), "move", "up", shown="↑ ↓"),
    Key("down", ("down", "j"), "", "down", shown="↑ ↓"),
    Key("page_up", ("pageup",), "", "one page up", shown="PgUp"),
    Key("page_down", ("pagedown",), "", "one page down", shown="PgDn"),
    Key("first", ("g", "home"), "", "top", shown="g Home"),
    Key("last", ("G", "end"), "", "bottom", shown="G End"),
    Key("close", ("escape", "q"), "back", "back to the table", shown="Esc"),
)

CONFIRM = (
    Key("confirm", ("y",), "yes, move them to the trash", "confirm the commit", destructive=True),
)
LEAVE = (
    Key("take", ("enter",), "choose", "do what the cursor is on; at first to stay", shown="Enter"),
    Key("save", ("w",), "save", "save the policy as a preset, and leave", writes=True),
    Key("export", ("e",), "export", "export the plan, and leave", writes=True),
    Key("discard", ("x",), "leave", "leave as it is"),
)
ARTIFACTS = (Key("mark_file", ("d",), "mark", "mark or unmark that file for deletion by hand"),)
RUNS = (Key("take", ("enter",), "open", "show the checkpoints of this run", shown="Enter"),)
PRESETS = (Key("take", ("enter",), "take it", "use this preset", shown="Enter"),)
HISTORY = (
    Key("undo_this", ("u",), "put back", "undo this commit; asks first", destructive=True, writes=True),
    Key("purge_this", ("x",), "purge", "purge this commit from the trash for good; asks first", destructive=True, writes=True),
)  # fmt: skip


def written(key: Key) -> str:
    """The key as a person would write it."""
    return key.shown or " ".join(key.keys)


def help_rows(keys: Iterable[Key] = REVIEW) -> list[tuple[str, str]]:
    """Key and meaning, one row for keys that are written alike."""
    rows: dict[str, str] = {}
    for key in keys:
        rows.setdefault(written(key), key.help)
    return list(rows.items())


def footer_keys(keys: Iterable[Key], *, read_only: bool = False) -> list[tuple[str, str]]:
    """Key and label of what the footer shows, in table order."""
    return [
        (written(key), key.label) for key in keys if key.label and not (read_only and key.writes)
    ]


def key_table_markdown() -> str:
    """The keys as the README shows them."""
    lines = ["| key | what it does |", "| --- | --- |"]
    for keys, meaning in help_rows():
        names = " ".join(f"`{key}`" for key in keys.split())
        lines.append(f"| {names} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"
