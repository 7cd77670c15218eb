"""`make erase`: forget people at once, between two nights, in every file that publishing writes.

A tombstone goes into the history, so that the next builds keep them out. History and published
files are written anew without their rows; the build file and older versions are removed.

Exit codes: 0 done; 1 bytes of an id are left in a file; 2 the caller can put it right; 3 the
machine is at fault; 4 another run or program is at work on the same files.
"""

import argparse
import contextlib
import datetime
import json
import mmap
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ops import export, faults, lock, publish, runs, summary, versions
from ops.project import (
    FAULT,
    UserError,
    build_file,
    build_record,
    display,
    history_file,
    published_files,
)
from ops.tombstones import (
    Forgotten,
    Tombstones,
    count,
    literal,
    quoted,
    sha256,
    table_columns,
    text_list,
)

# bytes of an id below which finding them says nothing: any file has them by chance
SHORTEST_SEARCHED = 5


@dataclass
class Erasure:
    """What was asked, what was found where, and what is left to look at."""

    asked: int = 0
    new: int = 0
    found: list[tuple[str, str, int, int]] = field(default_factory=list)
    removed_files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def main(argv: Sequence[str] | None = None) -> int:
    """Erase, alone; what goes wrong is one line and an exit code."""
    parser = argparse.ArgumentParser(prog="python -m ops.erase", description=__doc__.split("\n")[0])
    parser.add_argument("--customer", default="", help="customer id; none: the last delivery's")
    customer = parser.parse_args(argv).customer.strip()
    try:
        with lock.one_at_a_time("erase"):
            erasure = erase(customer or None)
    except Exception as error:
        fault = faults.explained(error)
        again = "What is done already is not done twice: make erase again."
        return runs.tell("erase", fault, again * (fault.exit_code == FAULT))
    report(customer, erasure)
    return 1 if erasure.problems else 0


def erase(customer: str | None) -> Erasure:
    """Add the tombstones, scrub what others read, remove what only a build needs."""
    publish.clear_leftovers()
    ids, hashes = ({customer}, set()) if customer else requested()
    hashes |= {sha256(customer_id) for customer_id in ids}
    tombstones = known_tombstones()
    today = datetime.datetime.now(datetime.UTC).date()
    erasure = Erasure(asked=len(hashes))
    erasure.new = sum(tombstones.add(id_sha256, today) for id_sha256 in sorted(hashes))

    written = [history_file()] if tombstones.salt else []
    if tombstones.salt:
        parts = [(path, ("history",)) for path in history_source()]
        forgotten = Forgotten(tombstones, set(ids))
        publish.replace_file(history_file(), parts, forgotten, tombstones.write)
        ids |= noted(erasure, history_file(), forgotten)
    for path in (*published_files(), *map(versions.place, versions.kept())):
        if path.exists() and path != history_file() and tombstones.rows:
            forgotten = Forgotten(tombstones, set(ids), with_pseudonyms=True)
            publish.replace_file(path, [(path, ())], forgotten)
            ids |= noted(erasure, path, forgotten)
            written.append(path)
    for path in written:
        search(erasure, path, ids)
    export.forget()
    remove_builds(erasure)
    return erasure


def requested() -> tuple[set[str], set[str]]:
    """The ids that the last delivery asks to forget, and the SHA-256 of others, where it lies."""
    build = build_file()
    if not build.exists():
        raise UserError(
            f"There is no {display(build)} that knows the last delivery. Name a person, make erase "
            "CUSTOMER=id, or run make build, which forgets whoever the delivery asks to forget."
        )
    if is_demo(build):
        raise UserError(
            "The last build was the demo shop, whose requests are nobody's. Name a person: make "
            "erase CUSTOMER=id."
        )
    try:
        with duckdb.connect(str(build), read_only=True) as connection:
            rows = connection.execute(
                "select customer_id, customer_id_hash from raw_views.raw_erasure_requests"
            ).fetchall()
    except duckdb.Error as error:
        raise UserError(
            f"The requests of the last delivery cannot be read ({error}). Name a person: make "
            "erase CUSTOMER=id."
        ) from error
    by_id = {customer_id for customer_id, _ in rows if customer_id}
    return by_id, {given.lower() for _, given in rows if given}


def known_tombstones() -> Tombstones:
    """Those of the history, and what builds since have added with the same salt."""
    tombstones = Tombstones.read(history_file())
    if build_file().exists() and not is_demo(build_file()):
        built = Tombstones.read(build_file())
        if tombstones.salt is None:
            return built
        if built.salt == tombstones.salt:
            tombstones.rows = built.rows | tombstones.rows
    return tombstones


def history_source() -> list[Path]:
    """Where decisions of earlier nights are: without a history, in a file that dbt alone built."""
    if history_file().exists():
        return [history_file()]
    build = build_file()
    is_by_hand = build.exists() and not is_demo(build) and not is_of_make_build(build)
    return [build] if is_by_hand else []


def is_of_make_build(build: Path) -> bool:
    """Whether `make build` left this file: what it did not publish is not history."""
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        record = json.loads(build_record().read_text(encoding="utf-8"))
        return bool(record["build_file"] == publish.file_stamp(build))
    return False


def is_demo(build: Path) -> bool:
    """Whether a build file is the demo shop's, by its seeds."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(build)} as source (read_only)")
        return any(name.startswith("demo_raw.") for name in table_columns(connection, "source"))


def noted(erasure: Erasure, path: Path, forgotten: Forgotten) -> set[str]:
    """Put down what a file lost, and give the ids that were found in it."""
    for name in sorted({*forgotten.removed_rows, *forgotten.emptied_values}):
        removed = forgotten.removed_rows.get(name, 0)
        emptied = forgotten.emptied_values.get(name, 0)
        if removed or emptied:
            erasure.found.append((display(path), name, removed, emptied))
    return forgotten.ids


def search(erasure: Erasure, path: Path, ids: set[str]) -> None:
    """Read every byte of a new file for the ids; part of another value is no trace of a person."""
    searched = [value for value in sorted(ids) if len(value.encode()) >= SHORTEST_SEARCHED]
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        left = [value for value in searched if content.find(value.encode()) >= 0]
    for value in left:
        if place := next(places_of(path, value), None):
            erasure.notes.append(f"{value!r} is a part of other values of {display(path)}: {place}")
        else:
            erasure.problems.append(
                f"{display(path)} holds the bytes of {value!r}, though no value does. Remove the "
                "file and run make build."
            )


def places_of(path: Path, text: str) -> Iterator[str]:
    """The columns of a file that have a text in a value or a name."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(path)} as source (read_only)")
        for name, columns in table_columns(connection, "source").items():
            for column, data_type in columns.items():
                value = f'contains("{column}", {text_list([text])})'
                is_text = data_type == "VARCHAR"
                if text in f"{name}.{column}" or (
                    is_text and count(connection, f"source.{quoted(name)} where {value}")
                ):
                    yield f"{name}.{column}"


def remove_builds(erasure: Erasure) -> None:
    """The build file, which holds everything and is made anew each night, and old versions."""
    build = build_file()
    stale = [build, build_record(), *sorted(build.parent.glob(build.name + ".*"))]
    for path in published_files():
        stale += sorted(path.parent.glob(path.name + ".*"))
    for path in stale:
        if path.is_dir():  # what DuckDB spilled when memory was short
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
        else:
            continue
        erasure.removed_files.append(path)


def report(customer: str, erasure: Erasure) -> None:
    """What was done, for people."""
    whom = repr(customer) if customer else f"{erasure.asked:,} requested in the last delivery"
    print(f"Forgotten: {whom}; {erasure.new:,} new, the rest already known\n")
    if erasure.found:
        print(summary.text_table(["file", "table", "rows", "other values"], erasure.found))
        print(
            "\nTheir share in counts and sums of segments, cohorts and promotions leaves with the "
            "next make build."
        )
    else:
        print("Nothing was found in history or published files.", end="")
        print(" Is the id written as the shop delivers it?" if customer else "")
    if erasure.asked:
        print("The tombstones stand: no later build lets these ids in, whatever is delivered.")
    if erasure.removed_files:
        print("Removed: " + ", ".join(display(path) for path in erasure.removed_files))
    print("What the shop delivers, and copies made elsewhere, are the shop's to clean.")
    for note in erasure.notes:
        print(f"Note: {note}")
    for problem in erasure.problems:
        print(f"erase: {problem}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
