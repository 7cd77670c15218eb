"""Write, audit, publish: the marts of a build that passed every test become the file readers open.

Readers never see half a build: the tables go into a new file, are counted again there, and the
file takes the old one's place in one step. Whoever has the old file open keeps reading it.

What other tools are to know of customers is published apart, into a file that only its owner can
open: DuckDB has no roles, and an analyst needs no addresses.

What a shop's own build decided is history from then on (arms that were drawn, above all): it goes
into a file of its own in the same way, and the next build starts with it. The demo has none.
"""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import duckdb

from ops import export
from ops.project import (
    UserError,
    activation_file,
    build_file,
    build_record,
    display,
    history_file,
    owner_only,
    published_file,
)

PUBLISHED_SCHEMAS = ("marts", "audit")
ACTIVATION_SCHEMAS = ("activation",)
HISTORY_SCHEMAS = ("history",)
# in a file that is called like its schema, DuckDB finds activation.audience_sync ambiguous
PUBLISHED_AS = {"activation": "main"}


def file_stamp(path: Path) -> list[int]:
    """What tells one state of a file from another."""
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


def record_build(as_of: str, is_success: bool, invocation_id: str, is_demo: bool = False) -> None:
    """Write down how the build ended, and which file it left."""
    path = build_file()
    record = {
        "as_of": as_of,
        "ok": is_success,
        "is_demo": is_demo,
        "invocation_id": invocation_id,
        "build_file": file_stamp(path) if path.exists() else None,
    }
    build_record().write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def publish() -> dict[str, int]:
    """Publish the tables of marts and audit, and apart from them what tools and later builds need.

    All files are written and checked before the first is swapped. History comes first: a tool that
    is told less than it could be is told the rest after the next change, but what it was told and
    nobody remembers could never be taken back.
    """
    build = build_file()
    record = _require_success(build)
    targets: dict[Path, tuple[str, ...]] = {
        history_file(): HISTORY_SCHEMAS,
        activation_file(): ACTIVATION_SCHEMAS,
        published_file(): PUBLISHED_SCHEMAS,
    }
    if record["is_demo"]:
        del targets[history_file()]
    counts = {target: _prepare(target, build, schemas) for target, schemas in targets.items()}
    if not counts[published_file()]:
        raise UserError(f"{display(build)} has no marts to publish. Run make build.")
    export.forget()
    for target, tables in counts.items():
        _swap(target, tables)
    return counts[published_file()]


def restore_history(build: Path) -> None:
    """Begin a new build file with what the nights before decided."""
    if history_file().exists():
        try:
            with owner_only():
                _copy(history_file(), build, HISTORY_SCHEMAS)
        except duckdb.Error as error:
            build.unlink(missing_ok=True)
            raise UserError(
                f"{display(history_file())} cannot be read ({error}). Put back a copy of it, or "
                "remove it: arms are then drawn anew, by the same hash, and tools are told of "
                "everybody again, but not whom to remove."
            ) from error


def _prepare(target: Path, source: Path, schemas: tuple[str, ...]) -> dict[str, int]:
    """Write the tables of some schemas beside the target, and read back what is in it."""
    following = _next_to(target)
    for leftover in (following, _log_of(following)):
        leftover.unlink(missing_ok=True)
    is_open_to_readers = target == published_file()
    with contextlib.nullcontext() if is_open_to_readers else owner_only():
        counts = _copy(source, following, schemas)
    found = _count(following, counts)
    if found != counts:
        raise UserError(
            f"{display(following)} does not hold what was written into it: {found} instead of "
            f"{counts}. Check the disk; {display(target)} is as it was."
        )
    _to_disk(following)
    return counts


def _swap(target: Path, counts: dict[str, int]) -> None:
    """Put the prepared file in the target's place; one without a table is no file at all."""
    following = _next_to(target)
    if counts:
        following.replace(target)
    else:
        following.unlink(missing_ok=True)
        if target == activation_file():  # nobody is to be known any more
            target.unlink(missing_ok=True)
    _to_disk(target.parent)


def _require_success(build: Path) -> dict[str, Any]:
    """The last build's record: only the file that it left, and only if all its tests passed."""
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
    return record


def _copy(source: Path, target: Path, schemas: tuple[str, ...]) -> dict[str, int]:
    """Every table of the schemas, into a new file; table to its number of rows."""
    counts = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach {_literal(source)} as source (read_only)")
        connection.execute(f"attach {_literal(target)} as target")
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'source' and table_type = 'BASE TABLE' "
            "and list_contains(?, table_schema) order by 1, 2",
            [list(schemas)],
        ).fetchall()
        for schema, table in tables:
            place = PUBLISHED_AS.get(schema, schema)
            connection.execute(f'create schema if not exists target."{place}"')
            name = f'"{schema}"."{table}"'
            connection.execute(f'create table target."{place}"."{table}" as from source.{name}')
            counts[f"{place}.{table}"] = _rows(connection, f"source.{name}")
        connection.execute("checkpoint target")
    return counts


def _count(path: Path, tables: dict[str, int]) -> dict[str, int]:
    """The rows that a reader of the new file will find."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {_literal(path)} as target (read_only)")
        return {name: _rows(connection, f"target.{name}") for name in tables}


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _to_disk(path: Path) -> None:
    """Have the system write a file or a folder out, so that a power cut cannot undo the swap."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _next_to(target: Path) -> Path:
    return target.with_name(target.name + ".next")


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
    if activation_file().exists():
        print(f"For tools alone, addresses included: {display(activation_file())}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
