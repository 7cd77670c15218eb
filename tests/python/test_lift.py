"""Lift: published numbers, independent libraries, and what odd experiments are told."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairness_chain import Chain
from hypothesis import given, settings
from hypothesis import strategies as st
from lift_chain import CHAIN, arm, inputs, metrics, moments, rate
from scipy import stats
from shop import Builder
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW


@pytest.fixture(scope="module")
def chain(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(builder, tmp_path_factory.mktemp("lift"), CHAIN)


@pytest.fixture(scope="module")
def corrections(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """The correction for many questions alone."""
    return Chain(builder, tmp_path_factory.mktemp("corrections"), ["int_lift_verdicts"])


def one(rows: pd.DataFrame, metric: str = "net_revenue", **keys: Any) -> pd.Series:
    """The one row of a metric, in the treatment and over all segments unless said otherwise."""
    wanted = {"metric": metric, "arm": "treatment", "segment": "all", "experiment_key": 1, **keys}
    for name, value in wanted.items():
        if name in rows:
            rows = rows[rows[name] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def close(found: Any, published: float, digits: int) -> bool:
    """Equal to so many decimals, as printed."""
    return abs(float(found) - published) <= float(0.5001 * 10.0**-digits)


def test_welch_and_relative_lift_as_gbstats_has_them(chain: Chain) -> None:
    """GrowthBook's statistics engine, test of the two-sided t-test; all printed digits."""
    found = chain.run(
        inputs([moments("control", 3407, 1396.87, 52377.9767),
                moments("treatment", 3461, 2422.7, 134698.29)])
    )  # fmt: skip
    row = one(found["int_lift_effects"])
    assert close(row["standard_error"], 0.12478, 5)
    assert close(row["difference"], 0.29, 2)
    assert close(row["difference_lower"], 0.04538, 5)
    assert close(row["difference_upper"], 0.53462, 5)
    assert close(row["p_value"], 0.02016, 5)
    assert close(row["freedom"], 5841.742, 3)
    assert close(row["relative_lift"], 0.70732, 5)
    assert close(row["relative_error"], 0.37879, 5)
    assert close(row["relative_lower"], -0.03526, 5)
    assert close(row["relative_upper"], 1.44989, 5)


def test_a_rate_as_gbstats_and_statsmodels_have_it(chain: Chain) -> None:
    """GrowthBook takes t limits for rates, we take normal ones: only lift and error are theirs."""
    row = one(
        chain.run(inputs([rate("control", 14, 28), rate("treatment", 16, 30)]))["int_lift_effects"],
        "purchase",
    )
    assert close(row["relative_lift"], 0.06667, 5) and close(row["relative_error"], 0.2717, 4)
    row = one(
        chain.run(inputs([rate("control", 12, 99), rate("treatment", 5, 83)]))["int_lift_effects"],
        "purchase",
    )
    assert close(row["p_value"], 0.1591813, 7)


def test_means_as_scipy_prints_them(chain: Chain) -> None:
    """scipy.stats.ttest_ind_from_stats: t is exact, p within Wallace's error of .2 %."""
    rows = [
        moments("control", 11, 12 * 11, 39 * 10 + 11 * 12**2),
        moments("treatment", 13, 15 * 13, 87.5 * 12 + 13 * 15**2),
    ]
    row = one(chain.run(inputs(rows))["int_lift_effects"])
    assert close(row["difference"] / row["standard_error"], 0.9358462, 7)
    assert close(row["freedom"], 20.9846, 4)
    assert float(row["p_value"]) == pytest.approx(0.3599982, rel=2e-3)


def test_cuped_as_gbstats_has_it(chain: Chain) -> None:
    """Limits within 2e-4 of them: the t quantile of nine degrees of freedom is an expansion."""
    found = chain.run(inputs([
        arm("control", [12, 18, 33, 41, 48, 65], range(10, 61, 10)),
        arm("treatment", [20, 27, 41, 48, 62, 70], range(15, 66, 10)),
    ]))  # fmt: skip
    row = one(found["int_lift_adjusted"])
    assert close(row["theta"], 1.0496503497, 10)
    assert close(row["adjusted_difference"], 3.2517482517, 10)
    assert close(row["adjusted_error"], 1.3213897927, 10)
    assert float(row["adjusted_lower"]) == pytest.approx(0.2420658, abs=2e-4)
    assert float(row["adjusted_upper"]) == pytest.approx(6.2614307, abs=2e-4)
    assert float(row["adjusted_p_value"]) == pytest.approx(0.0372303, rel=1e-2)
    people = ([2, 1, 5, 3], [0.3, 0.5, 0.9, 22])
    row = one(
        chain.run(inputs([arm("control", *people), arm("treatment", *people)]))["int_lift_adjusted"]
    )
    assert close(row["theta"], 0.01864, 5)


def test_always_valid_limits_as_gbstats_has_them(chain: Chain) -> None:
    """The means fixture, on the absolute scale: its p is 1, and its width goes with its error."""
    rows = [
        moments("control", 3000, 1396.87, 52377.9767),
        moments("treatment", 3461, 2422.7, 134698.29),
    ]
    found = chain.run(inputs(rows, tuning_count=1000))
    row, effect = one(found["int_lift_detectable"]), one(found["int_lift_effects"])
    half = (float(row["always_valid_upper"]) - float(row["always_valid_lower"])) / 2
    # published for the relative lift: error .33341, limits -.55844 and 1.56516
    assert half / float(effect["standard_error"]) == pytest.approx(
        (1.56516 + 0.55844) / 2 / 0.33341, rel=3e-5
    )


@pytest.mark.parametrize(("treated", "controls"), [(9500, 500), (5000, 5000), (100, 4000)])
def test_the_detectable_effect_is_detected_as_often_as_promised(
    chain: Chain, treated: int, controls: int
) -> None:
    """Pooled z, base rate .05: power at the effect is .8 by the normal distribution.

    For 9,500 against 500 the effect is .0331 (the textbook's formula, .0280, promises too much).
    """
    found = chain.run(
        inputs(
            [rate("control", controls // 20, controls), rate("treatment", treated // 20, treated)]
        )
    )
    effect = float(one(found["int_lift_detectable"], "purchase")["minimum_detectable_effect"])
    assert treated != 9500 or close(effect, 0.0331, 4)
    p0, p1 = 0.05, 0.05 + effect
    pooled = (p0 * controls + p1 * treated) / (controls + treated)
    null = math.sqrt(pooled * (1 - pooled) * (1 / controls + 1 / treated))
    real = math.sqrt(p0 * (1 - p0) / controls + p1 * (1 - p1) / treated)
    assert stats.norm.cdf((effect - 1.959964 * null) / real) == pytest.approx(0.8, abs=1e-5)


@pytest.mark.parametrize(
    ("sizes", "planned", "chi_square", "p_value"),
    [
        ((821588, 815482), (0.5, 0.5), 22.7743689, 1.8218e-6),
        ((9050, 950), (0.9, 0.1), 2.7778, 0.0956),
        ((9100, 900), (0.9, 0.1), 11.1111, 0.000858),
        ((4850, 4850, 300), (0.475, 0.475, 0.05), 84.2105, 5.175e-19),
        ((21307, 21387, 21306), (1 / 3, 1 / 3, 1 / 3), 0.20253, 0.90369),
    ],
)
def test_sample_ratio_checks_as_published(
    chain: Chain,
    sizes: tuple[int, ...],
    planned: tuple[float, ...],
    chi_square: float,
    p_value: float,
) -> None:
    names = ["control", "treatment", "third"][: len(sizes)]
    found = chain.run(
        inputs([rate(name, 0, size) for name, size in zip(names, sizes, strict=True)],
               dict(zip(names, planned, strict=True)))
    )  # fmt: skip
    row = found["int_experiment_balance"].iloc[0]
    # shares of a third are given with 16 decimals, and kept with 4 in the expected people
    assert float(row["chi_square"]) == pytest.approx(chi_square, rel=2e-5)
    assert float(row["p_value"]) == pytest.approx(p_value, rel=4e-4, abs=1e-14)


def corrected(corrections: Chain, p_values: list[float]) -> pd.DataFrame:
    """Adjusted p of one family."""
    rows = pd.DataFrame(
        {
            "experiment_key": 1, "segment": "all", "metric": "purchase",
            "arm": [f"a{number:02}" for number in range(len(p_values))],
            "is_final": True, "is_broken": False, "is_comparable": True,
            "is_large": True, "is_guardrail": False, "significance_level": 0.05, "gain": 1.0,
            "decisive_p_value": p_values,
        }
    )  # fmt: skip
    return corrections.run({"int_lift_decisive": rows})["int_lift_verdicts"].sort_values("arm")


def test_corrections_for_many_questions_as_published(corrections: Chain) -> None:
    """GrowthBook's tests of both, and the fifteen p-values of Benjamini and Hochberg (1995)."""
    found = corrected(corrections, [0.898, 0.138, 0.007, 0.964, 0.538, 0.006, 0.138])
    assert np.allclose(
        found["adjusted_p_value"].astype(float),
        [0.964, 0.2415, 0.0245, 0.964, 0.7532, 0.0245, 0.2415],
        atol=5e-5,
    )
    found = corrected(corrections, [0.01, 0.04, 0.03, 0.005, 0.55, 0.6])
    assert np.allclose(found["holm_p_value"].astype(float), [0.05, 0.12, 0.12, 0.03, 1, 1])
    found = corrected(
        corrections,
        [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
         0.5719, 0.6528, 0.7590, 1],
    )  # fmt: skip
    assert (found["verdict"] == "works").sum() == 4
    assert (found["holm_p_value"].astype(float) <= 0.05).sum() == 3


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_corrections_equal_statsmodels(corrections: Chain, p_values: list[float]) -> None:
    found = corrected(corrections, p_values)
    for column, method in (("adjusted_p_value", "fdr_bh"), ("holm_p_value", "holm")):
        ours = found[column].astype(float).to_numpy()
        assert np.allclose(ours, multipletests(p_values, method=method)[1], atol=1e-12), method


def test_the_stratified_difference_as_worked_out(chain: Chain) -> None:
    """Three strata of unlike shares; weighted by people, not by precision."""
    rows = []
    strata = (("a", 2000, 300, 100, 12), ("b", 3000, 210, 200, 12), ("c", 4500, 180, 300, 9))
    for name, treated, bought, controls, control_bought in strata:
        rows += [rate("treatment", bought, treated, segment=name),
                 rate("control", control_bought, controls, segment=name)]  # fmt: skip
    rows += [rate("treatment", 690, 9500), rate("control", 33, 600)]
    found = chain.run(inputs(rows))
    row = one(found["int_lift_stratified"], "purchase")
    assert close(row["stratified_difference"], 0.01415842, 8)
    assert close(row["stratified_error"], 0.01013557, 8)
    assert close(one(found["int_lift_effects"], "purchase")["difference"], 0.01763158, 8)


def test_a_segment_without_controls_is_put_to_the_rest(chain: Chain) -> None:
    """And where the rest cannot be compared either, nothing is said of the whole."""
    rows = [
        rate("treatment", 10, 100, segment="a"), rate("control", 10, 100, segment="a"),
        rate("treatment", 1, 50, segment="b"), rate("control", 0, 1, segment="b"),
        rate("treatment", 0, 1, segment="c"), rate("control", 1, 40, segment="c"),
        rate("treatment", 11, 151), rate("control", 11, 141),
    ]  # fmt: skip
    row = one(chain.run(inputs(rows))["int_lift_stratified"], "purchase")
    assert not pd.isna(row["stratified_difference"])
    row = one(chain.run(inputs(rows[:4] + rows[6:]))["int_lift_stratified"], "purchase")
    assert pd.isna(row["stratified_difference"])


def test_profit_as_worked_out(chain: Chain) -> None:
    """9,500 against 500: 760 and 30 buyers, margin before costs 4.10 and 3.55 a person.

    The discount of 2.00 is in the margin of those who used it, a message costs .02.
    """
    net = 4.10 - (760 * 2.00 + 9500 * 0.02) / 9500
    rows = [
        rate("treatment", 760, 9500), rate("control", 30, 500),
        moments("treatment", 9500, 9500 * net, 9500 * 200, "net_margin", events=760),
        moments("control", 500, 500 * 3.55, 500 * 200, "net_margin", events=30),
    ]  # fmt: skip
    costs = {"treatment": {"redeemer_count": 760, "redemption_count": 760,
                           "offer_cost_amount": 1520, "contact_cost_amount": 190}}  # fmt: skip
    row = one(chain.run(inputs(rows, costs=costs))["int_promotion_profit"])
    assert float(row["incremental_margin_amount"]) == 5225
    assert float(row["cost_amount"]) == 1710
    assert float(row["net_amount"]) == 3515
    assert close(row["roi"], 2.0556, 4)
    assert float(row["break_even_offer_amount"]) == pytest.approx(6.625, abs=0.0051)  # in cents
    assert float(row["incremental_buyer_count"]) == pytest.approx(190)
    assert float(row["cost_per_incremental_buyer_amount"]) == 9
    assert float(row["subsidy_share"]) == pytest.approx(1 - 0.02 / 0.08)
    assert float(row["redemption_rate"]) == pytest.approx(0.08)
    assert float(row["net_lower_amount"]) < 0 < float(row["net_upper_amount"])


PEOPLE = st.lists(st.floats(0, 1000).map(lambda x: round(x, 2)), min_size=12, max_size=60)


@given(PEOPLE, PEOPLE)
@settings(max_examples=60, deadline=None)
def test_means_equal_statsmodels(chain: Chain, treated: list[float], controls: list[float]) -> None:
    """Difference, error and freedom to nine digits; limits and p by the macros' stated errors."""
    found = chain.run(inputs([arm("control", controls), arm("treatment", treated)]))
    row = one(found["int_lift_effects"])
    both = CompareMeans(DescrStatsW(treated), DescrStatsW(controls))
    if both.std_meandiff_separatevar < 1e-6:
        return
    t, p_value, freedom = both.ttest_ind(usevar="unequal")
    lower, upper = both.tconfint_diff(usevar="unequal")
    error = both.std_meandiff_separatevar
    assert float(row["standard_error"]) == pytest.approx(error, rel=1e-9)
    assert float(row["freedom"]) == pytest.approx(freedom, rel=1e-6)
    assert float(row["difference_lower"]) == pytest.approx(lower, abs=2e-5 * error)
    assert float(row["difference_upper"]) == pytest.approx(upper, abs=2e-5 * error)
    if abs(t) < 4:
        assert float(row["p_value"]) == pytest.approx(p_value, rel=2e-2)


@given(st.integers(1, 400), st.integers(1, 400), st.integers(20, 400), st.integers(20, 400))
@settings(max_examples=80, deadline=None)
def test_rates_equal_statsmodels(chain: Chain, x1: int, x0: int, more1: int, more0: int) -> None:
    n1, n0 = x1 + more1, x0 + more0
    row = one(
        chain.run(inputs([rate("control", x0, n0), rate("treatment", x1, n1)]))["int_lift_effects"],
        "purchase",
    )
    _, p_value = proportions_ztest([x1, x0], [n1, n0])
    assert float(row["p_value"]) == pytest.approx(p_value, rel=1e-6, abs=1e-14)
    for method, name in (("wald", "difference"), ("newcomb", "newcombe")):
        lower, upper = confint_proportions_2indep(x1, n1, x0, n0, compare="diff", method=method)
        assert float(row[f"{name}_lower"]) == pytest.approx(lower, abs=1e-8)
        assert float(row[f"{name}_upper"]) == pytest.approx(upper, abs=1e-8)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([rate("treatment", 50, 1000)], "no comparison"),
        ([rate("control", 50, 1000)], "no comparison"),
        ([rate("control", 99, 1000), rate("treatment", 500, 1000)], "too small to tell"),
        ([rate("control", 100, 1000), rate("treatment", 200, 1000)], "works"),
        ([rate("control", 200, 1000), rate("treatment", 100, 1000)], "harms"),
        ([rate("control", 100, 1000), rate("treatment", 101, 1000)], "no evidence"),
        ([rate("control", 100, 800), rate("treatment", 200, 1000)], "broken assignment"),
        ([rate("control", 0, 1000), rate("treatment", 0, 1000)], "too small to tell"),
    ],
)
def test_every_verdict(chain: Chain, rows: list[dict[str, Any]], verdict: str) -> None:
    found = chain.run(inputs(rows))
    assert one(found["int_lift_verdicts"], "purchase")["verdict"] == verdict
    assert set(found["int_lift_verdicts"]["metric"]) == set(metrics()["metric"])


def test_a_split_far_from_even_was_meant(chain: Chain) -> None:
    """Without a plan it cannot be checked; with one it is."""
    rows = [rate("control", 100, 1000), rate("treatment", 1200, 9000)]
    assert one(chain.run(inputs(rows))["int_lift_verdicts"], "purchase")["verdict"] == "works"
    planned = {"control": 0.12, "treatment": 0.88}
    verdict = one(chain.run(inputs(rows, planned))["int_lift_verdicts"], "purchase")["verdict"]
    assert verdict == "broken assignment"


def test_people_in_an_arm_that_was_not_planned_break_the_assignment(chain: Chain) -> None:
    rows = [rate("control", 200, 1000), rate("treatment", 200, 1000), rate("extra", 200, 1000)]
    found = chain.run(inputs(rows, {"control": 0.5, "treatment": 0.5}))
    assert set(found["int_lift_verdicts"].query("metric == 'purchase'")["verdict"]) == {
        "broken assignment"
    }


def test_who_looks_before_the_end_needs_more(chain: Chain) -> None:
    """p is .02: enough once all days are over, not for somebody who looks every day."""
    rows = [rate("control", 200, 1000), rate("treatment", 243, 1000)]
    assert one(chain.run(inputs(rows))["int_lift_verdicts"], "purchase")["verdict"] == "works"
    early = one(chain.run(inputs(rows, complete=False))["int_lift_verdicts"], "purchase")
    assert early["verdict"] == "no evidence" and not early["is_final"]


def test_a_guardrail_waits_for_few(chain: Chain) -> None:
    """Ten complaints where none were are harm, and said, though no control complained."""
    rows = [rate("control", 0, 1000, "complaint"), rate("treatment", 20, 1000, "complaint")]
    assert one(chain.run(inputs(rows))["int_lift_verdicts"], "complaint")["verdict"] == "harms"
    rows = [rate("control", 0, 1000, "complaint"), rate("treatment", 9, 1000, "complaint")]
    verdict = one(chain.run(inputs(rows))["int_lift_verdicts"], "complaint")["verdict"]
    assert verdict == "too small to tell"


def test_odd_money_breaks_nothing(chain: Chain) -> None:
    """Negative, absurdly large and all equal revenue: a verdict, no error."""
    for treated, controls in (
        ([-5.0] * 200, [-4.0] * 200), ([1e9] * 150, [0.01] * 150), ([3.0] * 150, [3.0] * 150),
    ):  # fmt: skip
        found = chain.run(inputs([arm("control", controls), arm("treatment", treated)]))
        verdict = one(found["int_lift_verdicts"])["verdict"]
        assert verdict in {"works", "harms", "no evidence"}
