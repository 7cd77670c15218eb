"""Do all contenders say the same, for every customer and every cell?"""

from pathlib import Path

import duckdb

from ops.bench.core import COHORTS, CUSTOMERS
from ops.project import UserError

KEYS = {CUSTOMERS: ["customer_id"], COHORTS: ["cohort_month", "month_number"]}
COLUMNS = {
    CUSTOMERS: [
        "order_count",
        "net_cents",
        "first_order_date",
        "last_order_date",
        "median_gap_days",
        "repeat_count",
        "recency_days",
        "age_days",
        "repeat_cents",
        "product_events",
        "email_clicks",
        "recency_score",
        "frequency_score",
        "monetary_score",
        "segment",
    ],
    COHORTS: ["active_count"],
}

# the same rows out of this project's own build
OURS = {
    CUSTOMERS: """
        select
            customers.customer_id,
            customers.order_count,
            cast(100 * customers.net_revenue_amount as bigint) as net_cents,
            customers.first_order_date,
            customers.last_order_date,
            cast(customers.median_days_between_orders as double) as median_gap_days,
            summary.repeat_count,
            summary.clv_recency_days as recency_days,
            summary.clv_age_days as age_days,
            cast(coalesce(100 * summary.repeat_amount, 0) as bigint) as repeat_cents,
            customers.product_event_count_90d as product_events,
            customers.email_clicked_count_90d as email_clicks,
            segments.recency_score,
            segments.frequency_score,
            segments.monetary_score,
            segments.segment
        from marts.customers
        inner join marts.customer_segments as segments using (customer_id)
        inner join intermediate.int_customers as keys using (customer_id)
        inner join intermediate.int_customer_clv_summary as summary using (customer_key)
    """,
    COHORTS: """
        select
            cohort_month,
            months_since_first_order as month_number,
            active_customer_count as active_count
        from marts.cohort_retention
        where active_customer_count > 0
    """,
}
TOTALS = """
    select
        count(*) as customers,
        sum(order_count) as orders,
        sum(net_cents) / 100 as "net revenue",
        sum(repeat_count) as repeats
    from read_parquet(?)
"""


def write_ours(build: Path, out: Path) -> None:
    """What a build of this project says, in the form of the others' results."""
    with duckdb.connect(str(build), read_only=True) as connection:
        for table, query in OURS.items():
            connection.sql(query).write_parquet(str(out / f"{table}.parquet"))


def check_agreement(results: dict[str, Path], columns: dict[str, list[str]] = COLUMNS) -> None:
    """Every contender's rows equal the first one's; the first difference stops everything."""
    (first, standard), *others = results.items()
    for name, folder in others:
        for table, compared in columns.items():
            compare(table, compared, {first: standard, name: folder})


def compare(table: str, columns: list[str], results: dict[str, Path]) -> None:
    """The rows of two contenders, joined by their key, are equal in these columns."""
    (left, left_folder), (right, right_folder) = results.items()
    keys = ", ".join(KEYS[table])
    files = [str(folder / f"{table}.parquet") for folder in (left_folder, right_folder)]
    joined = f"from read_parquet(?) as ours full join read_parquet(?) as theirs using ({keys})"
    differs = {name: f"ours.{name} is distinct from theirs.{name}" for name in columns}
    counted = ", ".join(f"count(*) filter (where {rule})" for rule in differs.values())
    (counts,) = duckdb.execute(f"select {counted} {joined}", files).fetchall()
    for (column, rule), count in zip(differs.items(), counts, strict=True):
        if count:
            ((*key, ours, theirs),) = duckdb.execute(
                f"select {keys}, ours.{column}, theirs.{column} {joined}"
                f" where {rule} order by {keys} limit 1",
                files,
            ).fetchall()
            where = ", ".join(
                f"{name} {value}" for name, value in zip(KEYS[table], key, strict=True)
            )
            raise UserError(
                f"The contenders disagree about {table}, column {column}: {where} has {ours} by"
                f" {left} and {theirs} by {right}; {count:,} rows differ in this column."
            )
