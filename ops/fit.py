"""Fit the lifetime value parameters of every group of a summary, one row a group.

The Python model int_clv_fit does so inside the warehouse where it can (DuckDB). For a warehouse
without Python models, export int_customer_clv_summary to a file and write the seed:

    python -m ops.fit summary.parquet
"""

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from ops.clv_fit import BGNBD, GAMMA_GAMMA, Array, Fit, fit_bgnbd, fit_gamma_gamma
from ops.project import ROOT, UserError, display

WHOLE = "all"
DAYS_IN_WEEK = 7
SEED = ROOT / "seeds" / "policy" / "clv_parameters.csv"

# What int_clv_fit and the seed clv_parameters have in common: one row per parameter group.
COLUMNS: dict[str, str] = {
    "parameter_group": "varchar",
    "customer_count": "bigint",
    "repeat_customer_count": "bigint",
    "repeat_count": "bigint",
    **dict.fromkeys(BGNBD, "double"),
    **{f"{name}_log_standard_error": "double" for name in BGNBD},
    "bgnbd_log_likelihood": "double",
    "bgnbd_reason": "varchar",
    "valued_customer_count": "bigint",
    **dict.fromkeys(GAMMA_GAMMA, "double"),
    **{f"{name}_log_standard_error": "double" for name in GAMMA_GAMMA},
    "gamma_gamma_log_likelihood": "double",
    "gamma_gamma_reason": "varchar",
    "frequency_value_correlation": "double",
    "fitted_as_of": "date",
}

# Equal customers are one row; the order makes sums, and so the last digit, the same every time.
PURCHASES = """
    select parameter_group, repeat_count, clv_recency_days, clv_age_days, count(*) as customers
    from summary_rows
    group by all
    order by all
"""
AMOUNTS = """
    select parameter_group, repeat_count, repeat_amount, count(*) as customers
    from summary_rows
    where repeat_count > 0 and repeat_amount > 0
    group by all
    order by all
"""

Row = dict[str, Any]
Table = dict[str, Any]  # column to numpy array


def fit_groups(summary: duckdb.DuckDBPyRelation) -> list[Row]:
    """The whole, and each group where there are several, from rows of int_customer_clv_summary."""
    purchases = summary.query("summary_rows", PURCHASES).fetchnumpy()
    amounts = summary.query("summary_rows", AMOUNTS).fetchnumpy()
    ((as_of,),) = summary.query(
        "summary_rows", "select max(as_of_date) from summary_rows"
    ).fetchall()
    groups = sorted({*map(str, np.unique(purchases["parameter_group"]))} - {WHOLE})
    return [
        _row(group, _only(purchases, group), _only(amounts, group), as_of)
        for group in [WHOLE, *groups]
    ]


def as_relation(
    rows: Sequence[Row], connection: duckdb.DuckDBPyConnection
) -> duckdb.DuckDBPyRelation:
    """The rows as a relation with the columns' types; needs neither pandas nor Arrow."""
    marks = ", ".join("?" for _ in COLUMNS)
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in COLUMNS.items())
    return connection.sql(
        f"select {columns} from (values {', '.join(f'({marks})' for _ in rows)})"
        f" as fitted ({', '.join(COLUMNS)})",
        params=[row[name] for row in rows for name in COLUMNS],
    )


def _only(table: Table, group: str) -> Table:
    """The rows of one group; the whole is everybody."""
    if group == WHOLE:
        return table
    is_of_group = table["parameter_group"] == group
    return {name: values[is_of_group] for name, values in table.items()}


def _row(group: str, purchases: Table, amounts: Table, as_of: Any) -> Row:
    """One group's counts and both its fits."""
    x, customers = _floats(purchases, "repeat_count"), _floats(purchases, "customers")
    bgnbd = fit_bgnbd(
        x,
        _floats(purchases, "clv_recency_days") / DAYS_IN_WEEK,
        _floats(purchases, "clv_age_days") / DAYS_IN_WEEK,
        customers,
    )
    repeats, valued = _floats(amounts, "repeat_count"), _floats(amounts, "customers")
    mean_amount = _floats(amounts, "repeat_amount") / np.maximum(repeats, 1)
    gamma_gamma = fit_gamma_gamma(repeats, mean_amount, valued)
    return {
        "parameter_group": group,
        "customer_count": int(np.sum(customers)),
        "repeat_customer_count": int(np.sum(customers[x > 0])),
        "repeat_count": int(np.sum(customers * x)),
        **_fitted(bgnbd, BGNBD, "bgnbd"),
        "valued_customer_count": int(np.sum(valued)),
        **_fitted(gamma_gamma, GAMMA_GAMMA, "gamma_gamma"),
        "frequency_value_correlation": _correlation(repeats, mean_amount, valued),
        "fitted_as_of": as_of,
    }


def _floats(table: Table, name: str) -> Array:
    return np.asarray(table[name], dtype=np.float64)


def _fitted(fit: Fit, names: Sequence[str], model: str) -> Row:
    """A fit's columns; None where it has no parameters."""
    return {
        **{name: fit.parameters.get(name) for name in names},
        **{f"{name}_log_standard_error": fit.log_standard_errors.get(name) for name in names},
        f"{model}_log_likelihood": fit.log_likelihood,
        f"{model}_reason": fit.reason,
    }


def _correlation(x: Array, y: Array, weight: Array) -> float | None:
    """Pearson's; Gamma-Gamma takes frequency and value for independent."""
    if len(x) == 0:
        return None
    total = np.sum(weight)
    dx, dy = x - np.sum(weight * x) / total, y - np.sum(weight * y) / total
    spread = float(np.sum(weight * dx**2) * np.sum(weight * dy**2))
    return float(np.sum(weight * dx * dy) / np.sqrt(spread)) if spread > 0 else None


def main(argv: Sequence[str] | None = None) -> int:
    """Write the seed, and turn what a person can mend into one line and exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.fit", description="Write seed clv_parameters from an exported summary."
    )
    parser.add_argument("summary", type=Path, help="int_customer_clv_summary as .parquet or .csv")
    parser.add_argument("--output", type=Path, default=SEED, help="the CSV file to write")
    arguments = parser.parse_args(argv)
    try:
        rows = fit_groups(_read(arguments.summary))
    except UserError as error:
        print(f"fit: {error}", file=sys.stderr)
        return 2
    with arguments.output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        value = row["gamma_gamma_reason"] or "fitted"
        print(
            f"{row['parameter_group']}: {row['customer_count']:,} customers,"
            f" purchases {row['bgnbd_reason'] or 'fitted'}, value {value}"
        )
    print(f"Written: {display(arguments.output.resolve())}")
    return 0


def _read(path: Path) -> duckdb.DuckDBPyRelation:
    """The exported summary as a relation."""
    if not path.exists():
        raise UserError(f"There is no {display(path)}. Export int_customer_clv_summary to it.")
    try:
        return duckdb.sql(f"select * from '{str(path).replace(chr(39), chr(39) * 2)}'")
    except duckdb.Error as error:
        problem = str(error).splitlines()[0]
        raise UserError(
            f"{display(path)} cannot be read ({problem}). Give a .parquet or .csv file."
        ) from error


if __name__ == "__main__":
    raise SystemExit(main())
