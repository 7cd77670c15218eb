"""What all contenders compute: one row a buyer, one row a cohort and month with purchases.

Money is whole cents and rates are whole hundred-millionths, so that nobody's sums depend on the
order of rows. The names and statuses are those that the demo shop's files have.
"""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from ops.demo.books import LAST_DAY
from ops.project import ROOT, UserError

ZONE = "Europe/Berlin"
RATE_UNIT = 100_000_000
SCORES = 5
EVENT_DAYS = 90
STATUSES = ["completed", "shipped"]
CLICK = "email_clicked"
PRODUCT_EVENTS = ["page_view_product", "product_viewed", "Added to Cart", "checkout_started"]

CUSTOMERS, COHORTS = "customers", "cohorts"
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
        sum(net_cents) / 100 as net_revenue,
        sum(repeat_count) as repeats
    from read_parquet(?)
"""


def moment(day: date) -> datetime:
    """When that day begins in the shop's zone, as UTC without an offset."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


END = moment(LAST_DAY + timedelta(days=1))
EVENTS_FROM = moment(LAST_DAY - timedelta(days=EVENT_DAYS - 1))


def segment_cells() -> dict[tuple[int, int], str]:
    """The classic segment of each recency and frequency score."""
    with (ROOT / "seeds" / "policy" / "segment_maps.csv").open(encoding="utf-8") as file:
        rules = [row for row in csv.DictReader(file) if row["map_name"] == "classic"]
    return {
        (recency, frequency): rule["segment"]
        for rule in rules
        if rule["applies_to"] == "buyers"
        for recency in scores(rule, "recency")
        for frequency in scores(rule, "frequency")
    }


def scores(rule: dict[str, str], measure: str) -> range:
    """The scores of a measure that a rule is about."""
    return range(int(rule[f"minimum_{measure}_score"]), int(rule[f"maximum_{measure}_score"]) + 1)


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
    for column in columns:
        found = duckdb.execute(
            f"""
            select {keys}, ours.{column}, theirs.{column}, count(*) over () as difference_count
            from read_parquet(?) as ours
            full join read_parquet(?) as theirs using ({keys})
            where ours.{column} is distinct from theirs.{column}
            order by {keys}
            limit 1
            """,
            [str(folder / f"{table}.parquet") for folder in (left_folder, right_folder)],
        ).fetchone()
        if found:
            *key, ours, theirs, count = found
            where = ", ".join(
                f"{part} {value}" for part, value in zip(KEYS[table], key, strict=True)
            )
            raise UserError(
                f"The contenders disagree about {table}, column {column}: {where} has {ours} by"
                f" {left} and {theirs} by {right}; {count:,} rows differ in this column."
            )
