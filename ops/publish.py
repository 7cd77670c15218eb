"""Write, audit, publish: the marts of a build that passed every test become the file readers open.

Readers never see half a build: the tables go into a new file, are counted again there, and the
file takes the old one's place in one step. Whoever has the old file open keeps reading it.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import duckdb

from ops.project import UserError, build_file, build_record, display, published_file

PUBLISHED_SCHEMAS = ("marts", "audit")


def file_stamp(path: Path) -> list[int]:
    """What tells one state of a file from another."""
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


def record_build(as_of: str, is_success: bool, invocation_id: str) -> None:
    """Write down how the build ended, and which file it left."""
    path = build_file()
    record = {
        "as_of": as_of,
        "ok": is_success,
        "invocation_id": invocation_id,
        "build_file": file_stamp(path) if path.exists() else None,
    }
    build_record().write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def publish() -> dict[str, int]:
    """Copy the tables of marts and audit into the published file; table to its number of rows."""
    build, target = build_file(), published_file()
    _require_success(build)
    following = target.with_name(target.name + ".next")
    for leftover in (following, _log_of(following)):
        leftover.unlink(missing_ok=True)
    counts = _copy(build, following)
    found = _count(following, counts)
    if found != counts:
        raise UserError(
            f"{display(following)} does not hold what was written into it: {found} instead of "
            f"{counts}. Check the disk; {display(target)} is as it was."
        )
    _to_disk(following)
    following.replace(target)
    _to_disk(target.parent)
    return counts


def _require_success(build: Path) -> None:
    """Only the file that the last build left, and only if all its tests passed."""
    try:
        record: dict[str, Any] = json.loads(build_record().read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        raise UserError("There is no finished build to publish. Run make build.") from None
    if not record["ok"]:
        raise UserError("The last build failed, so nothing is published. Mend it: make build.")
    if not build.exists() or file_stamp(build) != record["build_file"]:
        raise UserError(
            f"{display(build)} is not the file that the last build tested. Run make build."
        )


def _copy(build: Path, following: Path) -> dict[str, int]:
    """Every table of the published schemas, in a fresh file."""
    counts = {}
    with duckdb.connect(str(following)) as connection:
        connection.execute(f"attach {_literal(build)} as build (read_only)")
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'build' and table_type = 'BASE TABLE' "
            "and list_contains(?, table_schema) order by 1, 2",
            [list(PUBLISHED_SCHEMAS)],
        ).fetchall()
        for schema, table in tables:
            name = f'"{schema}"."{table}"'
            connection.execute(f'create schema if not exists "{schema}"')
            connection.execute(f"create table {name} as from build.{name}")
            row = connection.execute(f"select count(*) from build.{name}").fetchone()
            counts[f"{schema}.{table}"] = int(row[0]) if row else 0
        connection.execute("detach build")
        connection.execute("checkpoint")
    if not counts:
        raise UserError(f"{display(build)} has no marts to publish. Run make build.")
    return counts


def _count(path: Path, tables: dict[str, int]) -> dict[str, int]:
    """The rows that a reader of the new file will find."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for name in tables:
            row = connection.execute(f"select count(*) from {name}").fetchone()
            found[name] = int(row[0]) if row else 0
    return found


def _to_disk(path: Path) -> None:
    """Have the system write a file or a folder out, so that a power cut cannot undo the swap."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def main() -> int:
    """`make publish`: publish the last build again."""
    try:
        counts = publish()
    except UserError as error:
        print(f"publish: {error}", file=sys.stderr)
        return 2
    rows = sum(counts.values())
    print(f"Published {len(counts)} tables, {rows:,} rows: {display(published_file())}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
