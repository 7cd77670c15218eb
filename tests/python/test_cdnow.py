"""CDNOW: the calibration summary of the literature, and R, F, M by independent computation.

Source: Fader and Hardie's CDNOW data set, the 1/10 sample with its published summary (x, t_x, T
and zbar of 2,357 customers), and the master file of all 23,570 customers.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from lifetimes.utils import summary_data_from_transaction_data
from shop import Build, Builder, write_tables

CALIBRATION_END = "1997-09-30"
MASTER_END = "1998-06-30"
# The published figures have two decimals; where a third one is exactly 5, either way was taken.
HALF_A_CENT = 0.005 + 1e-9


# what the published summary is compared with
ONLY = "+int_customer_purchases +int_purchase_occasions"


def build_purchases(
    builder: Builder, folder: Path, rows: pd.DataFrame, as_of: str, only: str = ""
) -> Build:
    """Deliver every row as an order of its own: equal rows are real purchases here."""
    orders = pd.DataFrame(
        {
            "order_id": [f"P{number:05}" for number in range(len(rows))],
            "customer_id": rows["customer_id"],
            "ordered_at": rows["date"],
            "gross_amount": rows["dollar_value"],
        }
    )
    write_tables(folder / "raw", {"orders": orders}, "parquet")
    build = builder.build(
        folder / "raw",
        folder,
        as_of=as_of,
        suffix="parquet",
        checks=not only,
        only=only,
        reporting_currency="USD",
        minimum_order_amount=0,
    )
    assert not build.problems, "\n".join(build.problems)
    return build


@pytest.fixture(scope="module")
def sample(
    builder: Builder, real_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Build:
    """The 1/10 sample with its hold-out year, as of the end of calibration."""
    rows = pd.read_parquet(real_data("cdnow/cdnow_sample.parquet"))
    rows = rows.rename(columns={"sample_id": "customer_id"})
    folder = tmp_path_factory.mktemp("sample")
    return build_purchases(builder, folder, rows, CALIBRATION_END, ONLY)


@pytest.fixture(scope="module")
def transactions(real_data: Callable[[str], Path]) -> pd.DataFrame:
    """The master file's rows, money in cents."""
    rows = pd.read_parquet(real_data("cdnow/cdnow_master.parquet"))
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "day": pd.to_datetime(rows["date"]),
            "cents": (rows["dollar_value"] * 100).astype("int64"),
        }
    )


@pytest.fixture(scope="module")
def master(
    builder: Builder, real_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Build:
    """All 23,570 customers, as of their last day."""
    rows = pd.read_parquet(real_data("cdnow/cdnow_master.parquet"))
    return build_purchases(builder, tmp_path_factory.mktemp("master"), rows, MASTER_END)


@pytest.fixture(scope="module")
def segments(master: Build) -> pd.DataFrame:
    """The master file's segments, by customer."""
    return (
        master.frame(
            "select customer_id, recency_days, order_count, recency_score, frequency_score,"
            " monetary_score, cast(net_revenue_amount * 100 as bigint) as cents"
            " from marts.customer_segments"
        )
        .set_index("customer_id")
        .sort_index()
    )


def test_the_published_summary_of_2357_customers(
    sample: Build, real_data: Callable[[str], Path]
) -> None:
    published = (
        pd.read_parquet(real_data("cdnow/cdnow_customers_summary_with_transactions.parquet"))
        .set_index("ID")
        .sort_index()
    )
    found = (
        sample.frame(
            f"""
        select
            cast(customers.customer_id as int) as "ID",
            purchases.occasion_count - 1 as x,
            (purchases.last_order_date - purchases.first_order_date) / 7 as t_x,
            (date '{CALIBRATION_END}' - purchases.first_order_date) / 7 as "T",
            coalesce(
                avg(cast(occasions.net_revenue_amount as double))
                    filter (occasions.occasion_number > 1),
                0
            ) as zbar
        from intermediate.int_customer_purchases as purchases
        inner join intermediate.int_customers as customers
            on purchases.customer_key = customers.customer_key
        inner join intermediate.int_purchase_occasions as occasions
            on purchases.customer_key = occasions.customer_key
        group by all
        """
        )
        .set_index("ID")
        .sort_index()
    )
    assert len(found) == len(published) == 2_357
    assert (found["x"] == published["x"]).all()
    for name in ("t_x", "T", "zbar"):
        assert (found[name] - published[name]).abs().max() <= HALF_A_CENT, name
    assert (found["x"].gt(0).sum(), found["x"].sum()) == (946, 2_457)


def test_recency_frequency_and_money_of_the_master_file(
    segments: pd.DataFrame, transactions: pd.DataFrame
) -> None:
    by_customer = transactions.groupby("customer_id")
    expected = pd.DataFrame(
        {
            "recency_days": (pd.Timestamp(MASTER_END) - by_customer["day"].max()).dt.days,
            "order_count": by_customer.size(),
            "cents": by_customer["cents"].sum(),
        }
    ).sort_index()
    pd.testing.assert_frame_equal(segments[list(expected)], expected, check_dtype=False)


def test_repeat_days_agree_with_lifetimes(master: Build, transactions: pd.DataFrame) -> None:
    expected = summary_data_from_transaction_data(
        transactions,
        "customer_id",
        "day",
        observation_period_end=MASTER_END,
    ).sort_index()
    found = (
        master.frame(
            f"""
            select
                customers.customer_id,
                purchases.occasion_count - 1 as frequency,
                purchases.last_order_date - purchases.first_order_date as recency,
                date '{MASTER_END}' - purchases.first_order_date as "T"
            from intermediate.int_customer_purchases as purchases
            inner join intermediate.int_customers as customers
                on purchases.customer_key = customers.customer_key
            """
        )
        .set_index("customer_id")
        .sort_index()
    )
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


@pytest.mark.parametrize(
    ("score", "value", "best_is_highest"),
    [
        ("recency_score", "recency_days", False),
        ("frequency_score", "order_count", True),
        ("monetary_score", "cents", True),
    ],
)
def test_scores_are_the_percent_rank_fifths(
    segments: pd.DataFrame, score: str, value: str, best_is_highest: bool
) -> None:
    worse = segments[value].rank(method="min", ascending=best_is_highest).astype("int64") - 1
    # Whole-number division: 1 + floor(5 * percent_rank), at most 5, with no rounding to argue of.
    expected = (1 + 5 * worse // (len(segments) - 1)).clip(upper=5)
    pd.testing.assert_series_equal(segments[score], expected, check_names=False, check_dtype=False)


def test_the_cohort_table(master: Build, transactions: pd.DataFrame) -> None:
    month = transactions["day"].dt.to_period("M")
    first = month.groupby(transactions["customer_id"]).transform("min")
    age = (month.dt.year - first.dt.year) * 12 + month.dt.month - first.dt.month
    seen = pd.DataFrame(
        {
            "cohort": first,
            "age": age,
            "customer_id": transactions["customer_id"],
            "cents": transactions["cents"],
        }
    )
    last_age = seen.groupby("customer_id")["age"].transform("max")
    last_month = pd.Period(MASTER_END, "M")
    rows = []
    for cohort in sorted(seen["cohort"].unique()):
        of_cohort = seen[seen["cohort"] == cohort]
        for age in range((last_month - cohort).n + 1):
            of_month = of_cohort[of_cohort["age"] == age]
            still_to_come = last_age[of_cohort.index] >= age
            rows.append(
                {
                    "cohort": cohort.to_timestamp(),
                    "age": age,
                    "size": of_cohort["customer_id"].nunique(),
                    "active": of_month["customer_id"].nunique(),
                    "retained": of_cohort.loc[still_to_come, "customer_id"].nunique(),
                    "cents": of_month["cents"].sum(),
                }
            )
    expected = pd.DataFrame(rows)
    found = master.frame(
        "select cohort_month as cohort, months_since_first_order as age,"
        " cohort_customer_count as size, active_customer_count as active,"
        " retained_customer_count as retained, cast(net_revenue_amount * 100 as bigint) as cents"
        " from marts.cohort_retention where active_customer_count is not null order by 1, 2"
    )
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_periods_not_reached_are_null(master: Build) -> None:
    assert (
        master.value(
            "select count(*) from marts.cohort_retention"
            f" where (cohort_month + to_months(months_since_first_order) > date '{MASTER_END}')"
            " is distinct from (active_customer_count is null and retained_customer_count is null"
            " and net_revenue_amount is null)"
        )
        == 0
    )
