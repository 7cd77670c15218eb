"""What goes wrong with files, disk and memory, in words: which file, what is wrong, what to do."""

import re
from dataclasses import dataclass

from ops.project import BUSY, FAULT, UserError

NAMED_FILE = re.compile(r"""["']([^"'\n]*/[^"'\n]*)["']""")
DAMAGED = "damaged file"
HOLDER = re.compile(r"\(PID (\d+)\)")


@dataclass(frozen=True)
class Kind:
    """A fault that is told by what the system or DuckDB says of it."""

    reason: str
    signs: re.Pattern[str]
    says: str
    remedy: str
    exit_code: int = FAULT


KINDS = [
    Kind(
        "locked file",
        re.compile(r"Could not set lock on file|Conflicting lock"),
        "{file} is open for writing in another program{holder}.",
        "Close it there, then try again.",
        BUSY,
    ),
    Kind(
        "disk full",
        re.compile(r"No space left|quota exceeded|File too large|[Cc]ould not write all bytes"),
        "{file} could not be written: the disk is full, or a quota or limit is reached.",
        "Make room, then try again.",
    ),
    Kind(
        "out of memory",
        re.compile(r"Out of Memory|MemoryError|bad_alloc|Cannot allocate memory"),
        "Memory ran out.",
        "Stop what else runs, take fewer threads (LIFETIME_THREADS=1), or give DuckDB more with "
        "memory_limit under settings in profiles.yml.",
    ),
    Kind(
        "no permission",
        re.compile(r"Permission denied|Read-only file system|Operation not permitted"),
        "{file} may not be read or written by this user, or lies on a disk that is read-only.",
        "Give the user the right to, or build elsewhere: LIFETIME_BUILD_PATH=folder/build.duckdb.",
    ),
    Kind(
        "missing file",
        re.compile(r"No such file or directory|Not a directory|File exists"),
        "{file} is not there, or is a file where a folder should be.",
        "Put it back, or build elsewhere: LIFETIME_BUILD_PATH=folder/build.duckdb.",
    ),
    Kind(
        DAMAGED,
        re.compile(r"not a valid DuckDB database|Corrupt database|checksum|Serialization Error"),
        "{file} is damaged: it is no whole DuckDB database.",
        "Put back a copy of it; what it means to lose it stands in docs/publishing.md.",
    ),
    Kind(
        "input or output error",
        re.compile(r"Input/output error|Stale file handle|Transport endpoint"),
        "{file} could not be read or written: the disk or the network under it fails.",
        "Look after the disk, then try again.",
    ),
]


def known(error: BaseException | str) -> UserError | None:
    """The fault behind an error or its text, if it is one of the machine."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    for kind in KINDS:
        if kind.signs.search(text):
            file, holder = NAMED_FILE.search(text), HOLDER.search(text)
            says = kind.says.format(
                file=file[1] if file else "A file",
                holder=f" (process {holder[1]})" if holder else "",
            )
            return UserError(f"{says} {kind.remedy}", kind.reason, kind.exit_code)
    return None


def of_machine(error: BaseException) -> UserError | None:
    """The same, where a damaged file has a remedy of its own."""
    fault = known(error)
    return None if fault and fault.reason == DAMAGED else fault


def explained(error: Exception) -> UserError:
    """Any error as one that says what to do; of one that nobody foresaw, the log keeps the rest."""
    if isinstance(error, UserError):
        return error
    first = (str(error).strip().splitlines() or ["no message"])[0]
    return known(error) or UserError(
        f"This should not have happened: {type(error).__name__}: {first}. Where it did stands in "
        "the last line of logs/runs.jsonl; please report it.",
        f"unforeseen: {type(error).__name__}",
        FAULT,
    )
