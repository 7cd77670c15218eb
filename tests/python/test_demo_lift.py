"""What the demo shop's promotions did: the planted truth lies within what was measured."""

import json

import pytest
from shop import REPOSITORY, Build

TRUTH = json.loads((REPOSITORY / "tests" / "python" / "demo_truth.json").read_text("utf-8"))
EXPERIMENTS = TRUTH["experiments"]
SOUND = [name for name, planted in EXPERIMENTS.items() if not planted["is_broken"]]


@pytest.mark.parametrize("promotion_id", SOUND)
def test_planted_lifts_lie_within_their_intervals(demo: Build, promotion_id: str) -> None:
    """Share of buyers and net profit; the counterfactual of every order is known in the demo."""
    planted = EXPERIMENTS[promotion_id]
    ((treated, controls, lower, upper),) = demo.rows(
        "select treatment_count, control_count, difference_lower, difference_upper"
        f" from marts.promotion_lift where promotion_id = '{promotion_id}' and draw = 'delivered'"
        " and population = 'assigned' and segment = 'all' and metric = 'purchase'"
    )
    assert {"treatment": treated, "control": controls} == planted["assigned_customers"]
    assert lower < planted["purchase_probability_uplift"] < upper
    ((lower, upper),) = demo.rows(
        "select net_lower_amount, net_upper_amount from marts.promotion_profit"
        f" where promotion_id = '{promotion_id}' and draw = 'delivered'"
        " and population = 'assigned' and segment = 'all'"
    )
    assert float(lower) < float(planted["incremental_margin_eur"]) < float(upper)


def test_the_broken_assignment_is_caught_and_no_other(demo: Build) -> None:
    rows = demo.rows(
        "select distinct promotion_id from marts.promotion_lift"
        " where verdict = 'broken assignment' and segment = 'all'"
    )
    assert rows == [(name,) for name, planted in EXPERIMENTS.items() if planted["is_broken"]]


def test_the_planted_loser_is_stopped_and_no_other(demo: Build) -> None:
    losers = [name for name in SOUND if EXPERIMENTS[name]["loses_money"]]
    rows = demo.rows("select promotion_id from intermediate.int_promotion_stops where is_stopped")
    assert rows == [(name,) for name in losers]
    decisions = demo.rows(
        f"select distinct decision from marts.segment_promotions where promotion_id = '{losers[0]}'"
    )
    assert decisions == [("stop",)]


def test_what_works_is_said_to_work(demo: Build) -> None:
    rows = demo.rows(
        "select hypothesis_id, verdict from marts.promotion_learnings order by hypothesis_id"
    )
    assert rows == [
        ("bundle_grows_baskets", "broken assignment"),
        ("early_access_for_champions", "not measured"),
        ("free_shipping_first_order", "no evidence"),
        ("second_order_email", "works"),
        ("spring_sale_pays", "harms"),
    ]


def test_nobody_is_counted_twice_or_lost(demo: Build) -> None:
    """Assigned people of promotion_lift are those whose arms were delivered, erased ones apart."""
    found = dict(
        demo.rows(
            "select promotion_id, treatment_assigned_count + control_assigned_count"
            " from marts.promotion_lift where draw = 'delivered' and population = 'assigned'"
            " and segment = 'all' and metric = 'purchase'"
        )
    )
    for name, planted in EXPERIMENTS.items():
        assert found[name] == sum(planted["assigned_customers"].values())
