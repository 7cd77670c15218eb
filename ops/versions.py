"""What was published before, kept in warehouse/versions for a rollback.

A version is a second name of the very file that readers open, a hard link, and so costs nothing
until the next night; where the file system has none, it is a copy. Before the swap it is there
under the name of something unfinished, and after it under its own.
"""

import os
import shutil
from pathlib import Path

from ops.project import UserError, published_file, versions_folder

SUFFIX = ".duckdb"


def kept() -> list[str]:
    """The names of the versions, oldest first."""
    return sorted(path.name.removesuffix(SUFFIX) for path in versions_folder().glob(f"*{SUFFIX}"))


def place(version: str) -> Path:
    """The file of a version."""
    return versions_folder() / f"{version}{SUFFIX}"


def number_kept() -> int:
    """How many are kept beside the one that readers see."""
    given = os.environ.get("LIFETIME_VERSIONS", "7")
    if not given.isdecimal():
        raise UserError(f"LIFETIME_VERSIONS is {given!r}. Give the number of versions to keep.")
    return int(given)


def offer(file: Path, version: str) -> None:
    """Keep a file that is about to be published."""
    versions_folder().mkdir(exist_ok=True)
    offered = _unfinished(version)
    offered.unlink(missing_ok=True)
    try:
        os.link(file, offered)
    except OSError:  # no hard links here
        shutil.copy2(file, offered)


def confirm(version: str) -> None:
    """It is published now."""
    _unfinished(version).replace(place(version))


def prune(current: str) -> None:
    """Let go of the oldest ones beyond the number that is kept."""
    others = [version for version in kept() if version != current]
    for version in others[: max(len(others) - number_kept(), 0)]:
        place(version).unlink()


def settle() -> None:
    """What a killed run left: a version if it was published, else nothing."""
    number_kept()  # a wrong setting stops a run before it changes anything
    for leftover in versions_folder().glob("*.next*"):
        is_whole = leftover.name.endswith(f"{SUFFIX}.next")
        if is_whole and published_file().exists() and _stamp(leftover) == _stamp(published_file()):
            leftover.replace(leftover.with_suffix(""))
        else:
            leftover.unlink()


def _unfinished(version: str) -> Path:
    return place(version).with_name(f"{version}{SUFFIX}.next")


def _stamp(path: Path) -> tuple[int, int]:
    """What a file and its link or copy have in common."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns
