"""The one table of what the plain review understands; the menu and the dispatch come from it."""

from __future__ import annotations

from ...policies.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """Its place in the table is its number."""

    word: str
    help: str
    asks: str = ""  # prompt for what it needs, when it was typed without
    writes: bool = False  # refused in a read-only review


MENU: tuple[Command, ...] = (
    Command("quit", "leave"),
    Command("list", "list checkpoints, 20 at a time; 'list 40' begins at row 40"),
    Command("runs", "the runs below this root; go into one, to plan and commit that one alone"),
    Command("why", "every reason, file and pointer of one row", "row"),
    Command("pin", "pin rows, or unpin them when all are pinned", "rows, such as 3 or 5-9", True),
    Command("note", "pin rows and say why", "rows, such as 3 or 5-9", True),
    Command("mark", "mark rows for deletion by hand, or unmark", "rows, such as 3 or 5-9"),
    Command("slim", "mark rows to keep only the weights, or unmark", "rows, such as 3 or 5-9"),
    Command("rules", "switch rules of the policy, and change their values"),
    Command("presets", "choose a preset, with what each would free here"),
    Command("compare", "differences between the rules now and the policy they began as"),
    Command("forecast", "what the run will hold in a week, a month, a year"),
    Command("sort", "sort by a column; again to turn it round"),
    Command("filter", "show only some rows: delete, step>5000, size>3G; nothing clears it"),
    Command("commit", "show all that goes, and ask", writes=True),
    Command("undo", "put back what the last commit moved; asks first", writes=True),
    Command("trash", "history and trash; put back or purge, after a question", writes=True),
    Command("artifacts", "what else lies here; mark files for the next commit"),
    Command("free", "the gentlest change of the policy that frees so much", "such as 500GB"),
    Command("export", "export the plan as JSON into the current directory", writes=True),
    Command("save", "save the policy as a preset of your own", "name", True),
    Command("rescan", "look at the directory again; marks stay"),
    Command("help", "this list"),
)  # fmt: skip


def found(text: str) -> Command | None:
    """The command of a number or a word."""
    if text.isdecimal():
        return MENU[int(text)] if int(text) < len(MENU) else None
    return next((one for one in MENU if one.word == text.lower()), None)


def menu_lines(*, read_only: bool) -> list[str]:
    """The menu; what a read-only review refuses is not offered."""
    return [
        f"{number} {one.word}: {one.help}"
        for number, one in enumerate(MENU)
        if not (read_only and one.writes)
    ]
