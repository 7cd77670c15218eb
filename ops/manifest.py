"""What a published file says of itself: which run, which code, which day, what is in each table.

The content hash of a table does not depend on the order of its rows: each row's columns are written
as texts into one JSON list, its MD5 taken as two numbers, and these summed over the rows. The sums,
the count and the columns' names and types make the hash.
"""

import contextlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from hashlib import md5
from pathlib import Path

import duckdb
import yaml

from ops.project import ROOT
from ops.tombstones import literal, quoted, table_columns

PUBLICATION = "publication"
PUBLISHED_TABLES = "published_tables"

# of a table: how many rows, and the hash of their content
Content = tuple[int, str]


@dataclass(frozen=True)
class Publication:
    """The one row of the table publication."""

    version: str
    previous_version: str | None
    run_id: str
    project_version: str | None
    git_revision: str | None
    as_of_date: str | None
    built_at: datetime | None
    published_at: datetime
    forgotten_count: int


COLUMN_TYPES = {
    "as_of_date": "date",
    "built_at": "timestamp",
    "published_at": "timestamp",
    "forgotten_count": "bigint",
}


def version_of(published_at: datetime) -> str:
    """The name of what is published at a time; it sorts as time does."""
    return f"{published_at:%Y%m%dT%H%M%S.%fZ}"


def project_version() -> str:
    """Of dbt_project.yml."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    return str(project["version"])


def git_revision() -> str | None:
    """The commit that the project's files are at, -dirty if they differ; None without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return answer.stdout.strip() or None
    return None


def content(
    connection: duckdb.DuckDBPyConnection, rows: str, columns: Mapping[str, str]
) -> Content:
    """Count and hash of the rows that the text of a from clause has."""
    texts = ", ".join(f'cast("{name}" as varchar)' for name in columns)
    half = "coalesce(sum(cast({} as ubigint)), 0)"
    halves = (half.format("number >> 64"), half.format(f"number & {2**64 - 1}"))
    found = connection.execute(
        f"select count(*), {', '.join(halves)} from "
        f"(select md5_number(cast(to_json([{texts}]) as varchar)) as number from {rows})"
    ).fetchone()
    count, *sums = found or (0, 0, 0)
    return int(count), md5(json.dumps([list(columns.items()), count, *sums]).encode()).hexdigest()


def contents(path: Path) -> dict[str, Content]:
    """Of every table of a file."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(path)} as source (read_only)")
        return {
            name: content(connection, f"source.{quoted(name)}", columns)
            for name, columns in table_columns(connection, "source").items()
        }


def is_own(table: str) -> bool:
    """Whether a table is the manifest itself."""
    return table in (PUBLICATION, PUBLISHED_TABLES)


def write(
    connection: duckdb.DuckDBPyConnection,
    place: str,
    publication: Publication,
    tables: Mapping[str, Content],
) -> list[str]:
    """The manifest of some tables as two tables of a schema; their names."""
    names = [column.name for column in fields(Publication)]
    types = ", ".join(f"{name} {COLUMN_TYPES.get(name, 'varchar')}" for name in names)
    connection.execute(f"create table {place}.{PUBLICATION} ({types})")
    values = list(asdict(publication).values())
    marks = ", ".join("?" * len(values))
    connection.execute(f"insert into {place}.{PUBLICATION} values ({marks})", values)
    connection.execute(
        f"create table {place}.{PUBLISHED_TABLES} "
        "(table_name varchar, row_count bigint, content_hash varchar)"
    )
    connection.executemany(
        f"insert into {place}.{PUBLISHED_TABLES} values (?, ?, ?)",
        [[name, *tables[name]] for name in sorted(tables)],
    )
    schema = place.split(".")[-1]
    return [f"{schema}.{PUBLICATION}", f"{schema}.{PUBLISHED_TABLES}"]


def read(path: Path) -> tuple[Publication, dict[str, Content]] | None:
    """The manifest in a file; None where there is none, as in the history."""
    if not path.exists():
        return None
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(path)} as source (read_only)")
        found = [name for name in table_columns(connection, "source") if is_own(name.split(".")[1])]
        if not found:
            return None
        schema = found[0].split(".")[0]
        row = connection.execute(f"from source.{schema}.{PUBLICATION}").fetchone() or ()
        tables = connection.execute(f"from source.{schema}.{PUBLISHED_TABLES}").fetchall()
    values = dict(zip((column.name for column in fields(Publication)), row, strict=True))
    values["as_of_date"] = values["as_of_date"] and str(values["as_of_date"])
    return Publication(**values), {name: (count, hashed) for name, count, hashed in tables}
