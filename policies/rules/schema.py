"""Policy files: YAML in, a `Policy` out, or a refusal that names file, field and line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..refusal import PolicyRefusal
from ..units import FreeSpace
from .artifact_classes import artifact_classes
from .combinations import refuse_useless_in
from .fields import duration, mapping, refuse, text, unknown
from .policy import Policy
from .rule import Rule
from .table import RULES

if TYPE_CHECKING:
    from yaml import Node

_MAX_BYTES = 1_000_000


def load_policy_file(path: str) -> Policy:
    """Read one policy file."""
    try:
        with open(path, "rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise PolicyRefusal(f"{path}: {error.strerror or error}") from None
    if len(raw) > _MAX_BYTES:
        raise PolicyRefusal(f"{path}: larger than {_MAX_BYTES:,} bytes; that is no policy")
    return parse_policy(raw, path)


def parse_policy(raw: bytes | str, source: str) -> Policy:
    """Parse policy text; `source` is named in refusals and kept in the policy."""
    document, lines = _read_yaml(raw, source)
    try:
        policy = policy_of(document, source)
        refuse_useless_in(policy, f"{source}: ")
        return policy
    except PolicyRefusal as refusal:
        raise PolicyRefusal(_with_line(str(refusal), source, lines)) from None


def policy_of(document: object, source: str) -> Policy:
    """The policy that a parsed document (YAML or JSON) describes."""
    slims = isinstance(document, dict) and "slim" in document
    required = () if slims else ("keep",)  # one of the two says what stays
    fields = mapping(document, source, required=required, optional=_OPTIONAL)
    window, free = fields.get("undo_window"), fields.get("min_free")
    return Policy(
        name=text(fields.get("name", "unnamed"), f"{source}: name"),
        about=str(fields.get("about", "") or "").strip(),
        keep=_rules(fields["keep"], f"{source}: keep") if "keep" in fields else (),
        slim=_rules(fields["slim"], f"{source}: slim") if "slim" in fields else (),
        undo_window=None if window is None else duration(window, f"{source}: undo_window"),
        source=source,
        min_free=None if free is None else _free_space(free, f"{source}: min_free"),
        artifacts=_artifacts(fields.get("artifacts"), f"{source}: artifacts"),
    )


_OPTIONAL = ("name", "about", "keep", "slim", "undo_window", "min_free", "artifacts")


def _artifacts(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        refuse(where, "must be a list with at least one class, such as [visualization]")
    return artifact_classes((f"{where}[{i}]", one) for i, one in enumerate(value))


def _rules(value: object, where: str) -> tuple[Rule, ...]:
    if not isinstance(value, list) or not value:
        refuse(where, "must be a list with at least one rule; an empty policy would keep nothing")
    return tuple(_rule(item, f"{where}[{i}]") for i, item in enumerate(value))


def _rule(item: object, where: str) -> Rule:
    kinds = [key for key in item if key != "only"] if isinstance(item, dict) else []
    if not isinstance(item, dict) or len(kinds) != 1:
        refuse(
            where,
            "must be one rule, such as `last: 20`, with `only: run7/*` beside it if wanted; "
            f"known: {', '.join(sorted(RULES))}",
        )
    [kind] = kinds
    if kind not in RULES:
        unknown(kind, where, "rule", RULES)
    rule = RULES[kind].parse(item[kind], f"{where}.{kind}")
    return replace(rule, only=_patterns(item["only"], f"{where}.only")) if "only" in item else rule


def _patterns(value: object, where: str) -> tuple[str, ...]:
    """Patterns of series ids: one, or a list of them."""
    if not isinstance(value, list):
        return (text(value, where),)
    if not value:
        refuse(where, "must name at least one pattern of series, such as run7/*")
    return tuple(text(one, f"{where}[{i}]") for i, one in enumerate(value))


def _free_space(value: object, where: str) -> FreeSpace:
    try:
        return FreeSpace.parse(str(value))
    except ValueError as error:
        refuse(where, str(error))


def _read_yaml(raw: bytes | str, source: str) -> tuple[Any, dict[str, int]]:
    import yaml  # 10 ms that only policies need

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(raw)
    try:
        node = loader.get_single_node()
        lines: dict[str, int] = {}
        _note_lines(node, "", lines, source)
        return (None if node is None else loader.construct_document(node)), lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" (line {mark.line + 1})" if mark else ""
        what = getattr(error, "problem", None) or "not valid YAML"
        raise PolicyRefusal(f"{source}: {what}{at}") from None
    finally:
        loader.dispose()


def _note_lines(node: Node | None, path: str, lines: dict[str, int], source: str) -> None:
    """Remember the line of every field, and refuse a key that stands twice."""
    from yaml import MappingNode, SequenceNode

    if node is None:
        return
    lines[path] = node.start_mark.line + 1
    if isinstance(node, SequenceNode):
        for i, child in enumerate(node.value):
            _note_lines(child, f"{path}[{i}]", lines, source)
    elif isinstance(node, MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise PolicyRefusal(f"{source}: the field {key.value!r} stands twice (line {line})")
            seen.add(key.value)
            _note_lines(child, f"{path}.{key.value}" if path else str(key.value), lines, source)


def _with_line(message: str, source: str, lines: dict[str, int]) -> str:
    """Add the line of the longest field path that the message names."""
    head, _, rest = message.removeprefix(f"{source}: ").partition(":")
    line = lines.get(head)
    return f"{source}: {head} (line {line}):{rest}" if line and rest else message
