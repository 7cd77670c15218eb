"""Fairness: published numbers, independent libraries, false alarms and power."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, demographic_parity_ratio, selection_rate
from fairness_chain import PROXIES, Chain, counts, inputs, value
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from shop import Builder
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.proportion import test_proportions_2indep as two_rates

ANY_SIZE: dict[str, Any] = {
    "size_factor": 1e-9
}  # every group is large enough: for small published tables
BERKELEY = {
    "A": ((825, 512), (108, 89)),
    "B": ((560, 353), (25, 17)),
    "C": ((325, 120), (593, 202)),
    "D": ((417, 138), (375, 131)),
    "E": ((191, 53), (393, 94)),
    "F": ((373, 22), (341, 24)),
}


@pytest.fixture(scope="module")
def chain(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(builder, tmp_path_factory.mktemp("fairness"))


def one(rows: pd.DataFrame, **keys: str) -> pd.Series:
    """The one row with these keys."""
    for name, wanted in keys.items():
        rows = rows[rows[name] == wanted]
    assert len(rows) == 1
    return rows.iloc[0].astype(object)


def groups(promotion: str, *sizes: tuple[int, int]) -> list[tuple[str, str, str, int, int]]:
    """Groups a, b, c … of a promotion with (selected, eligible), in one stratum."""
    return [
        (promotion, "abcdefghijklmnopqrstuvwxyz"[number], "all", eligible, selected)
        for number, (selected, eligible) in enumerate(sizes)
    ]


# -- published numbers ----------------------------------------------------------------------------


def test_fairlearn_user_guide(chain: Chain) -> None:
    """Rates .75, .50, .50: difference .25, ratio .6667, to overall .1944 and .7407."""
    rows = counts(groups("p", (3, 4), (3, 6), (4, 8)))
    ratios = chain.run(inputs(rows, **ANY_SIZE))["int_fairness_ratios"]
    rates = ratios["selection_rate"].astype(float)
    to_overall = ratios["impact_ratio_to_overall"].astype(float)
    assert one(ratios, group_name="a")["is_reference"]
    assert float(ratios["impact_ratio"].astype(float).min()) == pytest.approx(2 / 3)
    assert -float(ratios["rate_difference"].astype(float).min()) == pytest.approx(0.25)
    assert (rates - 10 / 18).abs().max() == pytest.approx(0.194444, abs=1e-6)
    assert np.minimum(to_overall, 1 / to_overall).min() == pytest.approx(0.740741, abs=1e-6)


def test_uniform_guidelines(chain: Chain) -> None:
    """EEOC questions and answers: .75, .80 and .85 of the highest rate; only .75 is flagged."""
    rows = counts(groups("p", (120, 200), (90, 200), (96, 200), (102, 200)))
    ratios = chain.run(inputs(rows, **ANY_SIZE))["int_fairness_ratios"]
    found = ratios.set_index("group_name").sort_index()["impact_ratio"].astype(float)
    assert found[["b", "c", "d"]].tolist() == [0.75, 0.80, 0.85]
    assert (found < 0.8).tolist() == [False, True, False, False]


def test_holisticai_and_clarify(chain: Chain) -> None:
    """3 of 4 against 2 of 6: ratio .4444, difference .416667; 10/7 seen from the other side."""
    rows = counts([*groups("h", (3, 4), (2, 6)), *groups("c", (10, 20), (7, 20))])
    ratios = chain.run(inputs(rows, **ANY_SIZE))["int_fairness_ratios"]
    other = one(ratios, promotion_id="h", group_name="b")
    assert float(other["impact_ratio"]) == pytest.approx(4 / 9)
    assert float(other["rate_difference"]) == pytest.approx(-5 / 12)
    assert float(one(ratios, promotion_id="c", group_name="b")["impact_ratio"]) == 0.7


def test_berkeley_admissions(chain: Chain) -> None:
    """Bickel et al. 1975, as R's UCBAdmissions: the difference turns round within departments."""
    rows = counts(
        [
            ("p", gender, department, *cell)
            for department, cells in BERKELEY.items()
            for gender, cell in zip(("men", "women"), cells, strict=True)
        ]
    )
    found = chain.run(inputs(rows, size_factor=0.1))
    ratio = one(found["int_fairness_ratios"], group_name="women")
    assert float(ratio["impact_ratio"]) == pytest.approx(0.6818298, abs=1e-7)
    assert float(ratio["wald_z"]) == pytest.approx(-3.99, abs=5e-3)
    within = one(found["int_fairness_conditions"], group_name="women").astype(
        float, errors="ignore"
    )
    assert float(within["standardised_reference_rate"]) == pytest.approx(0.3873186, abs=1e-7)
    assert float(within["standardised_rate"]) == pytest.approx(0.4299554, abs=1e-7)
    assert float(within["conditional_ratio"]) == pytest.approx(1.0583, abs=5e-5)
    assert float(within["conditional_ratio_lower"]) == pytest.approx(0.9704, abs=5e-5)
    assert float(within["conditional_ratio_upper"]) == pytest.approx(1.1541, abs=5e-5)
    assert 1 / float(within["conditional_odds_ratio"]) == pytest.approx(0.9046968, abs=1e-7)
    assert float(within["cmh_statistic"]) == pytest.approx(1.42695, abs=5e-6)
    assert float(within["conditional_disparity"]) == pytest.approx(-0.0192833, abs=1e-7)
    agree = one(found["int_fairness_homogeneity"], group_name="women")
    assert float(agree["breslow_day_statistic"]) == pytest.approx(18.826, abs=5e-4)
    assert float(agree["breslow_day_p"]) == pytest.approx(0.00207, abs=5e-6)
    verdict = one(found["int_fairness_verdicts"], group_name="women")
    assert verdict["is_simpson"]


def test_published_intervals() -> None:
    """20/80 against 48/120; Fagerland et al. 2015 (7/34, 1/34); Newcombe 1998 (56/70, 48/80)."""

    def limits(x: int, n: int, x0: int, n0: int) -> list[float]:
        low, high = (
            proportion_confint(x, n, method="wilson"),
            proportion_confint(x0, n0, method="wilson"),
        )
        args = f"'({x}.0/{n})', '{low[0]}', '{low[1]}', '({x0}.0/{n0})', '{high[0]}', '{high[1]}'"
        return [value(f"ratio_lower({args})"), value(f"ratio_upper({args})")]

    assert limits(20, 80, 48, 120) == pytest.approx([0.4014, 0.9538], abs=5e-5)
    assert limits(7, 34, 1, 34) == pytest.approx([1.154, 41.98], abs=6e-3)
    for x, n, x0, n0, expected in (
        (56, 70, 48, 80, [0.0524, 0.3339]),
        (7, 34, 1, 34, [0.0189, 0.3404]),
    ):
        low, high = proportion_confint(x, n, method="wilson")
        low0, high0 = proportion_confint(x0, n0, method="wilson")
        found = [
            value(f"difference_lower('{x / n}', '{low}', '{x0 / n0}', '{high0}')"),
            value(f"difference_upper('{x / n}', '{high}', '{x0 / n0}', '{low0}')"),
        ]
        assert found == pytest.approx(expected, abs=5e-5)


def test_published_tests_against_the_threshold(chain: Chain) -> None:
    """z -1.163 (p .122) for 20/80 against 48/120; -3.056 (p .0011) for 75/500 against 2375/9500."""
    rows = counts([*groups("s", (48, 120), (20, 80)), *groups("l", (2375, 9500), (75, 500))])
    found = chain.run(inputs(rows, **ANY_SIZE))
    ratios, tests = found["int_fairness_ratios"], found["int_fairness_tests"]
    for promotion, z, p in (("s", -1.163, 0.122), ("l", -3.056, 0.0011)):
        row = one(ratios, promotion_id=promotion, group_name="b")
        assert float(row["wald_z"]) == pytest.approx(z, abs=5e-4)
        told = one(tests, promotion_id=promotion, group_name="b")
        assert float(told["wald_p"]) == pytest.approx(p, abs=5e-4)
    lower = one(ratios, promotion_id="s", group_name="b")
    assert float(lower["selection_rate_lower"]) == pytest.approx(0.16806, abs=5e-6)
    assert float(lower["selection_rate_upper"]) == pytest.approx(0.35485, abs=5e-6)


def test_contingency_table_of_scipy(builder: Builder, tmp_path: Path) -> None:
    """The table of scipy's documentation: V, U, I, G and the balanced error rate."""
    table = ((100, 150), (203, 322), (420, 700), (320, 210))
    cells = pd.DataFrame(
        [
            ("region", f"r{row}", "gender", f"g{column}", number)
            for row, numbers in enumerate(table)
            for column, number in enumerate(numbers)
        ],
        columns=["variable", "value", "attribute", "group_name", "customer_count"],
    )
    given = {"int_attribute_cells": cells, "fairness_limits": inputs(counts([]))["fairness_limits"]}
    row = one(Chain(builder, tmp_path, PROXIES).run(given)["attribute_proxies"])
    assert float(row["chi_square_statistic"]) == pytest.approx(84.0560687, abs=1e-7)
    assert float(row["chi_square_p"]) == pytest.approx(4.1377e-18, rel=1e-3)
    assert float(row["cramers_v"]) == pytest.approx(0.18286188, abs=1e-8)
    assert float(row["mutual_information"]) == pytest.approx(0.01721160, abs=1e-8)
    assert float(row["g_statistic"]) == pytest.approx(83.476285, abs=1e-6)
    assert float(row["uncertainty_coefficient"]) == pytest.approx(0.02518732, abs=1e-8)
    assert float(row["balanced_error_rate"]) == pytest.approx(0.42257320, abs=1e-8)
    assert row["verdict"] == "WARN"


# -- independent libraries ------------------------------------------------------------------------


@pytest.mark.parametrize("x", [0.0, 0.01, 0.5, 1.0, 3.0, 8.0])
def test_tails_of_distributions(x: float) -> None:
    assert value(f"erfc('{x}')") == pytest.approx(math.erfc(x), rel=1.3e-7)
    assert value(f"normal_below('(-{x})')") == pytest.approx(stats.norm.cdf(-x), rel=2e-7)
    for freedom in (1, 2, 3, 6, 11, 20):
        found = value(f"chi_square_above('{x * freedom}', '{freedom}')")
        assert found == pytest.approx(stats.chi2.sf(x * freedom, freedom), rel=2e-7)
    assert value(f"t_two_sided('{x}', '10')") == pytest.approx(2 * stats.t.sf(x, 10), rel=0.12)
    assert value("t_two_sided('2.1', '10')") == pytest.approx(0.062136, abs=1e-6)


TABLE = st.lists(
    st.tuples(st.integers(5, 400), st.floats(0.1, 0.9), st.integers(5, 400), st.floats(0.1, 0.9)),
    min_size=2,
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(tables=st.lists(TABLE, min_size=3, max_size=6))
def test_random_tables_equal_the_libraries(
    chain: Chain, tables: list[list[tuple[int, float, int, float]]]
) -> None:
    """fairlearn's rates and ratio; statsmodels' Wilson, score test, Mantel-Haenszel, BH."""
    cells = {
        f"p{number}": [
            ((n1, min(n1 - 1, max(1, round(n1 * p1)))), (n0, min(n0 - 1, max(1, round(n0 * p0)))))
            for n1, p1, n0, p0 in table
        ]
        for number, table in enumerate(tables)
    }
    rows = counts(
        [
            (promotion, group, f"s{stratum}", *cell)
            for promotion, strata in cells.items()
            for stratum, pair in enumerate(strata)
            for group, cell in zip("ab", pair, strict=True)
        ]
    )
    found = chain.run(inputs(rows, **ANY_SIZE))
    for promotion, strata in cells.items():
        check_promotion(found, promotion, strata)


def check_promotion(
    found: dict[str, pd.DataFrame],
    promotion: str,
    strata: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    ratios = found["int_fairness_ratios"]
    people = pd.DataFrame(
        [
            (group, number < selected)
            for pair in strata
            for group, (eligible, selected) in zip("ab", pair, strict=True)
            for number in range(eligible)
        ],
        columns=["group", "selected"],
    )
    chosen = people["selected"].astype(int)
    rates = MetricFrame(
        metrics=selection_rate, y_true=chosen, y_pred=chosen, sensitive_features=people["group"]
    ).by_group
    mine: Any = ratios[ratios["promotion_id"] == promotion].set_index("group_name")
    for group in "ab":
        assert float(mine.loc[group, "selection_rate"]) == pytest.approx(rates[group], abs=1e-9)
    reference = str(mine.index[mine["is_reference"]][0])
    other = "b" if reference == "a" else "a"
    row = mine.loc[other]
    assert float(row["impact_ratio"]) == pytest.approx(
        demographic_parity_ratio(chosen, chosen, sensitive_features=people["group"]), abs=1e-9
    )
    x, n = int(row["selected_count"]), int(row["eligible_count"])
    x0 = int(mine.loc[reference, "selected_count"])
    n0 = int(mine.loc[reference, "eligible_count"])
    low, high = proportion_confint(x, n, method="wilson")
    assert float(row["selection_rate_lower"]) == pytest.approx(low, abs=1e-6)
    assert float(row["selection_rate_upper"]) == pytest.approx(high, abs=1e-6)
    score = two_rates(
        x, n, x0, n0, value=0.8, method="score", compare="ratio",
        alternative="smaller", correction=False,
    )  # fmt: skip
    told = one(found["int_fairness_tests"], promotion_id=promotion, group_name=other)
    assert float(told["score_p"]) == pytest.approx(score.pvalue, rel=1e-4, abs=1e-12)
    place = "ab".index(other)
    tables = [
        np.array(
            [
                [pair[place][1], pair[place][0] - pair[place][1]],
                [pair[1 - place][1], pair[1 - place][0] - pair[1 - place][1]],
            ]
        )
        for pair in strata
    ]
    library = StratifiedTable([table.astype(float) for table in tables])
    within = one(found["int_fairness_conditions"], promotion_id=promotion, group_name=other)
    assert float(within["conditional_ratio"]) == pytest.approx(library.riskratio_pooled, rel=1e-8)
    assert float(within["conditional_odds_ratio"]) == pytest.approx(
        library.oddsratio_pooled, rel=1e-8
    )
    # R corrects for continuity where the excess is at least one half, statsmodels always
    excess = sum(table[0, 0] - table[0].sum() * table[:, 0].sum() / table.sum() for table in tables)
    cmh = library.test_null_odds(correction=abs(excess) >= 0.5)
    assert float(within["cmh_statistic"]) == pytest.approx(cmh.statistic, rel=1e-6, abs=1e-7)
    agree = one(found["int_fairness_homogeneity"], promotion_id=promotion, group_name=other)
    breslow_day = library.test_equal_odds()
    if math.isnan(breslow_day.statistic):  # statsmodels divides by 0 at an odds ratio of 1
        return
    assert float(agree["breslow_day_statistic"]) == pytest.approx(
        breslow_day.statistic, rel=1e-6, abs=2e-6
    )
    assert float(agree["breslow_day_p"]) == pytest.approx(breslow_day.pvalue, rel=1e-4, abs=1e-9)


def test_adjusted_p_is_benjamini_hochberg(chain: Chain) -> None:
    """Single attributes of a promotion are one family, over all comparisons that are gates."""
    random = np.random.default_rng(5)
    frames = []
    for basis in ("eligible", "opened", "contactable"):
        sizes = [(int(random.binomial(900, 0.3)), 900) for _ in range(8)]
        frames.append(counts(groups("p", *sizes), basis=basis))
        frames.append(counts(groups("p", *sizes[:5]), basis=basis, attribute="a+b", is_pair=True))
    tests = chain.run(inputs(pd.concat(frames)))["int_fairness_tests"]
    tests["is_pair"] = tests["attribute"] == "a+b"
    for _, family in tests.dropna(subset="p_value").groupby(["is_gate", "is_pair"]):
        p = family["p_value"].astype(float)
        expected = multipletests(p, method="fdr_bh")[1]
        assert family["adjusted_p"].astype(float).tolist() == pytest.approx(expected, abs=1e-12)
    sizes_of_families = tests.dropna(subset="p_value").groupby(["is_gate", "is_pair"]).size()
    assert sizes_of_families.tolist() == [7, 4, 14, 8]


# -- verdicts -------------------------------------------------------------------------------------


def verdicts(
    chain: Chain,
    rows: pd.DataFrame,
    exceptions: list[tuple[str, ...]] | None = None,
    **limits: float,
) -> tuple[dict[Any, str], bool]:
    """The verdict of each group of promotion p, and whether it is stopped."""
    found = chain.run(inputs(rows, exceptions or [], **limits))
    told = found["int_fairness_verdicts"].set_index("group_name")["verdict"].to_dict()
    return told, bool(one(found["int_promotion_verdicts"], promotion_id="p")["is_stopped"])


def test_each_verdict(chain: Chain) -> None:
    rows = counts(groups("p", (500, 1000), (200, 1000), (480, 1000), (395, 1000), (425, 1000)))
    told, is_stopped = verdicts(chain, rows)
    assert told == {"a": "PASS", "b": "FAIL", "c": "PASS", "d": "WARN", "e": "WATCH"}
    assert is_stopped


def test_small_groups_are_insufficient_however_few_were_selected(chain: Chain) -> None:
    """With nobody selected, the variance of the Wald test is 0 and its p with it."""
    rows = counts(groups("p", (100, 1000), (0, 5), (0, 20), (0, 40), (3, 5)))
    told, is_stopped = verdicts(chain, rows, size_factor=1)
    assert told == {"a": "PASS", **dict.fromkeys("bcde", "INSUFFICIENT")}
    assert not is_stopped


def test_a_group_that_is_too_small_for_a_pass_fails_when_it_is_shown(chain: Chain) -> None:
    told, _ = verdicts(chain, counts(groups("p", (500, 1000), (2, 60))))
    assert told["b"] == "FAIL"


def test_nobody_selected_or_nobody_large_enough_is_no_pass(chain: Chain) -> None:
    told, is_stopped = verdicts(chain, counts(groups("p", (0, 5000), (0, 5000))))
    assert set(told.values()) == {"INSUFFICIENT"} and not is_stopped
    told, is_stopped = verdicts(chain, counts(groups("p", (40, 100), (8, 100))))
    assert set(told.values()) == {"INSUFFICIENT"} and not is_stopped


def test_the_unknown_are_told_and_stop_nothing(chain: Chain) -> None:
    rows = counts([*groups("p", (500, 1000), (490, 1000)), ("p", "unknown", "all", 1000, 100)])
    told, is_stopped = verdicts(chain, rows)
    assert told["unknown"] == "WARN" and not is_stopped
    rows = counts([*groups("p", (500, 1000), (490, 1000)), ("p", "unknown", "all", 1000, 900)])
    assert verdicts(chain, rows)[0]["a"] == "PASS"


def simpson(share_of_b_in_high: float) -> pd.DataFrame:
    """Half of the high tier and a tenth of the low one, whoever they are."""
    high, low = round(4000 * share_of_b_in_high), round(4000 * (1 - share_of_b_in_high))
    return counts(
        [
            ("p", "a", "high", 2000, 1000),
            ("p", "a", "low", 2000, 200),
            ("p", "b", "high", high, high // 2),
            ("p", "b", "low", low, low // 10),
        ]
    )


def test_a_difference_that_value_explains_is_not_stopped(chain: Chain) -> None:
    told, is_stopped = verdicts(chain, simpson(0.3))
    assert told["b"] == "WARN" and not is_stopped


def test_a_tier_that_stands_in_for_the_group_explains_nothing(chain: Chain) -> None:
    told, is_stopped = verdicts(chain, simpson(0.02))
    assert told["b"] == "FAIL" and is_stopped


def test_one_stratum_that_is_unfair_is_not_averaged_away(chain: Chain) -> None:
    rows = counts(
        [
            ("p", "a", "high", 2000, 1000),
            ("p", "a", "low", 2000, 200),
            ("p", "b", "high", 1000, 200),
            ("p", "b", "low", 3000, 630),
        ]
    )
    found = chain.run(inputs(rows))
    within = one(found["int_fairness_conditions"], group_name="b")
    assert float(within["conditional_ratio"]) > 0.8
    assert float(within["standardised_rate"]) > 0.8 * float(within["standardised_reference_rate"])
    assert float(one(found["int_fairness_proxies"])["stratum_cramers_v"]) < 0.3
    assert one(found["int_fairness_verdicts"], group_name="b")["verdict"] == "FAIL"


def test_one_person_who_was_left_out_is_no_proof(chain: Chain) -> None:
    """Where everybody else was selected, p is .02; with one selection more the ratio is 1."""
    rows = counts(groups("p", (1000, 1000), (0, 1)))
    found = chain.run(inputs(rows))
    assert float(one(found["int_fairness_tests"], group_name="b")["adjusted_p"]) < 0.05
    assert one(found["int_fairness_verdicts"], group_name="b")["verdict"] == "INSUFFICIENT"


@pytest.mark.parametrize(
    ("attribute", "approved", "expires", "is_stopped"),
    [
        ("gender", "2026-01-01", "2026-07-01", False),
        ("any", "2026-01-01", "2026-07-01", False),
        ("gender", "2026-01-01", "2026-06-30", True),
        ("gender", "2026-07-02", "2026-12-31", True),
        ("age", "2026-01-01", "2026-12-31", True),
    ],
)
def test_exceptions_stand_on_their_days(
    chain: Chain, attribute: str, approved: str, expires: str, is_stopped: bool
) -> None:
    """Offers of 1 July 2026: the first night after the as-of day."""
    exception = ("p", attribute, "a shop for one group", "head of marketing", approved, expires)
    rows = counts(groups("p", (500, 1000), (200, 1000)))
    told, found = verdicts(chain, rows, [exception])
    assert told["b"] == "FAIL" and found == is_stopped


# -- how often it errs ----------------------------------------------------------------------------

PROMOTIONS = 500


def failing(chain: Chain, rates: list[float], sizes: list[int], seed: int) -> int:
    """Promotions of 500 in one run that fail for some group."""
    random = np.random.default_rng(seed)
    selected = random.binomial(sizes, rates, size=(PROMOTIONS, len(sizes)))
    rows = counts(
        [
            (f"p{number}", f"g{group:02}", "all", sizes[group], int(draws[group]))
            for number, draws in enumerate(selected)
            for group in range(len(sizes))
        ]
    )
    return int(chain.run(inputs(rows))["int_promotion_verdicts"]["is_stopped"].sum())


@pytest.mark.parametrize(
    ("rate", "sizes"),
    [
        (0.05, [9900] * 20),
        (0.3, [200] * 29 + [1000]),
        (0.3, [200] * 29 + [400]),
        (0.1, [5, 10, 20, 40, 60, 3000, 3000]),
        (0.02, [5, 20, 60, 200, 500, 16000]),
        (0.5, [3, 5, 8, 20, 400, 400]),
    ],
)
def test_fair_promotions_are_rarely_stopped(chain: Chain, rate: float, sizes: list[int]) -> None:
    """5 % of 500, and what chance may add to it: 41 at most."""
    assert failing(chain, [rate] * len(sizes), sizes, 1) <= 41


@pytest.mark.parametrize(("rate", "size"), [(0.05, 9900), (0.1, 4800), (0.3, 1300), (0.5, 620)])
def test_unfair_promotions_are_stopped(chain: Chain, rate: float, size: int) -> None:
    """One of twenty groups at .6 of the others' rate: nine tenths of 500, less chance."""
    assert failing(chain, [0.6 * rate] + [rate] * 19, [size] * 20, 2) >= 428
