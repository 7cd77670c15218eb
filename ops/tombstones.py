"""Who asked to be forgotten: hashes that know them again, and tables copied without them.

A tombstone is the SHA-256 of the warehouse's salt and the SHA-256 of the customer id, as
macros/erasure.sql has it: with the salt it tells whether an id is a forgotten one, without the
salt it tells nothing.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from ops.project import UserError, display

SCHEMA = "protected_history"
SALT_TABLE = f"{SCHEMA}.stg_erasure_salt"
TOMBSTONE_TABLE = f"{SCHEMA}.stg_erasure_tombstones"


@dataclass
class Tombstones:
    """The salt of a history, and the row of stg_erasure_tombstones for each hash made with it."""

    salt: str | None = None
    rows: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Tombstones":
        """Those that a history or a build file holds; none where there is no such table yet."""
        found = cls()
        if not path.exists():
            return found
        with duckdb.connect() as connection:
            connection.execute(f"attach {literal(path)} as source (read_only)")
            tables = table_columns(connection, "source")
            salts, rows = [], []
            if SALT_TABLE in tables:
                salts = connection.execute(f"select salt from source.{SALT_TABLE}").fetchall()
            if TOMBSTONE_TABLE in tables:
                rows = connection.execute(
                    "select customer_hash, salt_hash, as_of_date, requested_date "
                    f"from source.{TOMBSTONE_TABLE}"
                ).fetchall()
        if len(salts) > 1 or (rows and not salts):
            raise UserError(
                f"{display(path)} has {len(salts)} salts, so nobody can tell who is forgotten. Put "
                "back a copy of it from before."
            )
        found.salt = salts[0][0] if salts else None
        found.rows = {row[0]: row for row in rows}
        return found

    def add(self, id_sha256: str, day: date) -> bool:
        """One more person, by the SHA-256 of the id; whether they were not known yet."""
        if self.salt is None:
            with duckdb.connect() as connection:
                row = connection.execute("select cast(gen_random_uuid() as varchar)").fetchone()
            self.salt = str(row[0]) if row else None
        customer_hash = sha256(f"{self.salt}|{id_sha256.lower()}")
        if customer_hash in self.rows:
            return False
        self.rows[customer_hash] = (customer_hash, sha256(str(self.salt)), day, day)
        return True

    def write(self, connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, int]:
        """Salt and tombstones as the tables that dbt goes on with; table to its number of rows."""
        if self.salt is None:
            return {}
        connection.execute(f"create schema if not exists {catalog}.{SCHEMA}")
        connection.execute(f"create table {catalog}.{SALT_TABLE} (salt varchar)")
        connection.execute(f"insert into {catalog}.{SALT_TABLE} values (?)", [self.salt])
        connection.execute(
            f"create table {catalog}.{TOMBSTONE_TABLE} (customer_hash varchar, salt_hash varchar, "
            "as_of_date date, requested_date date)"
        )
        if self.rows:
            connection.executemany(
                f"insert into {catalog}.{TOMBSTONE_TABLE} values (?, ?, ?, ?)",
                list(self.rows.values()),
            )
        return {SALT_TABLE: 1, TOMBSTONE_TABLE: len(self.rows)}


@dataclass
class Forgotten:
    """What is left out when tables are copied: the ids that were found, and where.

    What tools are told of a person stands under a pseudonym, which only a plain id leads to. It
    goes where `with_pseudonyms` says so; in the history it stays, or no tool would be told to let
    go.
    """

    tombstones: Tombstones
    ids: set[str] = field(default_factory=set)
    with_pseudonyms: bool = False
    removed_rows: dict[str, int] = field(default_factory=dict)
    emptied_values: dict[str, int] = field(default_factory=dict)

    def select(
        self, connection: duckdb.DuckDBPyConnection, source: str, name: str, columns: dict[str, str]
    ) -> str:
        """A query for a table without the rows of forgotten people, and without their ids."""
        table = f"{source}.{quoted(name)}"
        if not self.tombstones.rows:
            return f"from {table}"
        found = {
            column: ids
            for column, data_type in columns.items()
            if data_type == "VARCHAR" and (ids := self._ids_in(connection, table, column))
        }
        self.ids.update(*found.values())
        is_kept = "true"
        if ids := found.pop("customer_id", []):
            is_kept = f"coalesce(customer_id not in ({text_list(ids)}), true)"
        elif self.with_pseudonyms and {"destination", "external_id"} <= columns.keys():
            is_kept = self._is_told_of_others(connection, table)
        if is_kept != "true":
            self.removed_rows[name] = count(connection, f"{table} where not {is_kept}")
        if is_kept == "true" and not found:
            return f"from {table}"
        replaced = []
        for column, ids in found.items():
            is_forgotten = f'"{column}" in ({text_list(ids)})'
            replaced.append(f'case when {is_forgotten} then null else "{column}" end as "{column}"')
            self.emptied_values[name] = self.emptied_values.get(name, 0) + count(
                connection, f"{table} where {is_kept} and {is_forgotten}"
            )
        replace = f" replace ({', '.join(replaced)})" if replaced else ""
        return f"select *{replace} from {table} where {is_kept}"

    def _is_told_of_others(self, connection: duckdb.DuckDBPyConnection, table: str) -> str:
        """Whether a row for a tool is of nobody who is forgotten, as a condition."""
        destinations = connection.execute(f"select distinct destination from {table}").fetchall()
        pseudonyms = [
            sha256(f"{self.tombstones.salt}|{destination}|{customer_id}")
            for (destination,) in destinations
            for customer_id in sorted(self.ids)
        ]
        if not pseudonyms:
            return "true"
        return f"coalesce(external_id not in ({text_list(pseudonyms)}), true)"

    def _ids_in(self, connection: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str]:
        """The values of a column that are ids of forgotten people; each value is hashed once."""
        connection.execute(
            "create temp table if not exists forgotten_people (customer_hash varchar)"
        )
        if not count(connection, "forgotten_people"):
            hashes = list(self.tombstones.rows)
            connection.execute("insert into forgotten_people select unnest(?)", [hashes])
        values = f'(select distinct "{column}" as value from {table})'
        found = connection.execute(
            f"select value from {values} where value is not null and sha256(? || '|' || "
            "sha256(value)) in (select customer_hash from forgotten_people)",
            [self.tombstones.salt],
        ).fetchall()
        return [value for (value,) in found]


def sha256(text: str) -> str:
    """As lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def table_columns(
    connection: duckdb.DuckDBPyConnection, catalog: str, with_views: bool = False
) -> dict[str, dict[str, str]]:
    """The tables of an attached file as schema.table, each with its columns and their types."""
    tables: dict[str, dict[str, str]] = {}
    for schema, table, column, data_type in connection.execute(
        "select table_schema, table_name, column_name, columns.data_type "
        "from information_schema.columns as columns "
        "inner join information_schema.tables as tables "
        "using (table_catalog, table_schema, table_name) "
        "where table_catalog = ? and (table_type = 'BASE TABLE' or ?) "
        "order by 1, 2, ordinal_position",
        [catalog, with_views],
    ).fetchall():
        tables.setdefault(f"{schema}.{table}", {})[column] = data_type
    return tables


def count(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    """How many rows the text of a from clause has."""
    row = connection.execute(f"select count(*) from {rows}").fetchone()
    return int(row[0]) if row else 0


def quoted(name: str) -> str:
    """schema.table with quotes about each."""
    return ".".join(f'"{part}"' for part in name.split(".", 1))


def literal(path: Path) -> str:
    """A path as a SQL text."""
    return text_list([str(path)])


def text_list(values: list[str]) -> str:
    """Texts as SQL, separated by commas."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
