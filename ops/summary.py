"""What a person reads after a build: rows in, segments out, and what to type next."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ops.project import display

OUTCOMES = ("accepted", "quarantined", "duplicate", "superseded", "after_as_of", "erased")

Cell = str | int | float | Decimal | None
# the rows of a query on a warehouse
Rows = Callable[[str], list[tuple[Any, ...]]]


def text_table(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Rows in aligned columns: words to the left, numbers to the right, zero as a dot."""
    cells = [[_text(value) for value in row] for row in rows]
    lines = [list(headers), *cells]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    is_number = [
        any(isinstance(row[column], int | float | Decimal) for row in rows)
        for column in range(len(headers))
    ]
    return "\n".join(
        "  "
        + "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in lines
    )


def _text(value: Cell) -> str:
    if value is None or value == 0:
        return "·"
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else f"{value:,.2f}"


def as_of_day(build: Path) -> str | None:
    """The day that the build is as of; None where no customer is known."""
    with duckdb.connect(str(build), read_only=True) as connection:
        row = connection.execute("select max(as_of_date) from marts.customer_segments").fetchone()
    return str(row[0]) if row and row[0] else None


def summary(build: Path) -> str:
    """The reconciliation, the segments and what promotions are to do and did, as text."""
    with duckdb.connect(str(build), read_only=True) as connection:
        return summary_of(lambda query: connection.execute(query).fetchall())


def summary_of(rows_of: Rows) -> str:
    """The same of any warehouse."""
    parts = [
        "Rows delivered, by what became of them\n" + _sources(rows_of),
        _reasons(rows_of),
        "Segments\n" + _segments(rows_of),
        _promotions(rows_of),
        _lifts(rows_of),
    ]
    return "\n\n".join(part for part in parts if part)


def _sources(rows_of: Rows) -> str:
    sums = ", ".join(
        f"cast(coalesce(sum(row_count) filter (where outcome = '{outcome}'), 0) as bigint)"
        for outcome in OUTCOMES
    )
    rows = rows_of(f"select source, {sums} from audit.source_quality group by 1 order by 1")
    return text_table(["source", *(name.replace("_", " ") for name in OUTCOMES)], rows)


def _reasons(rows_of: Rows) -> str:
    """Why rows were refused, and what was noted on accepted ones; empty when there is nothing."""
    rows = rows_of(
        "select outcome, reason, cast(sum(row_count) as bigint), "
        "string_agg(distinct source, ', ' order by source) from audit.source_quality "
        "where outcome in ('accepted', 'quarantined') and reason != 'none' "
        "group by 1, 2 order by 1 desc, 3 desc, 2"
    )
    if not rows:
        return ""
    lines = [[*row[:3], _shortened(row[3])] for row in rows]
    title = "Why, and what was noted (row by row: staging.quarantined_rows in the build file)"
    return f"{title}\n" + text_table(["outcome", "reason", "rows", "sources"], lines)


def _shortened(names: str) -> str:
    """A list of names, the first three of many."""
    parts = names.split(", ")
    return names if len(parts) <= 3 else f"{', '.join(parts[:3])} and {len(parts) - 3} more"


def _segments(rows_of: Rows) -> str:
    rows = rows_of(
        "select segment, count(*), sum(net_revenue_amount) from marts.customer_segments "
        "group by 1 order by 3 desc nulls last, 2 desc, 1"
    )
    total = sum(row[1] for row in rows)
    if not total:
        return "  no customer is known yet"
    lines = [[name, size, f"{size / total:.1%}", revenue] for name, size, revenue in rows]
    return text_table(["segment", "customers", "share", "net revenue"], lines)


def _promotions(rows_of: Rows) -> str:
    """What tonight's decisions come to; empty where no promotion is due for anybody."""
    rows = rows_of(
        "select promotion_id, cast(sum(due_customer_count) as bigint), "
        "cast(sum(not_permitted_customer_count) as bigint), "
        "cast(sum(held_out_customer_count) as bigint), "
        "cast(sum(guarded_customer_count + outranked_customer_count + over_budget_customer_count) "
        "as bigint), cast(sum(fairness_stopped_customer_count) as bigint), "
        "cast(sum(loss_stopped_customer_count) as bigint), "
        "cast(sum(selected_customer_count) as bigint), sum(expected_cost_amount), "
        "sum(expected_incremental_margin_amount) from marts.segment_promotions "
        "group by 1 having sum(due_customer_count) > 0 order by 8 desc, 2 desc, 1"
    )
    if not rows:
        return ""
    headers = [
        "promotion",
        "due",
        "not allowed",
        "held out",
        "held back",
        "unfair",
        "losing",
        "selected",
        "cost",
        "gain",
    ]
    title = "Promotions, customers (why not: marts.customer_promotions)"
    return f"{title}\n" + text_table(headers, rows)


def _lifts(rows_of: Rows) -> str:
    """What promotions did by the metric that each is judged by; empty where none can be told."""
    rows = rows_of(
        "select promotion_id, metric, promotion_lift.treatment_count, control_count, "
        "cast(difference as decimal(18, 4)), cast(difference_lower as decimal(18, 4)), "
        "cast(difference_upper as decimal(18, 4)), promotion_lift.verdict, net_amount "
        "from marts.promotion_lift inner join marts.promotion_profit "
        "using (promotion_id, draw, population, segment, arm) "
        "where population = 'assigned' and segment = 'all' and is_primary and is_final "
        "and promotion_lift.verdict not in ('no comparison', 'too small to tell') "
        "order by net_amount desc nulls last, promotion_id, arm"
    )
    if not rows:
        return ""
    lines = [
        [*row[:4], f"{row[4]:+.3f}", f"{row[5]:+.3f} to {row[6]:+.3f}", *row[7:]] for row in rows
    ]
    headers = [
        "promotion",
        "metric",
        "treated",
        "controls",
        "lift",
        "interval",
        "verdict",
        "net",
    ]
    title = "What promotions did, a person (marts.promotion_lift, promotion_profit)"
    return f"{title}\n" + text_table(headers, lines)


def next_steps(published: Path, is_demo: bool) -> str:
    """What to type next; Python, for no DuckDB command line may be there."""
    query = "from marts.customer_segments limit 20"
    lines = [
        "Look inside",
        "  .venv/bin/python -c \"import duckdb; duckdb.connect('"
        f"{display(published)}', read_only=True).sql('{query}').show()\"",
    ]
    if is_demo:
        lines += [
            "With your own orders.csv or orders.parquet, in a folder",
            "  make build RAW=folder AS_OF=YYYY-MM-DD",
        ]
    return "\n".join(lines)
