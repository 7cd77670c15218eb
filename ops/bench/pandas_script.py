"""The comparable part in pandas.

python -m ops.bench.pandas_script raw out
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

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

LAST = pd.Timestamp(LAST_DAY)


def main(raw: Path, out: Path) -> None:
    """Read the shop, write its customers and cohorts."""
    occasions = read_occasions(raw)
    customers = summarise(occasions)
    customers = customers.merge(read_events(raw), on="customer_id", how="left")
    score(customers).to_parquet(out / f"{CUSTOMERS}.parquet", index=False)
    cohorts(occasions).to_parquet(out / f"{COHORTS}.parquet", index=False)


def read(
    raw: Path, table: str, columns: list[str], filters: Sequence[Any] | None = None
) -> pd.DataFrame:
    """Some columns of a table; decimals as floats, for pandas has none."""
    found = pq.read_table(raw / f"{table}.parquet", columns=columns, filters=filters)
    for place, column in enumerate(found.schema):
        if pa.types.is_decimal(column.type):
            values = pc.cast(found[column.name], pa.float64())
            found = found.set_column(place, column.name, values)
    frame: pd.DataFrame = found.to_pandas()
    return frame


def read_occasions(raw: Path) -> pd.DataFrame:
    """One row a customer and day with purchases."""
    columns = ["order_id", "customer_id", "ordered_at", "gross_amount", "discount_amount"]
    orders = read(
        raw,
        "orders",
        [*columns, "currency", "status"],
        [("ordered_at", "<", END), ("status", "in", STATUSES)],
    ).drop_duplicates("order_id")
    erased = read(raw, "erasure_requests", ["customer_id"])
    orders = orders[~orders["customer_id"].isin(erased["customer_id"])]
    orders["order_date"] = local_day(orders["ordered_at"])
    orders = orders.merge(daily_rates(raw), on=["currency", "order_date"], how="left")
    orders["rate"] = orders["rate"].fillna(RATE_UNIT).astype("int64")
    gross = converted(orders["gross_amount"], orders["rate"])
    discount = converted(orders["discount_amount"].fillna(0), orders["rate"])
    orders["net_cents"] = gross - discount
    orders = orders[orders["net_cents"] > 0]
    refunds = read(raw, "refunds", ["refund_id", "order_id", "amount"], [("refunded_at", "<", END)])
    refunds = refunds.drop_duplicates("refund_id")
    refunds = refunds.merge(orders[["order_id", "rate"]], on="order_id")
    refunds["refund_cents"] = converted(refunds["amount"], refunds["rate"])
    refunded = refunds.groupby("order_id", sort=False)["refund_cents"].sum()
    orders["net_cents"] -= orders["order_id"].map(refunded).fillna(0).astype("int64")
    return (
        orders.groupby(["customer_id", "order_date"])
        .agg(order_count=("order_id", "size"), net_cents=("net_cents", "sum"))
        .reset_index()
    )


def local_day(moments: pd.Series) -> pd.Series:
    """The calendar day in the shop's zone, as midnight."""
    local = moments.dt.tz_localize("UTC").dt.tz_convert(ZONE)
    day: pd.Series = local.dt.tz_localize(None).dt.normalize()
    return day


def converted(amount: pd.Series, rate: pd.Series) -> pd.Series:
    """Cents in the reporting currency, halves rounded up."""
    cents = (100 * amount).round().astype("int64")
    rounded: pd.Series = (cents * rate + RATE_UNIT // 2) // RATE_UNIT
    return rounded


def daily_rates(raw: Path) -> pd.DataFrame:
    """A rate for every currency and day: the last earlier one counts."""
    rates = read(raw, "exchange_rates", ["currency", "rate_date", "rate"])
    rates["order_date"] = pd.to_datetime(rates["rate_date"]).astype("datetime64[us]")
    rates["rate"] = (rates["rate"].astype("float64") * RATE_UNIT).round()
    days = pd.date_range(rates["order_date"].min(), LAST, unit="us", name="order_date")
    by_day = rates.pivot(index="order_date", columns="currency", values="rate")
    return by_day.reindex(days).ffill().reset_index().melt("order_date", value_name="rate")


def summarise(occasions: pd.DataFrame) -> pd.DataFrame:
    """One row a buyer; the occasions are sorted by customer and day."""
    by_customer = occasions.groupby("customer_id", sort=False)
    gaps = by_customer["order_date"].diff().dt.days
    is_first = ~occasions["customer_id"].duplicated()
    work = occasions.assign(gap=gaps, repeat=occasions["net_cents"].where(~is_first, 0))
    customers = (
        work.groupby("customer_id", sort=False)
        .agg(
            order_count=("order_count", "sum"),
            net_cents=("net_cents", "sum"),
            first_order_date=("order_date", "first"),
            last_order_date=("order_date", "last"),
            median_gap_days=("gap", "median"),
            repeat_count=("gap", "count"),
            repeat_cents=("repeat", "sum"),
        )
        .reset_index()
    )
    first, last = customers["first_order_date"], customers["last_order_date"]
    customers["recency_days"] = (last - first).dt.days
    customers["age_days"] = (LAST - first).dt.days
    return customers


def read_events(raw: Path) -> pd.DataFrame:
    """What each customer did lately, also before we knew who it was."""
    events = read(
        raw,
        "events",
        ["event_id", "event_type", "customer_id", "anonymous_id"],
        [("occurred_at", ">=", EVENTS_FROM), ("occurred_at", "<", END)],
    ).drop_duplicates("event_id")
    links = read(raw, "identities", ["anonymous_id", "customer_id"]).set_index("anonymous_id")
    linked = events["anonymous_id"].map(links["customer_id"])
    events["customer_id"] = events["customer_id"].fillna(linked)
    events["product_events"] = events["event_type"].isin(PRODUCT_EVENTS)
    events["email_clicks"] = events["event_type"] == CLICK
    counts = ["product_events", "email_clicks"]
    return events.groupby("customer_id", sort=False)[counts].sum().reset_index()


def score(customers: pd.DataFrame) -> pd.DataFrame:
    """Scores by rank among all buyers, equal values alike, and the segment they give."""
    counts = ["product_events", "email_clicks"]
    customers[counts] = customers[counts].fillna(0).astype("int64")
    customers["recency_score"] = ranked(customers["last_order_date"])
    customers["frequency_score"] = ranked(customers["order_count"])
    customers["monetary_score"] = ranked(customers["net_cents"])
    segments = pd.DataFrame(
        [(*scores, segment) for scores, segment in segment_cells().items()],
        columns=["recency_score", "frequency_score", "segment"],
    )
    return customers.merge(segments, on=["recency_score", "frequency_score"], how="left")


def ranked(measure: pd.Series) -> pd.Series:
    """A score from 1 to 5 by percent rank."""
    share = (measure.rank(method="min") - 1) / max(len(measure) - 1, 1)
    return ((SCORES * share) // 1 + 1).clip(1, SCORES).astype("int64")


def cohorts(occasions: pd.DataFrame) -> pd.DataFrame:
    """How many of each cohort bought in each month since their first."""
    days = occasions["order_date"]
    month = 12 * days.dt.year + days.dt.month - 1
    cohort = month.groupby(occasions["customer_id"], sort=False).transform("first")
    active = pd.DataFrame(
        {"customer_id": occasions["customer_id"], "cohort": cohort, "month_number": month - cohort}
    ).drop_duplicates()
    counted = active.groupby(["cohort", "month_number"]).size().rename("active_count").reset_index()
    year, month_of_year = counted["cohort"] // 12, counted["cohort"] % 12 + 1
    counted["cohort_month"] = pd.to_datetime({"year": year, "month": month_of_year, "day": 1})
    return counted


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
