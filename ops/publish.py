"""Write, audit, publish: the marts of a build that passed every test become the file readers open.

Readers never see half a build: the tables go into a new file, are counted again there, and the
file takes the old one's place in one step. Whoever has the old file open keeps reading it.

What other tools are to know of customers is published apart, into a file that only its owner can
open: DuckDB has no roles, and an analyst needs no addresses.

What a shop's own build decided is history from then on (arms that were drawn, above all): it goes
into a file of its own in the same way, and the next build starts with it. The demo has none. The
same file says who is forgotten, by hashes and their salt, so only its owner may read it.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Sequence
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
from ops.tombstones import Forgotten, Tombstones, count, literal, quoted, table_columns

PUBLISHED_SCHEMAS = ("marts", "audit")
ACTIVATION_SCHEMAS = ("activation",)
HISTORY_SCHEMAS = ("history", "protected_history")
# in a file that is called like its schema, DuckDB finds activation.audience_sync ambiguous
PUBLISHED_AS = {"activation": "main"}

# a file, and the schemas taken from it; none: all
Part = tuple[Path, tuple[str, ...]]


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
    counts = {target: _prepare(target, [(build, schemas)]) for target, schemas in targets.items()}
    if not counts[published_file()]:
        raise UserError(f"{display(build)} has no marts to publish. Run make build.")
    export.forget()
    for target, tables in counts.items():
        _swap(target, tables)
    return counts[published_file()]


def restore_history(build: Path) -> None:
    """Begin a new build file with what the nights before decided, without who is forgotten."""
    if history_file().exists():
        try:
            with owner_only():
                forgotten = Forgotten(Tombstones.read(history_file()))
                _copy([(history_file(), HISTORY_SCHEMAS)], build, forgotten)
        except duckdb.Error as error:
            build.unlink(missing_ok=True)
            raise UserError(
                f"{display(history_file())} cannot be read ({error}). Put back a copy of it, or "
                "remove it: arms are then drawn anew, by the same hash, tools are told of "
                "everybody again, but not whom to remove, and who asked to be forgotten stays out "
                "only while the delivery says so."
            ) from error


def keep_tombstones(build: Path) -> None:
    """What a build that is not published leaves: the request may be in no later delivery."""
    try:
        tombstones = Tombstones.read(build)
        if not tombstones.rows:
            return
        parts = [(history_file(), ("history",))] if history_file().exists() else []
        replace_file(history_file(), parts, Forgotten(tombstones), tombstones.write)
    except duckdb.Error as error:
        raise UserError(
            f"{display(build)} or {display(history_file())} cannot be read ({error}), so who asked "
            "to be forgotten is known from the delivery only. Run make build."
        ) from error


def replace_file(
    target: Path,
    parts: Sequence[Part],
    forgotten: Forgotten | None = None,
    write_more: Callable[[duckdb.DuckDBPyConnection, str], dict[str, int]] | None = None,
) -> dict[str, int]:
    """Put a file with the tables of some files in the target's place, if there are any."""
    counts = _prepare(target, parts, forgotten, write_more)
    _swap(target, counts)
    return counts


def _prepare(
    target: Path,
    parts: Sequence[Part],
    forgotten: Forgotten | None = None,
    write_more: Callable[[duckdb.DuckDBPyConnection, str], dict[str, int]] | None = None,
) -> dict[str, int]:
    """Write the tables of some files beside the target, and read back what is in it."""
    following = _next_to(target)
    for leftover in (following, _log_of(following)):
        leftover.unlink(missing_ok=True)
    is_open_to_readers = target == published_file()
    with contextlib.nullcontext() if is_open_to_readers else owner_only():
        counts = _copy(parts, following, forgotten, write_more)
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


def _copy(
    parts: Sequence[Part],
    target: Path,
    forgotten: Forgotten | None = None,
    write_more: Callable[[duckdb.DuckDBPyConnection, str], dict[str, int]] | None = None,
) -> dict[str, int]:
    """Every table of the schemas, into a new file; table to its number of rows."""
    counts = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(target)} as target")
        for path, schemas in parts:
            connection.execute(f"attach {literal(path)} as source (read_only)")
            for name, columns in table_columns(connection, "source").items():
                schema, table = name.split(".", 1)
                if schemas and schema not in schemas:
                    continue
                query = f"from source.{quoted(name)}"
                if forgotten:
                    query = forgotten.select(connection, "source", name, columns)
                place = f"{PUBLISHED_AS.get(schema, schema)}.{table}"
                connection.execute(
                    f'create schema if not exists target."{PUBLISHED_AS.get(schema, schema)}"'
                )
                connection.execute(f"create table target.{quoted(place)} as {query}")
                counts[place] = count(connection, f"({query})")
            connection.execute("detach source")
        if write_more:
            counts |= write_more(connection, "target")
        connection.execute("checkpoint target")
    return counts


def _count(path: Path, tables: dict[str, int]) -> dict[str, int]:
    """The rows that a reader of the new file will find."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(path)} as target (read_only)")
        return {name: count(connection, f"target.{quoted(name)}") for name in tables}


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
