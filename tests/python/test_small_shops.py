"""The smallest shops build with every data test green, and say what little they know."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from shop import CONTRACT, Build, Builder, write_tables

AS_OF = "2025-06-30"
# The four columns that orders must have, and no other.
REQUIRED = ["order_id", "customer_id", "ordered_at", "gross_amount"]


def orders(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """An orders table with the required columns alone."""
    return pd.DataFrame(list(rows), columns=REQUIRED, dtype=str)


def build_small(
    builder: Builder, folder: Path, suffix: str, tables: dict[str, pd.DataFrame], only: str = ""
) -> tuple[Build, list[dict[Any, Any]]]:
    """Build with every data test, or a part without, and give each customer's segment row."""
    build = builder.build(
        write_tables(folder / "raw", tables, suffix),
        folder,
        as_of=AS_OF,
        suffix=suffix,
        only=only,
        checks=not only,
    )
    assert not build.problems, "\n".join(build.problems)
    found = build.frame("select * from marts.customer_segments order by customer_id")
    return build, [dict(row) for _, row in found.iterrows()]


@pytest.mark.long
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_no_order_at_all(builder: Builder, tmp_path: Path, suffix: str) -> None:
    build, customers = build_small(builder, tmp_path, suffix, {"orders": orders()})
    assert customers == []
    assert build.value("select count(*) from marts.customers") == 0
    assert build.value("select count(*) from marts.cohort_retention") == 0
    assert build.value("select coalesce(sum(row_count), 0) from audit.source_quality") == 0
    # The plan is there, with nobody to send it to.
    assert build.value("select sum(eligible_customer_count) from marts.segment_promotions") == 0


def test_one_order(builder: Builder, tmp_path: Path) -> None:
    one = orders(("O1", "ann", "2025-06-20T12:00:00Z", "19.99"))
    build, (ann,) = build_small(builder, tmp_path, "csv", {"orders": one})
    assert (ann["customer_id"], ann["order_count"], ann["recency_days"]) == ("ann", 1, 10)
    assert float(ann["net_revenue_amount"]) == 19.99
    assert ann["lifecycle_stage"] == "purchase"
    # Nobody ever came back: no gap is known, so nothing is expected and nobody is late.
    assert ann["cadence_status"] == "unknown"
    assert pd.isna(ann["median_days_between_orders"])
    assert pd.isna(ann["expected_next_order_date"])
    assert pd.isna(ann["overdue_ratio"])
    assert ann["cohort_month"] == pd.Timestamp("2025-06-01")
    # A percent rank among one is 0, so the only score is the lowest.
    assert [ann[f"{part}_score"] for part in ("recency", "frequency", "monetary")] == [1, 1, 1]
    cohort = build.frame("select * from marts.cohort_retention").loc[0]
    assert (cohort["cohort_customer_count"], cohort["active_customer_count"]) == (1, 1)


def test_one_customer_with_a_rhythm(builder: Builder, tmp_path: Path) -> None:
    days = ["2025-03-01", "2025-03-31", "2025-04-30", "2025-05-30"]
    several = orders(*((f"O{day}", "ann", day, "10.00") for day in days))
    _, (ann,) = build_small(builder, tmp_path, "csv", {"orders": several}, "+customer_segments")
    assert (ann["order_count"], ann["recency_days"]) == (4, 31)
    assert (ann["cadence_source"], float(ann["median_days_between_orders"])) == ("personal", 30)
    assert ann["expected_next_order_date"] == pd.Timestamp("2025-06-29")
    # 31 days of an expected 30, in four decimals: due, and not yet late enough for an alert.
    assert float(ann["overdue_ratio"]) == 1.0333
    assert (ann["cadence_status"], ann["lifecycle_stage"]) == ("due", "retention")


def test_orders_alone_with_the_required_columns(builder: Builder, tmp_path: Path) -> None:
    rows = [
        (f"O{customer}-{number}", f"C{customer}", f"2025-0{1 + number}-0{1 + customer % 9}", "25")
        for customer in range(30)
        for number in range(1 + customer % 5)
    ]
    marts = "+customer_segments +segment_promotions"
    build, customers = build_small(builder, tmp_path, "parquet", {"orders": orders(*rows)}, marts)
    assert len(customers) == 30
    assert sum(customer["order_count"] for customer in customers) == len(rows)
    assert len({customer["segment"] for customer in customers}) > 1
    assert build.value("select sum(net_revenue_amount) from marts.customer_segments") == (
        25 * len(rows)
    )
    assert build.value("select count(*) from marts.segment_promotions where decision = 'go'") > 0


def test_prospects_only(builder: Builder, tmp_path: Path) -> None:
    people = pd.DataFrame(
        {"customer_id": ["ann", "bob"], "created_at": ["2025-01-01", "2025-02-01"]}
    )
    seen = pd.DataFrame(
        {
            "event_id": ["E1"],
            "occurred_at": ["2025-06-01T10:00:00Z"],
            "event_type": ["product_viewed"],
            "customer_id": ["bob"],
        }
    )
    build, (ann, bob) = build_small(
        builder, tmp_path, "csv", {"orders": orders(), "customers": people, "events": seen}
    )
    assert (ann["lifecycle_stage"], bob["lifecycle_stage"]) == ("awareness", "consideration")
    assert ann["segment"] == bob["segment"] == "prospect"
    for prospect in (ann, bob):
        assert prospect["order_count"] == 0
        assert pd.isna(prospect["recency_days"])
        assert pd.isna(prospect["recency_score"])
        assert pd.isna(prospect["cohort_month"])
    assert build.value("select count(*) from marts.cohort_retention") == 0


def test_every_table_empty(builder: Builder, tmp_path: Path) -> None:
    tables = {
        table: pd.DataFrame(columns=columns, dtype=str) for table, columns in CONTRACT.items()
    }
    build, customers = build_small(builder, tmp_path, "parquet", tables)
    assert customers == []
    assert build.value("select sum(eligible_customer_count) from marts.segment_promotions") == 0
    assert build.value("select coalesce(sum(row_count), 0) from audit.source_quality") == 0
