"""The comparable part in Polars, lazily and with its streaming engine.

python -m ops.bench.polars_script raw out
"""

import sys
from pathlib import Path

import polars as pl

from ops.bench.core import (
    CLICK,
    COHORTS,
    CUSTOMERS,
    END,
    EVENTS_FROM,
    PRODUCT_EVENTS,
    RATE_UNIT,
    SCORES,
    STATUSES,
    ZONE,
    segment_cells,
)
from ops.demo.books import LAST_DAY


def main(raw: Path, out: Path) -> None:
    """Read the shop, write its customers and cohorts."""
    occasions = in_order(read_occasions(raw)).collect(engine="streaming").lazy()
    events = read_events(raw).collect(engine="streaming").lazy()
    customers = score(summarise(occasions).join(events, on="customer_id", how="left"))
    for name, frame in ((CUSTOMERS, customers), (COHORTS, cohorts(occasions))):
        frame.collect(engine="streaming").write_parquet(out / f"{name}.parquet")


def read_occasions(raw: Path) -> pl.LazyFrame:
    """One row a customer and day with purchases."""
    erased = pl.scan_parquet(raw / "erasure_requests.parquet").select("customer_id")
    cents = pl.col("gross_cents") - pl.col("discount_cents")
    orders = (
        pl.scan_parquet(raw / "orders.parquet")
        .filter(pl.col("ordered_at") < END)
        .unique("order_id")
        .filter(pl.col("status").is_in(STATUSES))
        .join(erased, on="customer_id", how="anti")
        .with_columns(local_day("ordered_at").alias("order_date"))
        .join(daily_rates(raw), on=["currency", "order_date"], how="left")
        .with_columns(pl.col("rate").fill_null(RATE_UNIT))
        .with_columns(
            converted("gross_amount").alias("gross_cents"),
            converted("discount_amount").fill_null(0).alias("discount_cents"),
        )
        .filter(cents > 0)
        .select("order_id", "customer_id", "order_date", "rate", cents.alias("sale_cents"))
    )
    refunds = (
        pl.scan_parquet(raw / "refunds.parquet")
        .filter(pl.col("refunded_at") < END)
        .unique("refund_id")
        .join(orders.select("order_id", "rate"), on="order_id")
        .group_by("order_id")
        .agg(converted("amount").sum().alias("refund_cents"))
    )
    net = pl.col("sale_cents") - pl.col("refund_cents").fill_null(0)
    return (
        orders.join(refunds, on="order_id", how="left")
        .group_by("customer_id", "order_date")
        .agg(pl.len().alias("order_count"), net.sum().alias("net_cents"))
    )


def local_day(moment: str) -> pl.Expr:
    """The calendar day in the shop's zone."""
    return pl.col(moment).dt.replace_time_zone("UTC").dt.convert_time_zone(ZONE).dt.date()


def whole(column: str, unit: int) -> pl.Expr:
    """A decimal as a whole number of its smallest units."""
    return (pl.col(column).cast(pl.Float64) * unit).round().cast(pl.Int64)


def converted(amount: str) -> pl.Expr:
    """Cents in the reporting currency, halves rounded up."""
    return (whole(amount, 100) * pl.col("rate") + RATE_UNIT // 2) // RATE_UNIT


def daily_rates(raw: Path) -> pl.LazyFrame:
    """A rate for every currency and day: the last earlier one counts."""
    rates = pl.scan_parquet(raw / "exchange_rates.parquet").select(
        "currency",
        pl.col("rate_date").str.to_date().alias("order_date"),
        whole("rate", RATE_UNIT).alias("rate"),
    )
    days = rates.select(pl.date_range(pl.col("order_date").min(), LAST_DAY).alias("order_date"))
    return (
        rates.select("currency")
        .unique()
        .join(days, how="cross")
        .sort("order_date")
        .join_asof(rates.sort("order_date"), on="order_date", by="currency", check_sortedness=False)
    )


def in_order(occasions: pl.LazyFrame) -> pl.LazyFrame:
    """Each customer's days one after the other, with the gap to the one before."""
    customer, day = pl.col("customer_id"), pl.col("order_date")
    is_repeat = (customer == customer.shift()).fill_null(False)
    return occasions.sort("customer_id", "order_date").with_columns(
        is_repeat.alias("is_repeat"),
        pl.when(is_repeat).then((day - day.shift()).dt.total_days()).alias("gap_days"),
    )


def summarise(occasions: pl.LazyFrame) -> pl.LazyFrame:
    """One row a buyer."""
    day = pl.col("order_date")
    return (
        occasions.group_by("customer_id")
        .agg(
            pl.col("order_count").sum().cast(pl.Int64),
            pl.col("net_cents").sum(),
            day.min().alias("first_order_date"),
            day.max().alias("last_order_date"),
            pl.col("gap_days").median().alias("median_gap_days"),
            pl.col("is_repeat").sum().cast(pl.Int64).alias("repeat_count"),
            (pl.col("net_cents") * pl.col("is_repeat")).sum().alias("repeat_cents"),
        )
        .with_columns(
            days("first_order_date", pl.col("last_order_date")).alias("recency_days"),
            days("first_order_date", pl.lit(LAST_DAY)).alias("age_days"),
        )
    )


def days(start: str, end: pl.Expr) -> pl.Expr:
    """Days from one day to another."""
    return (end - pl.col(start)).dt.total_days()


def read_events(raw: Path) -> pl.LazyFrame:
    """What each customer did lately, also before we knew who it was."""
    links = pl.scan_parquet(raw / "identities.parquet").select(
        "anonymous_id", pl.col("customer_id").alias("linked_id")
    )
    kind = pl.col("event_type")
    return (
        pl.scan_parquet(raw / "events.parquet")
        .filter(pl.col("occurred_at").is_between(EVENTS_FROM, END, closed="left"))
        .unique("event_id")
        .join(links, on="anonymous_id", how="left")
        .with_columns(pl.coalesce("customer_id", "linked_id").alias("customer_id"))
        .group_by("customer_id")
        .agg(
            kind.is_in(PRODUCT_EVENTS).sum().alias("product_events"),
            (kind == CLICK).sum().alias("email_clicks"),
        )
    )


def score(customers: pl.LazyFrame) -> pl.LazyFrame:
    """Scores by rank among all buyers, equal values alike, and the segment they give."""
    cells = segment_cells()
    segments = pl.LazyFrame(
        [(*scores, segment) for scores, segment in cells.items()],
        schema={
            "recency_score": pl.Int64,
            "frequency_score": pl.Int64,
            "segment": pl.String,
        },
        orient="row",
    )
    return customers.with_columns(
        pl.col("product_events", "email_clicks").fill_null(0).cast(pl.Int64),
        ranked("last_order_date").alias("recency_score"),
        ranked("order_count").alias("frequency_score"),
        ranked("net_cents").alias("monetary_score"),
    ).join(segments, on=["recency_score", "frequency_score"], how="left")


def ranked(measure: str) -> pl.Expr:
    """A score from 1 to 5 by percent rank."""
    share = (pl.col(measure).rank("min") - 1).cast(pl.Float64) / (pl.len() - 1)
    return ((SCORES * share).floor() + 1).clip(1, SCORES).cast(pl.Int64)


def cohorts(occasions: pl.LazyFrame) -> pl.LazyFrame:
    """How many of each cohort bought in each month since their first."""
    month = pl.col("order_date").dt.truncate("1mo")
    cohort = pl.when(~pl.col("is_repeat")).then(month).forward_fill()
    since = 12 * (month.dt.year() - cohort.dt.year()) + (
        month.dt.month().cast(pl.Int32) - cohort.dt.month().cast(pl.Int32)
    )
    return (
        occasions.select("customer_id", cohort.alias("cohort_month"), since.alias("month_number"))
        .group_by("cohort_month", "month_number")
        .agg(pl.col("customer_id").n_unique().alias("active_count"))
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
