"""A build as of a past date on all data equals a build on data cut at that date."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from shop import Builder, differences, read_demo_shop, write_tables

# What happened when. Products, attributes and order lines carry no event time of their own, and
# an erasure counts in every build, whatever its date.
EVENT_TIME: dict[str, str | None] = {
    "orders": "ordered_at",
    "order_items": None,
    "products": None,
    "refunds": "refunded_at",
    "customers": "created_at",
    "customer_attributes": None,
    "exchange_rates": "rate_date",
    "events": "occurred_at",
    "identities": "linked_at",
    "consents": "changed_at",
    "surveys": "responded_at",
    "promotion_sends": "sent_at",
    "promotion_assignments": "assigned_at",
}

# What a later version says otherwise, so that taking it too early shows in a mart.
CORRECTIONS = {
    "orders": ("status", "cancelled"),
    "order_items": ("quantity", "9"),
    "products": ("category", "corrected"),
    "refunds": ("amount", "0.01"),
    "customers": ("country", "ZZ"),
    "events": ("event_type", "corrected"),
    "surveys": ("score", "0"),
}


def corrected_later(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables with a second version of every fifth row, written after all the dates."""
    delivered = dict(tables)
    for table, (column, value) in CORRECTIONS.items():
        correction = {column: value, "updated_at": "2026-06-15T12:00:00Z"}
        delivered[table] = pd.concat([tables[table], tables[table].iloc[::5].assign(**correction)])
    return {table: rows.fillna("").reset_index(drop=True) for table, rows in delivered.items()}


def instant(text: str, business_zone: ZoneInfo) -> datetime | None:
    """A delivered time as an instant: offset, else UTC; a date alone is that local midnight."""
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if parsed.tzinfo is not None:
        return parsed
    return parsed.replace(tzinfo=business_zone if len(text.strip()) == 10 else UTC)


def cut(tables: dict[str, pd.DataFrame], day: date, zone: ZoneInfo) -> dict[str, pd.DataFrame]:
    """The tables without the rows and versions that a local day's end does not know yet."""
    end = datetime.combine(day + timedelta(days=1), time(0), zone)

    def is_known(text: str) -> bool:
        at = instant(text, zone)
        return at is None or at < end

    left = {}
    for table, rows in tables.items():
        known = pd.Series(True, index=rows.index)
        if table in EVENT_TIME:
            for column in filter(None, (EVENT_TIME[table], "updated_at")):
                if column in rows:
                    known &= rows[column].map(is_known)
        left[table] = rows[known]
    return left


def assert_same_as_cut(
    builder: Builder, folder: Path, tables: dict[str, pd.DataFrame], day: str, zone: str
) -> None:
    """Build twice, and compare every mart row by row."""
    known_then = cut(tables, date.fromisoformat(day), ZoneInfo(zone))
    assert sum(map(len, known_then.values())) < sum(map(len, tables.values()))
    builds = []
    for name, delivered in (("all", tables), ("cut", known_then)):
        raw = write_tables(folder / name, delivered)
        build = builder.build(
            raw, folder / f"build_{name}", as_of=day, checks=False, business_timezone=zone
        )
        assert not build.problems, "\n".join(build.problems)
        builds.append(build)
    assert builds[0].value("select count(*) from marts.customer_segments") > 0
    assert differences(*builds) == []


@pytest.mark.parametrize("day", [pytest.param("2025-03-29", marks=pytest.mark.long), "2025-10-26"])
def test_demo_shop(builder: Builder, tmp_path: Path, day: str) -> None:
    """The days end at a change of the clocks, on either side of it."""
    tables = corrected_later(read_demo_shop())
    assert_same_as_cut(builder, tmp_path, tables, day, "Europe/Berlin")


@pytest.mark.long
def test_cdnow(builder: Builder, tmp_path: Path, real_data: Callable[[str], Path]) -> None:
    rows = pd.read_parquet(real_data("cdnow/cdnow_sample.parquet"))
    orders = pd.DataFrame(
        {
            "order_id": [f"P{number:05}" for number in range(len(rows))],
            "customer_id": rows["sample_id"],
            "ordered_at": rows["date"].astype(str),
            "gross_amount": rows["dollar_value"].astype(str),
        }
    )
    assert_same_as_cut(builder, tmp_path, {"orders": orders}, "1997-09-30", "UTC")
