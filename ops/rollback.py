"""`make rollback`: let readers see a version again that was published before.

Its marts and audit are copied without whoever was forgotten since, and it only takes permissions
away: what a file of an earlier night allows counts only if the file that it replaces allows it as
well. What other tools may know, and the history, stay as they are.

Exit codes: 0 rolled back; 2 the caller can put it right; 3 the machine is at fault; 4 another run
or program is at work on the same files.
"""

import argparse
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb

from ops import manifest, publish, runs, versions
from ops.project import (
    FAULT,
    UserError,
    display,
    engine_of,
    history_file,
    published_file,
    suggestion,
    target_settings,
)
from ops.runs import Run
from ops.tombstones import Forgotten, Tombstones, literal, quoted, table_columns

# columns that allow somebody to be written to, and what tells their rows
PERMISSIONS = {
    "marts.customer_segments": ("is_contactable", ["customer_id"]),
    "marts.customer_promotions": ("is_selected", ["customer_id", "promotion_id", "channel"]),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Roll back, alone and recorded; what goes wrong is one line and an exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.rollback", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--version", default="", help="a kept version; none: the one before")
    parser.add_argument("--target", help="target of profiles.yml; none: its default")
    arguments = parser.parse_args(argv)
    wanted = arguments.version.strip()

    def work(run: Run) -> int:
        settings = target_settings(arguments.target)
        if settings["type"] == "duckdb":
            return rollback(run, wanted)
        return int(engine_of(settings).rollback(run, settings, wanted))

    return runs.run("rollback", arguments.target or "duckdb", work)


def rollback(run: Run, wanted: str) -> int:
    """Put a kept version in the published file's place."""
    publish.clear_leftovers()
    version = choose(wanted)
    path = versions.place(version)
    found = manifest.read(path)
    if found is None or found[1] != published_contents(path):
        raise UserError(
            f"{display(path)} does not hold what was published, so it stays where it is. Choose "
            f"another: {', '.join(name for name in versions.kept() if name != version) or 'none'}.",
            "damaged version",
            FAULT,
        )
    forgotten = Forgotten(Tombstones.read(history_file()))
    publication = replace(
        found[0], published_at=runs.now(), forgotten_count=len(forgotten.tombstones.rows)
    )
    publish.prepare(
        published_file(),
        [(path, publish.PUBLISHED_SCHEMAS)],
        forgotten,
        partial(runs.write_table, current=run.as_published(version, publication.published_at)),
        publication,
        edit=narrowed,
    )
    run.as_of_date = publication.as_of_date
    publish.swap_published(publication, run)
    print(
        f"Readers see version {version} again, as of {publication.as_of_date}. What tools may "
        "know is still that of the last night: docs/publishing.md says why."
    )
    return 0


def choose(wanted: str) -> str:
    """The version that is asked for, or the one that was published before the present one."""
    kept, current = versions.kept(), None
    with contextlib.suppress(duckdb.Error):  # a broken file is a reason to roll back
        current = manifest.read(published_file())
    before = current[0].previous_version if current else next(reversed(kept), None)
    version = wanted or (before if before in kept else None)
    names = ", ".join(kept) or "none"
    if not version:
        raise UserError(f"There is no version before. Kept are: {names}.")
    if current and version == current[0].version:
        raise UserError(f"Readers see version {version} already. Kept are: {names}.")
    if version not in kept:
        raise UserError(
            f"Version {version!r} is not kept, only: {names}.{suggestion(version, kept)} Give one "
            "of them as VERSION."
        )
    return version


def published_contents(path: Path) -> dict[str, manifest.Content]:
    """What is in the tables of a version that its manifest is about."""
    found = manifest.contents(path)
    return {name: found[name] for name in found if not manifest.is_own(name.split(".")[1])}


def narrowed(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> str:
    """A table's query with permissions only where the file that readers see now has them too."""
    column, keys = PERMISSIONS.get(name, ("", []))
    columns = table_columns(connection, "source")[name]
    if column not in columns:
        return query
    with contextlib.suppress(duckdb.Error):  # what cannot be read allows nothing
        place = literal(published_file())
        connection.execute(f"attach if not exists {place} as present (read_only)")
    is_allowed = "false"
    if column in table_columns(connection, "present").get(name, {}):
        same = " and ".join(f'present_rows."{key}" = kept_rows."{key}"' for key in keys)
        is_allowed = (
            f"exists (from present.{quoted(name)} as present_rows "
            f'where present_rows."{column}" and {same})'
        )
    replaced = [f'"{column}" and {is_allowed} as "{column}"']
    if "reason" in columns:
        is_lost = f'"{column}" and not {is_allowed}'
        replaced.append(f"case when {is_lost} then 'rolled_back' else reason end as reason")
    return f"select * replace ({', '.join(replaced)}) from ({query}) as kept_rows"


if __name__ == "__main__":
    raise SystemExit(main())
