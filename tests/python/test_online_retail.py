"""Online Retail, the invoice lines of a real gift shop, gives the published numbers.

Source of the rows: Chen, Sain and Guo (2012), UCI Machine Learning Repository. Source of the
cleaned totals and of the cohort rows: public analyses of the file (customer known, quantity and
price above zero). Counts are compared exactly. Money is compared to the cent: each invoice is
rounded to cents as the project's contract says, and no sum of cents needs a tolerance.
"""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from online_retail import AS_OF, Delivery
from shop import Build, Builder

LINES = 541_909
COHORT = [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
COHORT_WITH_CANCELLATIONS = [948, 362, 317, 367, 341, 376, 360, 336, 336, 374, 354, 474, 260]


@pytest.fixture(scope="module")
def purchases(retail_delivery: Delivery) -> pd.DataFrame:
    """The cleaned invoices, by pandas: customer, local day and cents."""
    lines = retail_delivery.lines
    clean = lines[
        lines["CustomerID"].notna()
        & ~lines["InvoiceNo"].str.startswith("C")
        & (lines["Quantity"] > 0)
        & (lines["UnitPrice"] > 0)
    ]
    # Prices have at most three decimals, so mills are exact integers.
    mills = (clean["UnitPrice"] * 1000).round().astype("int64") * clean["Quantity"]
    invoices = (
        clean.assign(mills=mills)
        .groupby(["InvoiceNo", "CustomerID"], as_index=False)
        .agg(at=("InvoiceDate", "min"), mills=("mills", "sum"))
    )
    return pd.DataFrame(
        {
            "customer_id": invoices["CustomerID"],
            "day": invoices["at"].dt.normalize(),
            "cents": (invoices["mills"] + 5) // 10,
        }
    )


def cohort_row(build: Build) -> list[int]:
    """Monthly actives of the customers whose first order was in December 2010."""
    rows = build.rows(
        "select active_customer_count from marts.cohort_retention"
        " where cohort_month = date '2010-12-01' and active_customer_count is not null"
        " order by months_since_first_order"
    )
    return [count for (count,) in rows]


def test_the_cleaned_totals_are_the_published_ones(retail: Build) -> None:
    lines = retail.value(
        "select count(*) from staging.stg_order_items as items"
        " inner join intermediate.int_orders_net as orders on items.order_id = orders.order_id"
        " where orders.is_purchase and items.unit_price > 0"
    )
    ((invoices, customers, revenue),) = retail.rows(
        "select count(*), count(distinct customer_key), sum(net_revenue_amount)"
        " from intermediate.int_orders_net where is_purchase"
    )
    assert (lines, invoices, customers) == (397_884, 18_532, 4_338)
    assert revenue == Decimal("8911407.90")


def test_every_line_is_accounted_for_once(retail: Build, retail_delivery: Delivery) -> None:
    counts = {
        (outcome, reason): row_count
        for outcome, reason, row_count in retail.rows(
            "select outcome, reason, sum(row_count) from audit.source_quality"
            " where source = 'order_items' group by all having sum(row_count) > 0"
        )
    }
    lines = retail_delivery.lines
    no_quantity = lines["Quantity"] <= 0
    negative = ~no_quantity & (lines["UnitPrice"] < 0)
    orphan = ~no_quantity & ~negative & lines["CustomerID"].isna()
    kept = ~no_quantity & ~negative & ~orphan
    assert counts == {
        ("accepted", "none"): kept.sum(),
        ("quarantined", "invalid_quantity"): no_quantity.sum(),
        ("quarantined", "negative_amount"): negative.sum(),
        ("quarantined", "orphan_line"): orphan.sum(),
    }
    assert sum(counts.values()) == len(lines) == LINES
    assert retail.rows(
        "select count(*), count(distinct line_number) from staging.stg_order_items_checked"
    ) == [(LINES, LINES)]


def test_recency_frequency_and_money_of_every_customer(
    retail: Build, purchases: pd.DataFrame
) -> None:
    expected = (
        purchases.groupby("customer_id")
        .agg(
            first_order_date=("day", "min"),
            last_order_date=("day", "max"),
            order_count=("day", "size"),
            cents=("cents", "sum"),
        )
        .sort_index()
    )
    expected["recency_days"] = (pd.Timestamp(AS_OF) - expected["last_order_date"]).dt.days
    found = (
        retail.frame(
            "select segments.customer_id, purchases.first_order_date, purchases.last_order_date,"
            " segments.order_count, cast(segments.net_revenue_amount * 100 as bigint) as cents,"
            " segments.recency_days"
            " from marts.customer_segments as segments"
            " inner join intermediate.int_customers as customers"
            " on segments.customer_id = customers.customer_id"
            " inner join intermediate.int_customer_purchases as purchases"
            " on customers.customer_key = purchases.customer_key"
            " where segments.order_count > 0"
        )
        .set_index("customer_id")
        .sort_index()
    )
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_median_gap_of_every_customer(retail: Build, purchases: pd.DataFrame) -> None:
    days = purchases.drop_duplicates(["customer_id", "day"]).sort_values(["customer_id", "day"])
    gaps = days.groupby("customer_id")["day"].diff().dt.days
    expected = gaps.groupby(days["customer_id"]).median().sort_index()
    found = (
        retail.frame(
            "select customer_id, cast(median_days_between_orders as double) as median"
            " from marts.customer_segments where order_count > 0"
        )
        .set_index("customer_id")["median"]
        .sort_index()
    )
    # A median of whole days is a whole or a half number: exact in the contract's decimals.
    pd.testing.assert_series_equal(found, expected, check_names=False, check_dtype=False)


def returning_median(first_to_second: pd.Series, first_to_as_of: pd.Series) -> float:
    """Median days to the second order day among those who will return, by Kaplan-Meier.

    Kaplan and Meier (1958): a customer is at risk from the first order day until the second or,
    without one, until the as-of date. The curve ends at its last event, so the median is taken
    of the share that returns at all; it is exact to the day, whatever the rounding of the curve.
    """
    times, returned = np.unique(first_to_second.dropna(), return_counts=True)
    durations = np.sort(first_to_second.fillna(first_to_as_of))
    at_risk = len(durations) - np.searchsorted(durations, times)
    returned_share = 1 - np.cumprod(1 - returned / at_risk)
    return float(times[np.argmax(returned_share >= returned_share[-1] / 2)])


def test_one_timers_are_measured_against_the_gap_to_a_second_order(
    retail: Build, purchases: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    days = purchases.drop_duplicates(["customer_id", "day"]).sort_values(["customer_id", "day"])
    by_customer = days.groupby("customer_id")["day"]
    firsts = by_customer.min()
    since_first = (pd.Timestamp(AS_OF) - firsts).dt.days
    seconds = by_customer.nth(1)
    seconds = seconds.set_axis(days.loc[seconds.index, "customer_id"])
    first_to_second = (seconds - firsts).dt.days
    expected_gap = returning_median(first_to_second, since_first)
    one_timers = retail.frame(
        "select segments.recency_days, segments.lifecycle_stage, segments.cadence_source,"
        " cast(segments.overdue_ratio as double) as overdue_ratio, cadence.expected_gap_days"
        " from marts.customer_segments as segments"
        " inner join intermediate.int_customers as customers"
        " on segments.customer_id = customers.customer_id"
        " inner join intermediate.int_customer_cadence as cadence"
        " on customers.customer_key = cadence.customer_key"
        " inner join intermediate.int_customer_purchases as purchases"
        " on customers.customer_key = purchases.customer_key"
        " where purchases.occasion_count = 1"
    )
    assert len(one_timers) == first_to_second.isna().sum()
    assert set(one_timers["cadence_source"]) == {"population"}
    assert set(one_timers["expected_gap_days"].astype(float)) == {expected_gap}
    # The ratio is stored with four decimals.
    assert (one_timers["overdue_ratio"] - one_timers["recency_days"] / expected_gap).abs().max() < (
        0.5e-4 + 1e-9
    )
    called_lapsed = one_timers["lifecycle_stage"] == "lapsed"
    assert (called_lapsed == (one_timers["recency_days"] >= 2 * expected_gap)).all()

    def lapsed_against(gap: float) -> str:
        return f"{(one_timers['recency_days'] >= 2 * gap).mean():.1%} (gap of {gap:g} days)"

    with capsys.disabled():
        print(
            f"\nOnline Retail, {len(one_timers)} one-time buyers called lapsed, measured against"
            f"\n  the median of all gaps: {lapsed_against(by_customer.diff().dt.days.median())}"
            f"\n  the median gap to a second order: {lapsed_against(first_to_second.median())}"
            f"\n  the same, censoring considered: {lapsed_against(expected_gap)}"
        )


def test_the_december_cohort_is_the_published_one(retail: Build) -> None:
    assert cohort_row(retail) == COHORT


def test_the_december_cohort_when_cancellations_count_as_activity(
    retail_delivery: Delivery, builder: Builder
) -> None:
    home = retail_delivery.folder / "with_cancellations"
    build = retail_delivery.build(
        builder, home, cancelled=True, checks=False, only="+cohort_retention"
    )
    assert cohort_row(build) == COHORT_WITH_CANCELLATIONS
