"""`make export`: what each destination has to add, update and remove, as CSV files.

RFC 4180, UTF-8, in a folder and files that only their owner can open. A spreadsheet takes a cell
that begins with = or the like for a formula, so such text gets a single quote before it, also where
a program that splits the line otherwise would see a cell begin. `unguarded` takes it off again.
"""

import csv
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ops.project import UserError, activation_file, display, export_folder, owner_only

IDENTITY = ["external_id", "action"]
PAYLOAD = {
    "message_tool": [
        *("email", "phone", "segment", "lifecycle_stage", "value_tier", "promotion_id"),
        *("message_key", "content_key", "product_id", "send_from_at", "send_until_at"),
    ],
    "ads": ["email_sha256", "phone_sha256", "segment"],
}
LIST = ".files"  # which files in the folder are ours to replace

DANGEROUS = "=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"  # the last four are full-width
# where a cell begins: the text, or what follows anything that some program splits cells or lines at
BEGINS = r"(?:\A|(?<=[,;|\t\n])|(?<=\r)(?!\n))"
GUARDED = re.compile(rf"{BEGINS}(?=[ '\"]*[{DANGEROUS}])")
GUARD = re.compile(rf"{BEGINS}'(?=[ '\"]*[{DANGEROUS}])")


def guarded(text: str) -> str:
    """A text of which no spreadsheet makes a formula."""
    return GUARDED.sub("'", text)


def unguarded(text: str) -> str:
    """The text that was guarded."""
    return GUARD.sub("", text)


def cell(value: Any) -> Any:
    """What is written for a value: text is guarded, numbers and times cannot be formulas."""
    return guarded(value) if isinstance(value, str) else value


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a file beside its place, then put it there; the number of rows."""
    following = path.with_name(path.name + ".next")
    count = 0
    with following.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([cell(value) for value in row])
            count += 1
    following.replace(path)
    return count


def export() -> dict[Path, int]:
    """One file a destination; those of an earlier export are gone. File to number of rows."""
    source = activation_file()
    if not source.exists():
        raise UserError(f"There is no {display(source)}. Run make build.")
    forget()
    with owner_only(), duckdb.connect(str(source), read_only=True) as connection:
        folder = export_folder()
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        destinations = connection.execute(
            "select destination, max(kind) from audience_sync group by 1 order by 1"
        ).fetchall()
        files = {folder / f"{name}.csv": (name, kind) for name, kind in destinations}
        (folder / LIST).write_text("".join(f"{path.name}\n" for path in files), encoding="utf-8")
        return {path: _export(connection, path, *asked) for path, asked in files.items()}


def _export(
    connection: duckdb.DuckDBPyConnection, path: Path, destination: str, kind: str | None
) -> int:
    """What changes for one destination, in columns that its kind gets."""
    columns = [*IDENTITY, *PAYLOAD.get(kind or "", [])]
    found = connection.execute(
        f"select {', '.join(columns)} from audience_sync"
        " where destination = ? and action in ('add', 'update', 'remove') order by external_id",
        [destination],
    )
    return write_csv(path, columns, iter(found.fetchone, None))


def forget() -> None:
    """Remove what an earlier export wrote, and nothing else: it tells of people as they were."""
    folder = export_folder()
    try:
        names = (folder / LIST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for name in (*names, *(f"{name}.next" for name in names), LIST):
        (folder / Path(name).name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def main() -> int:
    """Write the files and say how many rows each has."""
    try:
        counts = export()
    except UserError as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    for path, count in counts.items():
        print(f"{count:>10,} rows  {display(path)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
