"""Write, audit, publish: the marts of a build that passed every test become the file readers open.

Readers never see half a build: the tables go into a new file, are counted again there, and the
file takes the old one's place in one step. Whoever has the old file open keeps reading it.

What other tools are to know of customers is published apart, into a file that only its owner can
open: DuckDB has no roles, and an analyst needs no addresses.

What a shop's own build decided is history from then on (arms that were drawn, above all): it goes
into a file of its own in the same way, and the next build starts with it. The demo has none. The
same file says who is forgotten, by hashes and their salt, so only its owner may read it.
"""

import argparse
import contextlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from ops import export, faults, manifest, runs, versions
from ops.manifest import Content, Publication
from ops.project import (
    FAULT,
    UserError,
    activation_file,
    build_file,
    build_record,
    display,
    engine_of,
    history_file,
    owner_only,
    published_file,
    published_files,
    target_settings,
    versions_folder,
)
from ops.runs import Run
from ops.tombstones import Forgotten, Tombstones, literal, quoted, table_columns

PUBLISHED_SCHEMAS = ("marts", "audit")
ACTIVATION_SCHEMAS = ("activation",)
# what DuckDB 1.0 can read; and what profiles.yml.example asks for where nobody else reads
READERS_STORAGE, BUILD_STORAGE = "v1.0.0", "v1.3.0"
HISTORY_SCHEMAS = ("history", "protected_history")
# in a file that is called like its schema, DuckDB finds activation.audience_sync ambiguous
PUBLISHED_AS = {"activation": "main"}

SAID_OF_THE_RUN = {runs.TABLE, "audit.publication", "audit.published_tables"}

# a file, and the schemas taken from it; none: all
Part = tuple[Path, tuple[str, ...]]
Contents = dict[str, Content]
# more tables, written into a catalog; their names
WriteMore = Callable[[duckdb.DuckDBPyConnection, str], Iterable[str]]
# a query of a table as it is to be copied, from the one that copies it whole
Edit = Callable[[duckdb.DuckDBPyConnection, str, str], str]


def file_stamp(path: Path) -> list[int]:
    """What tells one state of a file from another."""
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


def record_build(as_of: str, is_success: bool, invocation_id: str, is_demo: bool = False) -> None:
    """Write down how the build ended, by which code, and which file it left."""
    path = build_file()
    record = {
        "as_of": as_of,
        "ok": is_success,
        "is_demo": is_demo,
        "invocation_id": invocation_id,
        "built_at": runs.now().isoformat(),
        "project_version": manifest.project_version(),
        "git_revision": manifest.git_revision(),
        "build_file": file_stamp(path) if path.exists() else None,
    }
    build_record().write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def publish(run: Run | None = None) -> dict[str, int]:
    """Publish the tables of marts and audit, and apart from them what tools and later builds need.

    All files are written and checked before the first is swapped. History comes first: a tool that
    is told less than it could be is told the rest after the next change, but what it was told and
    nobody remembers could never be taken back.
    """
    clear_leftovers()
    build = build_file()
    record = _require_success(build)
    tombstones = Tombstones() if record["is_demo"] else Tombstones.read(build)
    publication = _publication(record, len(tombstones.rows))
    ending = run and run.as_published(publication.version, publication.published_at)
    if not record["is_demo"]:
        prepare(history_file(), [(build, HISTORY_SCHEMAS)])
    prepare(activation_file(), [(build, ACTIVATION_SCHEMAS)], publication=publication)
    published = prepare(
        published_file(),
        [(build, PUBLISHED_SCHEMAS)],
        write_more=partial(runs.write_table, current=ending),
        publication=publication,
    )
    if not any(name.startswith("marts.") for name in published):
        raise UserError(f"{display(build)} has no marts to publish. Run make build.")
    export.forget()
    if not record["is_demo"]:
        _swap(history_file())
    _swap(activation_file())
    swap_published(publication, run)
    for version in versions.kept():
        forget_in_version(versions.place(version), Forgotten(tombstones))
    return {name: published[name][0] for name in published if name not in SAID_OF_THE_RUN}


def swap_published(publication: Publication, run: Run | None) -> None:
    """Let readers see the prepared file, and keep it as a version."""
    versions.offer(_next_to(published_file()), publication.version)
    _swap(published_file())
    if run:
        run.end("published", at=publication.published_at)
        run.version = publication.version
    versions.confirm(publication.version)
    versions.prune(publication.version)


def _publication(record: dict[str, Any], forgotten_count: int) -> Publication:
    """What is about to be published, as it is to say of itself."""
    published_at = runs.now()
    before = None
    with contextlib.suppress(duckdb.Error):  # broken or held by somebody: the swap mends that
        before = manifest.read(published_file())
    is_day = record["as_of"][:1].isdecimal()
    return Publication(
        version=manifest.version_of(published_at),
        previous_version=before[0].version if before else next(reversed(versions.kept()), None),
        run_id=record["invocation_id"],
        project_version=record["project_version"],
        git_revision=record["git_revision"],
        as_of_date=record["as_of"] if is_day else None,
        built_at=datetime.fromisoformat(record["built_at"]),
        published_at=published_at,
        forgotten_count=forgotten_count,
    )


def forget_in_version(path: Path, forgotten: Forgotten) -> None:
    """Take who was forgotten since out of a file that was published before."""
    try:
        found = manifest.read(path)
    except duckdb.Error as error:
        if fault := faults.of_machine(error):
            raise fault from error
        path.unlink()  # broken: nobody can go back to it, and nobody can tell who is in it
        return
    if found and found[0].forgotten_count < len(forgotten.tombstones.rows):
        replace_file(path, [(path, ())], forgotten)


def clear_leftovers() -> None:
    """Remove what a run that was killed has left unfinished."""
    for path in published_files():
        for leftover in (_next_to(path), _log_of(_next_to(path))):
            leftover.unlink(missing_ok=True)
    versions.settle()


def restore_history(build: Path) -> None:
    """Begin a new build file with what the nights before decided, without who is forgotten."""
    if history_file().exists():
        try:
            with owner_only():
                forgotten = Forgotten(Tombstones.read(history_file()))
                _copy(
                    [(history_file(), HISTORY_SCHEMAS)],
                    build,
                    forgotten,
                    storage_version=BUILD_STORAGE,
                )
        except duckdb.Error as error:
            build.unlink(missing_ok=True)
            if fault := faults.of_machine(error):
                raise fault from error
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
        if fault := faults.of_machine(error):
            raise fault from error
        raise UserError(
            f"{display(build)} or {display(history_file())} cannot be read ({error}), so who asked "
            "to be forgotten is known from the delivery only. Run make build."
        ) from error


def replace_file(
    target: Path,
    parts: Sequence[Part],
    forgotten: Forgotten | None = None,
    write_more: WriteMore | None = None,
) -> None:
    """Put a file with the tables of some files in the target's place, if there are any.

    What the target said of its publication it says again, of the tables as they are now.
    """
    before = manifest.read(target)
    people = len(forgotten.tombstones.rows) if forgotten else 0
    publication = replace(before[0], forgotten_count=people) if before else None
    prepare(target, parts, forgotten, write_more, publication)
    _swap(target)


def prepare(
    target: Path,
    parts: Sequence[Part],
    forgotten: Forgotten | None = None,
    write_more: WriteMore | None = None,
    publication: Publication | None = None,
    edit: Edit | None = None,
) -> Contents:
    """Write the tables of some files beside the target, and read back what is in it."""
    following = _next_to(target)
    for leftover in (following, _log_of(following)):
        leftover.unlink(missing_ok=True)
    is_open_to_readers = target == published_file() or target.parent == versions_folder()
    with contextlib.nullcontext() if is_open_to_readers else owner_only():
        written = _copy(parts, following, forgotten, write_more, publication, edit)
    found = manifest.contents(following)
    if found != written:
        differing = sorted(
            name for name in {*found, *written} if found.get(name) != written.get(name)
        )
        raise UserError(
            f"{display(following)} does not hold what was written into it, in "
            f"{', '.join(differing)}. Check the disk; {display(target)} is as it was.",
            "read back otherwise",
            FAULT,
        )
    if found:
        _to_disk(following)
    else:  # one without a table is no file at all
        following.unlink()
    return written


def _swap(target: Path) -> None:
    """Put the prepared file in the target's place."""
    following = _next_to(target)
    if following.exists():
        following.replace(target)
    elif target == activation_file():  # nobody is to be known any more
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
    write_more: WriteMore | None = None,
    publication: Publication | None = None,
    edit: Edit | None = None,
    storage_version: str = READERS_STORAGE,
) -> Contents:
    """Every table of the schemas, into a new file, and what is in each."""
    written: Contents = {}
    with duckdb.connect() as connection:
        options = f"storage_version '{storage_version}'"
        connection.execute(f"attach {literal(target)} as target ({options})")
        for path, schemas in parts:
            connection.execute(f"attach {literal(path)} as source (read_only)")
            for name, columns in table_columns(connection, "source").items():
                schema, table = name.split(".", 1)
                if (schemas and schema not in schemas) or manifest.is_own(table):
                    continue
                query = f"from source.{quoted(name)}"
                if forgotten:
                    query = forgotten.select(connection, "source", name, columns)
                if edit:
                    query = edit(connection, name, query)
                place = f"{PUBLISHED_AS.get(schema, schema)}.{table}"
                connection.execute(
                    f'create schema if not exists target."{PUBLISHED_AS.get(schema, schema)}"'
                )
                connection.execute(f"create table target.{quoted(place)} as {query}")
                written[place] = manifest.content(connection, f"({query})", columns)
            connection.execute("detach source")
        if write_more:
            written |= _contents(connection, write_more(connection, "target"))
        if publication and written:
            place = "main" if all(name.startswith("main.") for name in written) else "audit"
            added = manifest.write(connection, f"target.{place}", publication, written)
            written |= _contents(connection, added)
        connection.execute("checkpoint target")
    return written


def _contents(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> Contents:
    """What is in tables that were added to the new file."""
    columns = table_columns(connection, "target")
    return {
        name: manifest.content(connection, f"target.{quoted(name)}", columns[name])
        for name in names
    }


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


def main(argv: Sequence[str] | None = None) -> int:
    """`make publish`: publish the last build again."""
    parser = argparse.ArgumentParser(prog="python -m ops.publish", description=main.__doc__)
    parser.add_argument("--target", help="target of profiles.yml; none: its default")
    target = parser.parse_args(argv).target

    def work(run: Run) -> int:
        settings = target_settings(target)
        if settings["type"] == "duckdb":
            return _publish_again(run)
        return int(engine_of(settings).publish_again(run, settings))

    return runs.run("publish", target or "duckdb", work)


def _publish_again(run: Run) -> int:
    runs.count_rows_in(run, build_file())
    counts = publish(run)
    rows = sum(counts.values())
    print(f"Published {len(counts)} tables, {rows:,} rows: {display(published_file())}")
    if activation_file().exists():
        print(f"For tools alone, addresses included: {display(activation_file())}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
