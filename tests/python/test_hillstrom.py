"""Hillstrom's e-mail campaign, 64,000 people in three arms, gives the published lifts.

Source of the rows: Kevin Hillstrom, MineThatData E-Mail Analytics Challenge (2008); the arms'
means, the lifts and the sample-ratio check are those of public analyses. They are compared to the
printed digits, so the tolerance is half of the last one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from shop import Build, Builder, write_tables

ASSIGNED = pd.Timestamp("2008-03-20 08:00:00")
AS_OF = "2008-05-01"
COUNTS = {"mens_e_mail": 21307, "womens_e_mail": 21387, "control": 21306}
MEANS = {
    "mens_e_mail": {"visit": 0.182757, "purchase": 0.0125311, "net_revenue": 1.4226165},
    "womens_e_mail": {"visit": 0.151400, "purchase": 0.0088371, "net_revenue": 1.0772016},
    "control": {"visit": 0.106167, "purchase": 0.0057261, "net_revenue": 0.6527894},
}
# difference, limits (Wald for the rates, Welch for the amount)
LIFTS = {
    ("mens_e_mail", "visit"): (0.0765896, 0.0699535, 0.0832256),
    ("mens_e_mail", "purchase"): (0.0068050, 0.0050002, 0.0086098),
    ("mens_e_mail", "net_revenue"): (0.7698272, 0.4851397, 1.0545146),
    ("womens_e_mail", "visit"): (0.0452331, 0.0388938, 0.0515724),
    ("womens_e_mail", "purchase"): (0.0031111, 0.0014987, 0.0047234),
    ("womens_e_mail", "net_revenue"): (0.4244122, 0.1689568, 0.6798676),
}
NEWCOMBE = {"visit": (0.0699533, 0.0832267), "purchase": (0.0050143, 0.0086407)}
HALF_A_DIGIT = 0.5001e-7


@pytest.fixture(scope="module")
def hillstrom(
    real_data: Callable[[str], Path], builder: Builder, tmp_path_factory: pytest.TempPathFactory
) -> Build:
    """The campaign as a shop delivers it: visits as events, spend as orders, arms of a tool."""
    rows = pd.read_parquet(real_data("hillstrom/hillstrom.parquet"))
    people = pd.Series([f"H{number:05}" for number in range(len(rows))], index=rows.index)
    bought, visited = rows["spend"] > 0, rows["visit"] == 1
    # what was spent in the year before, as one order in the month of the last one
    earlier = pd.DataFrame(
        {
            "order_id": "E" + people,
            "customer_id": people,
            "ordered_at": ASSIGNED - pd.to_timedelta(rows["recency"] * 30, unit="D"),
            "gross_amount": rows["history"],
        }
    )
    orders = pd.DataFrame(
        {
            "order_id": "O" + people[bought],
            "customer_id": people[bought],
            "ordered_at": ASSIGNED + pd.Timedelta(days=3),
            "gross_amount": rows["spend"][bought],
        }
    )
    events = pd.DataFrame(
        {
            "event_id": "V" + people[visited],
            "customer_id": people[visited],
            "occurred_at": ASSIGNED + pd.Timedelta(days=2),
            "event_type": "visit",
        }
    )
    assignments = pd.DataFrame(
        {
            "assignment_id": "A" + people,
            "customer_id": people,
            "promotion_id": "e_mail_of_march",
            "arm": rows["segment"],
            "assigned_at": ASSIGNED,
            "assigned_by": "hillstrom",
        }
    )
    home = tmp_path_factory.mktemp("hillstrom")
    raw = write_tables(
        home / "raw",
        {
            "orders": pd.concat([earlier, orders]),
            "events": events,
            "promotion_assignments": assignments,
        },
        "parquet",
    )
    build = builder.build(
        raw,
        home,
        as_of=AS_OF,
        suffix="parquet",
        checks=False,
        only="+promotion_lift +promotion_profit",
    )
    assert not build.problems, "\n".join(build.problems)
    return build


Lifts = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def lifts(hillstrom: Build) -> Lifts:
    """Rows of promotion_lift by arm and metric."""
    rows = hillstrom.frame(
        "select * from marts.promotion_lift where promotion_id = 'e_mail_of_march'"
        " and population = 'assigned' and segment = 'all'"
    )
    return {
        (str(row["arm"]), str(row["metric"])): {str(key): value for key, value in row.items()}
        for row in rows.to_dict("records")
    }


def test_arms_and_means_are_the_published_ones(lifts: Lifts) -> None:
    for (treatment, metric), row in lifts.items():
        if metric not in MEANS["control"]:
            continue
        assert row["treatment_count"] == COUNTS[treatment]
        assert row["control_count"] == COUNTS["control"]
        digits = 0.5001e-6 if metric == "visit" else HALF_A_DIGIT
        assert abs(float(row["treatment_mean"]) - MEANS[treatment][metric]) <= digits
        assert abs(float(row["control_mean"]) - MEANS["control"][metric]) <= digits


@pytest.mark.parametrize(("treatment", "metric"), LIFTS)
def test_lifts_and_their_limits_are_the_published_ones(
    lifts: Lifts, treatment: str, metric: str
) -> None:
    row = lifts[(treatment, metric)]
    found = [float(row[c]) for c in ("difference", "difference_lower", "difference_upper")]
    assert all(
        abs(ours - published) <= HALF_A_DIGIT
        for ours, published in zip(found, LIFTS[treatment, metric], strict=True)
    ), found
    assert row["verdict"] == "works"


def test_newcombe_limits_are_the_published_ones(lifts: Lifts) -> None:
    for metric, published in NEWCOMBE.items():
        row = lifts[("mens_e_mail", metric)]
        found = float(row["newcombe_lower"]), float(row["newcombe_upper"])
        assert all(
            abs(ours - theirs) <= HALF_A_DIGIT
            for ours, theirs in zip(found, published, strict=True)
        ), found


def test_p_values_and_the_sample_ratio_are_the_published_ones(lifts: Lifts) -> None:
    """p of the amounts within 1e-4 of themselves: Wallace's transform and erfc's 1.2e-7."""
    for treatment, published in (("mens_e_mail", 1.1638e-7), ("womens_e_mail", 0.0011294)):
        found = float(lifts[(treatment, "net_revenue")]["p_value"])
        assert found == pytest.approx(published, rel=1e-3)
        row = lifts[(treatment, "visit")]
        assert abs(float(row["sample_ratio_chi_square"]) - 0.20253) <= 0.5001e-5
        assert abs(float(row["sample_ratio_p_value"]) - 0.90369) <= 0.5001e-5


def test_segments_are_those_before_the_campaign(hillstrom: Build) -> None:
    """All have bought once before: one segment for each recency score, and together the whole."""
    rows = hillstrom.rows(
        "select segment, treatment_count, control_count from marts.promotion_lift"
        " where metric = 'visit' and arm = 'mens_e_mail' and population = 'assigned'"
    )
    sizes = {segment: (treated, controls) for segment, treated, controls in rows}
    whole = sizes.pop("all")
    assert set(sizes) == {"new", "promising", "about_to_sleep", "hibernating", "lost"}
    assert whole == tuple(sum(counts) for counts in zip(*sizes.values(), strict=True))


def test_who_bought_more_before_explains_a_part(lifts: Lifts) -> None:
    """CUPED changes the estimate by less than a standard error and does not widen it."""
    row = lifts[("mens_e_mail", "net_revenue")]
    shift = abs(float(row["adjusted_difference"]) - float(row["difference"]))
    assert shift < float(row["standard_error"])
    assert float(row["variance_reduction"]) > -0.001
    shift = abs(float(row["stratified_difference"]) - float(row["difference"]))
    assert shift < float(row["standard_error"])
