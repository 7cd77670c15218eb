"""Measure what a new day changes of what is built: the most that a nightly increment could spare.

    python -m ops.bench_night                    100,000 orders
    python -m ops.bench_night --orders 1000000 --orders-per-customer 10
    python -m ops.bench_night --smoke            3,000: is what it compares there?

A demo shop is built as of its last day, and as of the day before, from one delivery. A model's
table that differs in few rows is one that an increment could keep and mend; one whose rows differ
all, as recency, ranks and due days do, has to be computed for everybody. Seconds are those that
dbt took for the model on the last day. Views are left out: they cost nothing until they are read.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from ops.bench.shop import BUILD, build_by_node, write_profile, write_shop
from ops.demo.books import LAST_DAY
from ops.demo.parquet import ORDERS_PER_CUSTOMER
from ops.tombstones import literal, quoted, table_columns

SMOKE_ORDERS = 3_000
SHARES = (0.01, 0.05, 0.25, 0.99)
LONGEST = 20
KEY, CUSTOMERS = "customer_key", "intermediate.int_customers"


@dataclass(frozen=True)
class Model:
    """A model's table on the last day: its rows, those that the day before had not, its seconds."""

    name: str
    rows: int
    changed: int
    seconds: float

    @property
    def share(self) -> float:
        """Of its rows, those that the day changed."""
        return self.changed / self.rows if self.rows else 0.0


def build(raw: Path, home: Path, day: date) -> dict[str, float]:
    """All models as of a day in a folder of its own; the processor's seconds of each."""
    write_profile(home)
    costs = home / "nodes.json"
    build_by_node(raw, home, costs, day)
    return dict(json.loads(costs.read_text(encoding="utf-8"))["models"])


def compare(before: Path, after: Path, seconds: dict[str, float]) -> Iterator[Model]:
    """Every model that is a table in both builds."""
    with duckdb.connect() as connection:
        for name, path in (("before", before), ("after", after)):
            connection.execute(f"attach {literal(path)} as {name} (read_only)")
        kept = table_columns(connection, "before")
        for table, columns in table_columns(connection, "after").items():
            name = table.split(".")[1]
            if name not in seconds or table not in kept:
                continue
            older, newer = (rows_of(build, table, columns) for build in ("before", "after"))
            counted = connection.execute(
                f"select (select count(*) from after.{quoted(table)}),"
                f" (select count(*) from ({newer} except all {older}))"
            ).fetchone()
            rows, changed = counted or (0, 0)
            yield Model(name, rows, changed, seconds[name])


def rows_of(build: str, table: str, columns: Mapping[str, str]) -> str:
    """A table's rows; a customer by their id, for each build numbers them anew."""
    if KEY not in columns:
        return f"from {build}.{quoted(table)}"
    rows = f"select * exclude ({KEY}) from {build}.{quoted(table)}"
    if table == CUSTOMERS:
        return rows
    return (
        f"select known.customer_id, counted.* exclude ({KEY}) from {build}.{quoted(table)}"
        f" as counted left join {build}.{quoted(CUSTOMERS)} as known using ({KEY})"
    )


def report(models: Sequence[Model]) -> Iterator[str]:
    """How many seconds are spent on tables of which a day changes so little, and on which."""
    total = sum(model.seconds for model in models)
    yield "| rows that the day changed | models | CPU s | share |"
    yield "|---|---|---|---|"
    least = -1.0
    for most in (*SHARES, 1.0):
        found = [model for model in models if least < model.share <= most]
        spent = sum(model.seconds for model in found)
        limits = f"at most {most:.0%}" if least < 0 else f"{least:.0%} to {most:.0%}"
        yield f"| {limits} | {len(found)} | {spent:,.1f} | {spent / total:.0%} |"
        least = most
    yield ""
    yield "| model | CPU s | rows | changed |"
    yield "|---|---|---|---|"
    for model in sorted(models, key=lambda model: -model.seconds)[:LONGEST]:
        yield f"| `{model.name}` | {model.seconds:,.2f} | {model.rows:,} | {model.share:.1%} |"


def main(argv: Sequence[str] | None = None) -> int:
    """Build twice, compare, print."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.bench_night",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--orders-per-customer", type=float, default=ORDERS_PER_CUSTOMER)
    parser.add_argument("--smoke", action="store_true", help="small: is everything compared?")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        orders = SMOKE_ORDERS if options.smoke else options.orders
        write_shop(folder / "raw", orders, options.orders_per_customer)
        seconds: dict[str, float] = {}
        homes = [folder / "before", folder / "after"]
        for home, day in zip(homes, (LAST_DAY - timedelta(days=1), LAST_DAY), strict=True):
            seconds = build(folder / "raw", home, day)
        models = list(compare(homes[0] / BUILD, homes[1] / BUILD, seconds))
    print("\n".join(report(models)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
