"""The one table of keys: bindings, footer, help screen and README all come from it.

A destructive action never happens by its own key: it opens a question that another key answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ...policies.late_dataclass import dataclass


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

    @property
    def brief(self) -> str:
        """What it does in a few words."""
        return self.help.split(";")[0].split(":")[0]


REVIEW: tuple[Key, ...] = (
    Key("up", ("up", "k"), "", "move by one row", shown="↑ ↓ j k"),
    Key("down", ("down", "j"), "", "move by one row", shown="↑ ↓ j k"),
    Key("page_up", ("pageup",), "", "move by one page", shown="PgUp PgDn"),
    Key("page_down", ("pagedown",), "", "move by one page", shown="PgUp PgDn"),
    Key("first", ("g", "home"), "", "first row, last row", shown="g G Home End"),
    Key("last", ("G", "end"), "", "first row, last row", shown="g G Home End"),
    Key("pin", ("space",), "pin", "pin or unpin, at once and on disk", writes=True),
    Key("note", ("P",), "", "pin with a note to type: why it must stay", writes=True),
    Key("mark", ("d", "delete"), "mark", "mark or unmark for deletion by hand; never what is protected", shown="d Del"),
    Key("slim", ("l",), "", "mark or unmark by hand to keep only the weights: a lean checkpoint"),
    Key("range", ("v",), "", "begin a range here; pins and marks then act on all of it"),
    *(
        Key(f"rule_{n}", (str(n),), "", "switch that policy rule on or off", shown="1-9")
        for n in range(1, 10)
    ),
    Key("value_before", ("less_than_sign",), "", "choose the value of a rule to change", shown="< >"),
    Key("value_next", ("greater_than_sign",), "", "choose the value of a rule to change", shown="< >"),
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
    Key("runs", ("R", "backspace", "left", "h"), "", "the runs below this root by size, and what would be freed in each", shown="R backspace ← h"),
    Key("details", ("enter", "right", "i"), "why", "details: every reason in words, files, pointers", shown="Enter → i"),
    Key("commit", ("c",), "commit", "commit: shows all that goes, and asks; a key of its own or the typed number confirms", destructive=True, writes=True),
    Key("undo", ("u",), "undo", "put back what the last commit moved to the trash; asks first", destructive=True, writes=True),
    Key("history", ("t",), "trash", "history and trash; purge there, after a question", destructive=True, writes=True),
    Key("artifacts", ("a",), "", "what else lies here, and whether it can go; files can be marked there for the next commit"),
    Key("forecast", ("F",), "", "forecast: what the run will hold in a week, a month, a year with these rules"),
    Key("free", ("f",), "", "free so much: the gentlest change of the policy that frees 500GB, say"),
    Key("export", ("e",), "", "export the plan as JSON into the current directory", writes=True),
    Key("save", ("w",), "", "save the policy as a preset of your own", writes=True),
    Key("rescan", ("r",), "", "rescan; sort, filter, cursor and marks stay"),
    Key("help", ("question_mark",), "help", "this help", shown="?"),
    Key("quit", ("q",), "quit", "quit; asks what to do with a changed plan that was not committed"),
)  # fmt: skip

# In the panes. An action that stands in the table as well has one name, and so the same keys.
PANE: tuple[Key, ...] = (
    Key("up", ("up", "k"), "move", "move or scroll by one line", shown="↑ ↓ j k"),
    Key("down", ("down", "j"), "", "move or scroll by one line", shown="↑ ↓ j k"),
    Key("page_up", ("pageup",), "", "by one page", shown="PgUp PgDn"),
    Key("page_down", ("pagedown",), "", "by one page", shown="PgUp PgDn"),
    Key("first", ("g", "home"), "", "top, bottom", shown="g G Home End"),
    Key("last", ("G", "end"), "", "top, bottom", shown="g G Home End"),
    Key("close", ("escape", "q", "left", "h"), "back", "back to the table", shown="Esc q ← h"),
    Key("help", ("question_mark",), "", "this help", shown="?"),
)

CONFIRM = (
    Key("confirm", ("y", "Y"), "yes", "yes, to every question; a large or unusual plan wants its number typed", destructive=True, shown="y"),
    Key("refuse", ("n", "N"), "no", "no, as is every other key", shown="n"),
)  # fmt: skip
LEAVE = (
    Key("take", ("enter", "right"), "choose", "open, choose or use what the cursor is on", shown="Enter →"),
    Key("save", ("w",), "save", "when leaving: save the policy as a preset, and leave", writes=True),
    Key("export", ("e",), "export", "when leaving: export the plan, and leave", writes=True),
    Key("discard", ("x",), "leave", "when leaving: leave as it is"),
)  # fmt: skip
ARTIFACTS = (
    Key("mark", ("d", "delete"), "mark", "among other files: mark or unmark that one for deletion by hand", shown="d Del"),
)  # fmt: skip
RUNS = (
    Key("take", ("enter", "right"), "open", "open, choose or use what the cursor is on", shown="Enter →"),
)  # fmt: skip
PRESETS = (
    Key("take", ("enter", "right"), "take it", "open, choose or use what the cursor is on", shown="Enter →"),
)  # fmt: skip
HISTORY = (
    Key("undo", ("u",), "put back", "in the trash: put back this commit; asks first", destructive=True, writes=True),
    Key("purge", ("x",), "purge", "in the trash: purge this commit for good; asks first", destructive=True, writes=True),
)  # fmt: skip
WITH_RUNS = tuple(  # what the overview of the runs does as the table does it
    key
    for key in REVIEW
    if key.id.startswith("rule_")
    or key.id
    in {"presets", "more", "less", "value_before", "value_next", "compare", "commit", "undo"}
    or key.id in {"history", "artifacts", "forecast", "free", "export", "save", "rescan"}
)

# Every place where keys are for something: a key has one meaning in each.
PLACES: dict[str, tuple[Key, ...]] = {
    "table": REVIEW,
    "commit": (*CONFIRM, *PANE),
    "leaving": (*LEAVE, *PANE),
    "artifacts": (*ARTIFACTS, *PANE),
    "runs": (*RUNS, *WITH_RUNS, *PANE),
    "presets": (*PRESETS, *PANE),
    "trash": (*HISTORY, *PANE),
}
IN_PANES = (*PANE, *RUNS, *ARTIFACTS, *HISTORY, *LEAVE[1:], *CONFIRM)

# What fingers bring along from ncdu, gdu, dua and less, where it is no key here: the actions meant.
HABITS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("n", "N", "C", "M", "m", "A"), ("sort", "reverse")),
    **dict.fromkeys(("x", "X"), ("mark", "commit")),
    **dict.fromkeys(("y", "Y"), ("commit",)),
    **dict.fromkeys(("E", "o", "b", "L"), ("details",)),
    **dict.fromkeys(("z", "Z", "U"), ("undo", "history")),
    **dict.fromkeys(("H", "question_mark"), ("help",)),
    **dict.fromkeys(("Q",), ("quit",)),
    **dict.fromkeys(("tab",), ("details", "history")),
}


def written(key: Key) -> str:
    """The key as a person would write it."""
    return key.shown or " ".join(key.keys)


def help_rows(keys: Iterable[Key] = REVIEW) -> list[tuple[str, str]]:
    """Key and meaning, one row for keys that are written alike and mean the same."""
    return list(dict.fromkeys((written(key), key.help) for key in keys))


def footer_keys(keys: Iterable[Key], *, read_only: bool = False) -> list[tuple[str, str]]:
    """Key and label of what the footer shows, in table order: the first key of each action."""
    table = list(keys)
    together = Counter(key.shown for key in table)
    return [
        (" ".join(written(key).split()[: together[key.shown] if key.shown else 1]), key.label)
        for key in table
        if key.label and not (read_only and key.writes)
    ]


def key_table_markdown(keys: Iterable[Key] = REVIEW) -> str:
    """The keys as the README shows them."""
    lines = ["| key | what it does |", "| --- | --- |"]
    for written_so, meaning in help_rows(keys):
        names = " ".join(f"`{key}`" for key in written_so.split())
        lines.append(f"| {names} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"
