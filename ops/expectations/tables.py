"""Tables as a gate looks at them, wherever they are, and how DuckDB reads files and marts as such.

A suite knows only `Table`. Another warehouse hands in its own: a count, the names of the columns,
and a function that reads some of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from ops.delivery import READ_CSV
from ops.project import UserError, display
from ops.tombstones import count, literal, quoted, table_columns


@dataclass(frozen=True)
class Table:
    """How many rows there are, under which columns, and how to read some of the columns.

    Of a table that is too large to be looked at whole, `read` may give a share of the keys: the
    second argument names the key's columns, and all rows of one key come together or not at all.
    """

    row_count: int
    columns: tuple[str, ...]
    read: Callable[[Sequence[str], Sequence[str]], pd.DataFrame]


def frame_table(frame: pd.DataFrame) -> Table:
    """A frame that is in memory already."""
    return Table(len(frame), tuple(frame.columns), lambda columns, key: frame[list(columns)])


def file_tables(files: Mapping[str, str], delimiter: str, sample_rows: int) -> dict[str, Table]:
    """Delivered files as the build reads them: Parquet with its own types, CSV as text."""
    tables = {}
    for name, path in files.items():
        is_csv = path.lower().endswith((".csv", ".csv.gz"))
        relation = READ_CSV if is_csv else "read_parquet(?)"
        options = [path, delimiter] if is_csv else [path]
        try:
            tables[name] = _file_table(relation, options, sample_rows)
        except duckdb.Error as error:
            raise UserError(
                f"The file of table {name} cannot be read: {' '.join(str(error).split())[:300]} "
                "Put it where it was, or run make build with the folder that it is in."
            ) from error
    return tables


def _file_table(relation: str, options: list[Any], sample_rows: int) -> Table:
    with duckdb.connect() as connection:
        found = connection.execute(f"from {relation} limit 0", options).description or []
        row = connection.execute(f"select count(*) from {relation}", options).fetchone()
    row_count = int(row[0]) if row else 0
    names = {column[0].lower(): _readable(*column[:2]) for column in reversed(found)}
    shares = row_count // sample_rows + 1

    def read(columns: Sequence[str], key: Sequence[str]) -> pd.DataFrame:
        selected = ", ".join(f"{names[column]} as {column}" for column in columns)
        kept = _share_of_keys([names[column] for column in key if column in names], shares)
        with duckdb.connect() as connection:
            query = f"select {selected} from {relation} where {kept}"
            return connection.execute(query, options).df()

    return Table(row_count, tuple(reversed(names)), read)


def _readable(name: str, data_type: Any) -> str:
    """A column as SQL; days as text, for a frame cannot hold those of far years."""
    column = '"' + name.replace('"', '""') + '"'
    return f"cast({column} as varchar)" if str(data_type) == "DATE" else column


def _share_of_keys(key: Sequence[str], shares: int) -> str:
    """A condition that holds for one key in so many; rows without a key are drawn one by one."""
    if shares == 1:
        return "true"
    values = f"nullif(concat_ws('|', {', '.join(key)}), '')" if key else "null"
    return f"hash(coalesce({values}, cast(random() as varchar))) % {shares} = 0"


def mart_tables(path: Path, schemas: Sequence[str]) -> dict[str, Table]:
    """The tables of some schemas of a DuckDB file, by schema.table."""
    connection = duckdb.connect()  # one for all: to open a file of many tables takes its time
    try:
        connection.execute(f"attach {literal(path)} as built (read_only)")
        return {
            name: _mart_table(connection, f"built.{quoted(name)}", columns)
            for name, columns in table_columns(connection, "built", with_views=True).items()
            if name.split(".")[0] in schemas
        }
    except duckdb.Error as error:
        raise UserError(f"{display(path)} cannot be read ({error}). Run make build.") from error


def _mart_table(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str]
) -> Table:
    def read(wanted: Sequence[str], _key: Sequence[str]) -> pd.DataFrame:
        selected = ", ".join(f'"{column}"' for column in wanted)
        return connection.execute(f"select {selected} from {relation}").df()

    return Table(count(connection, relation), tuple(columns), read)
