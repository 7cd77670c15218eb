"""The demo shop's planted promotions: one unfair, one that value explains, one fair."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

TRUTH = json.loads((Path(__file__).parent / "demo_truth.json").read_text(encoding="utf-8"))
UNFAIR, SIMPSON = TRUTH["unfair_promotion"], TRUTH["simpson_case"]
FAIR = "loyalty_double_points"


@pytest.fixture(scope="module")
def rows(demo_build: Path) -> Any:
    """Rows of a query on the demo's build, as dictionaries."""

    def read(query: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(demo_build), read_only=True) as connection:
            found = connection.sql(query)
            return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    return read


def findings(
    rows: Any, promotion: str, attribute: str, basis: str = "outside"
) -> dict[str, dict[str, Any]]:
    """What the audit says of other tools' messages, or of tonight's selection, by group."""
    found = rows(
        f"select * from audit.promotion_fairness where basis = '{basis}'"
        f" and promotion_id = '{promotion}' and attribute = '{attribute}'"
    )
    return {row["group_name"]: row for row in found}


def test_the_unfair_promotion_is_stopped_and_nothing_else(rows: Any) -> None:
    stopped = rows("select * from protected.int_promotion_verdicts where is_stopped")
    assert [row["promotion_id"] for row in stopped] == [UNFAIR["promotion_id"]]
    assert UNFAIR["attribute"] in stopped[0]["stop_reason"]
    reasons = rows(
        "select promotion_id, is_selected or would_be_selected as goes, count(*) as people"
        " from marts.customer_promotions where reason = 'fairness_stop' group by all"
    )
    assert [(row["promotion_id"], row["goes"]) for row in reasons] == [
        (UNFAIR["promotion_id"], False)
    ]
    selected = rows(
        "select 1 from marts.customer_promotions where (is_selected or would_be_selected)"
        f" and promotion_id = '{UNFAIR['promotion_id']}'"
    )
    assert selected == []
    plan = rows(
        "select distinct decision, fairness_verdict from marts.segment_promotions"
        f" where promotion_id = '{UNFAIR['promotion_id']}'"
    )
    assert plan == [{"decision": "stop", "fairness_verdict": "FAIL"}]


def test_the_unfair_promotion_has_the_planted_rates(rows: Any) -> None:
    """Of those mailed on purpose 40 and 8 %: a fifth, and far from chance."""
    found = findings(rows, UNFAIR["promotion_id"], UNFAIR["attribute"])
    worst = found[UNFAIR["disadvantaged_group"]]
    assert worst["verdict"] == "FAIL"
    assert worst["reference_group_name"] == "female"
    assert 0.1 < float(worst["impact_ratio"]) < 0.3
    assert float(worst["impact_ratio_upper"]) < 0.3
    assert float(worst["conditional_ratio"]) < 0.3
    assert float(worst["adjusted_p"]) < 1e-6
    assert found["non_binary"]["verdict"] == "INSUFFICIENT"


def test_the_simpson_case_is_explained_and_goes_on(rows: Any) -> None:
    found = findings(rows, SIMPSON["promotion_id"], SIMPSON["attribute"])
    young = found["18_24"]
    assert float(young["impact_ratio"]) < 0.6
    assert float(young["adjusted_p"]) < 1e-4
    assert float(young["conditional_ratio"]) > 0.8
    assert (young["verdict"], young["is_explained"]) == ("WARN", True)
    assert "FAIL" not in {row["verdict"] for row in found.values()}
    (verdict,) = rows(
        "select * from protected.int_promotion_verdicts"
        f" where promotion_id = '{SIMPSON['promotion_id']}'"
    )
    assert not verdict["is_stopped"]


def test_the_fair_promotion_passes(rows: Any) -> None:
    found = findings(rows, FAIR, "gender", "eligible")
    assert "FAIL" not in {row["verdict"] for row in found.values()}
    assert found["male"]["verdict"] == "PASS"


def test_small_groups_say_insufficient_and_are_not_published(rows: Any) -> None:
    small = rows(
        "select verdict, is_suppressed, fairness.eligible_count, fairness.selection_rate,"
        " impact_ratio from audit.promotion_fairness as fairness"
        " inner join protected.int_fairness_rates as rates"
        " using (promotion_id, basis, attribute, group_name) where rates.eligible_count < 10"
    )
    assert len(small) > 100
    assert {row["verdict"] for row in small} == {"INSUFFICIENT"}
    for row in small:
        assert row["is_suppressed"]
        assert row["eligible_count"] is row["selection_rate"] is row["impact_ratio"] is None


def test_no_hidden_group_can_be_told_from_the_total(rows: Any) -> None:
    """What is hidden of a table holds ten people together, or is all of it; pairs hide all."""
    tables = rows(
        "select attribute, bool_and(is_suppressed) as all_hidden, bool_or(is_suppressed) as some,"
        " sum(rates.eligible_count) filter (where is_suppressed) as hidden_people"
        " from audit.promotion_fairness inner join protected.int_fairness_rates as rates"
        " using (promotion_id, basis, attribute, group_name)"
        " group by promotion_id, basis, attribute"
    )
    assert any(row["some"] and not row["all_hidden"] for row in tables)
    for row in tables:
        if "+" in row["attribute"]:
            assert row["some"] == row["all_hidden"]
        elif row["some"] and not row["all_hidden"]:
            assert row["hidden_people"] >= 10
