"""The files of a folder, matched with the raw contract and opened before dbt starts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ops import faults
from ops.project import UserError, contract_tables, project_vars, suggestion

SUFFIXES = (".parquet", ".csv", ".csv.gz")
# as macros/raw_delivery.sql reads a CSV
READ_CSV = (
    "read_csv(?, all_varchar = true, header = true, delim = ?, quote = '\"', escape = '\"', "
    "comment = '', skip = 0)"
)


@dataclass(frozen=True)
class Delivery:
    """Each delivered table's file (or pattern of part files) and rows; names that no table has."""

    files: dict[str, str]
    row_counts: dict[str, int]
    unknown: dict[str, str]


def read_delivery(folder: Path, tables: list[str], delimiter: str = ",") -> Delivery:
    """Find and open the file of each table; refuse what dbt could only fail on later."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise UserError(
            f"RAW={folder} {what}. Give the folder that holds orders.parquet or orders.csv."
        )
    found: dict[str, Path] = {}
    unknown: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        table = _table_name(path)
        if table is None or path.name.startswith("."):
            continue
        if table not in tables:
            unknown[path.name] = suggestion(table, tables)
        elif table in found:
            raise UserError(
                f"{folder} holds table {table} twice, as {found[table].name} and {path.name}. "
                "Move one of them away."
            )
        else:
            found[table] = path
    if "orders" not in found:
        names = ", ".join(sorted(path.name for path in folder.iterdir())[:20]) or "nothing"
        raise UserError(
            f"{folder} has no file for table orders, the one that every build needs; it holds: "
            f"{names}. Name the orders file orders.parquet, orders.csv or orders.csv.gz."
        )
    counts = {table: _count_rows(path, delimiter) for table, path in found.items()}
    return Delivery({table: pattern(path) for table, path in found.items()}, counts, unknown)


def pattern(path: Path) -> str:
    """A path as DuckDB reads it: a folder means its parts, a wild card in a name itself."""
    literal = re.sub(r"([*?\[])", r"[\1]", str(path))
    return f"{literal}/*.parquet" if path.is_dir() else literal


def raw_files(variables: Mapping[str, Any]) -> dict[str, str]:
    """The file of each table that is not switched off, as var raw_files names it; {} without."""
    settings = {**project_vars(), **variables}
    files = settings["raw_files"]
    if settings["demo_shop"] or not files:
        return {}
    wanted = [name for name in contract_tables(settings) if settings.get(f"has_{name}", True)]
    if isinstance(files, str):
        return {name: files.replace("{name}", name) for name in wanted}
    return {name: files[name] for name in wanted if name in files}


def relation(pattern: str, delimiter: str) -> tuple[str, list[str]]:
    """How DuckDB reads a delivered table, and with which values."""
    if ".csv" in Path(pattern).name.lower():
        return READ_CSV, [pattern, delimiter]
    return "read_parquet(?)", [pattern]


def _table_name(path: Path) -> str | None:
    """The table that a file or folder of part files is named for; None for anything else."""
    name = path.name.lower()
    if path.is_dir():
        return name if any(path.glob("*.parquet")) else None
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return None


def _count_rows(path: Path, delimiter: str) -> int:
    """Read a file once, as the build will; one that cannot be read stops here, with a remedy."""
    if ".csv" not in path.name.lower():
        return _counts(path, "count(*)", "read_parquet(?)", [], "Write it again.")[0]
    remedy = "Save it as CSV: one header line, UTF-8, the same number of values in every line."
    with path.open("rb") as file:
        head = file.read(1000)
    if not head:
        raise UserError(f"{path} is empty. {remedy}", "unreadable delivery")
    if b"\0" in head and path.suffix.lower() == ".csv":
        raise UserError(
            f"{path} is not UTF-8 text: zero bytes are in it, as UTF-16 has them. {remedy}",
            "unreadable delivery",
        )
    # every value is looked at, so that text in another encoding shows
    counts = _counts(path, "count(*), count(columns(*))", READ_CSV, [delimiter], remedy)
    if len(counts) == 2:
        with duckdb.connect() as connection:
            sample = connection.execute(f"from {READ_CSV} limit 0", [pattern(path), delimiter])
            header = sample.description[0][0] if sample.description else ""
        other = next((sign for sign in ",;\t|" if sign in header), None)
        if other:
            raise UserError(
                f"{path} is separated by {other!r}, not by {delimiter!r}. Save all files with "
                f"{delimiter!r}, or set VARS='{{raw_csv_delimiter: {json.dumps(other)}}}'."
            )
    return counts[0]


def _counts(path: Path, what: str, relation: str, options: list[str], remedy: str) -> list[int]:
    try:
        with duckdb.connect() as connection:
            query = f"select {what} from {relation}"
            return list(connection.execute(query, [pattern(path), *options]).fetchone() or (0,))
    except duckdb.Error as error:
        if fault := faults.of_machine(error):
            raise fault from error
        raise UserError(
            f"{path} cannot be read: {_reason(error)} {remedy}", "unreadable delivery"
        ) from error


def _reason(error: duckdb.Error) -> str:
    """What DuckDB says is wrong, without its advice on options that are not the reader's to set."""
    words = " ".join(str(error).split())
    line = re.search(r"CSV Error on Line: (\d+)", words)
    where = f"line {line[1]}" if line else "a line"
    if "Maximum line size" in words:
        return f"{where} is longer than 2,000,000 bytes; a quote may be left open."
    if "unicode" in words:
        return f"{where} is not UTF-8 text."
    if "sniffing" in words or line:
        return f"{where} has more or fewer values than the header, or a quote is left open."
    return words.split(" LINE 1:")[0].split("Error: ")[-1].strip(".") + "."
