"""The deliveries that led to a build that passed: counts and days, one JSON line each.

The file stands beside the published one. It holds no row and no id of anybody.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from statistics import median

from ops.project import UserError, build_file, display


@dataclass(frozen=True)
class Accepted:
    """One delivery, what was in it, and what the marts made of it came to.

    After one that `restarts` the comparison, those before it are compared with no more.
    """

    invocation_id: str
    as_of: str
    is_demo: bool
    restarts: bool = False
    rows: dict[str, int] = field(default_factory=dict)
    marts: dict[str, int] = field(default_factory=dict)
    segments: dict[str, int] = field(default_factory=dict)


def history_file() -> Path:
    """Where accepted deliveries are written down."""
    return build_file().with_name("deliveries.jsonl")


def read_history(path: Path) -> list[Accepted]:
    """All accepted deliveries, oldest first; a line that is none stops, and says which."""
    if not path.exists():
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise _unreadable(path, "is not UTF-8 text") from None
    return [_accepted(path, number, line) for number, line in enumerate(lines, start=1)]


def _accepted(path: Path, number: int, line: str) -> Accepted:
    try:
        found = Accepted(**json.loads(line))
        date.fromisoformat(found.as_of)
        counts = [*found.rows.values(), *found.marts.values(), *found.segments.values()]
    except (TypeError, ValueError, AttributeError) as error:
        raise _unreadable(path, f"line {number} is no accepted delivery ({error})") from error
    if not all(type(count) is int and count >= 0 for count in counts):
        raise _unreadable(path, f"line {number} has a count that is none")
    return found


def _unreadable(path: Path, what: str) -> UserError:
    return UserError(
        f"{display(path)}: {what}. Take the line out, or put back a copy of the file; without the "
        "file the next delivery is compared with nothing."
    )


def comparable(
    history: list[Accepted], is_demo: bool, invocation_id: str, last: int
) -> list[Accepted]:
    """The last deliveries of the same shop, without those before a restart and without this one."""
    same = [
        accepted
        for accepted in history
        if accepted.is_demo == is_demo and accepted.invocation_id != invocation_id
    ]
    restarts = [index for index, accepted in enumerate(same) if accepted.restarts]
    return same[restarts[-1] if restarts else 0 :][-last:]


def usual_rows(earlier: list[Accepted], table: str) -> int | None:
    """The median of a table's rows, where it was delivered; None where it never was."""
    counts = [accepted.rows[table] for accepted in earlier if table in accepted.rows]
    return round(median(counts)) if counts else None


def remember(path: Path, accepted: Accepted) -> None:
    """Write a delivery down, in place of what was written of the same run before."""
    kept = [one for one in read_history(path) if one.invocation_id != accepted.invocation_id]
    following = path.with_name(path.name + ".next")
    with following.open("w", encoding="utf-8") as file:
        for one in [*kept, accepted]:
            file.write(json.dumps(asdict(one)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    following.replace(path)
