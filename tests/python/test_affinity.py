"""Affinity rules: the SQL against mlxtend on real baskets, and its limits against simulation.

The rules of Online Retail are those of mlxtend's association_rules on baskets that pandas makes.
The limits of a share are those of scipy; those of lift hold the truth about as often as they say.
"""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from mlxtend.frequent_patterns import association_rules, fpgrowth
from online_retail import Delivery
from scipy.stats import binomtest
from shop import REPOSITORY, Build, Builder

MINIMUM_SUPPORT = 0.005
PAGE = REPOSITORY / "docs" / "affinity.md"
COUNTS = ["basket_count", "antecedent_count", "consequent_count", "pair_count"]


@pytest.fixture(scope="module")
def rules(retail: Build) -> pd.DataFrame:
    """The product rules of Online Retail, best first."""
    return retail.frame(
        "select * from intermediate.int_affinity_rules where level = 'product'"
        " order by affinity_rank"
    )


@pytest.fixture(scope="module")
def baskets(retail_delivery: Delivery) -> pd.DataFrame:
    """Invoices by stock codes, by pandas: those that were paid, by somebody known."""
    lines = retail_delivery.lines
    lines = lines[
        lines["CustomerID"].notna()
        & ~lines["InvoiceNo"].str.startswith("C")
        & (lines["Quantity"] > 0)
        & (lines["UnitPrice"] >= 0)
    ]
    paid = lines["UnitPrice"].gt(0).groupby(lines["InvoiceNo"]).transform("any")
    pairs = lines.loc[paid, ["InvoiceNo", "StockCode"]].drop_duplicates()
    return pd.crosstab(pairs["InvoiceNo"], pairs["StockCode"]).astype(bool)


def test_the_rules_are_those_of_mlxtend(rules: pd.DataFrame, baskets: pd.DataFrame) -> None:
    itemsets = fpgrowth(baskets, min_support=MINIMUM_SUPPORT, use_colnames=True, max_len=2)
    theirs = association_rules(itemsets, metric="support", min_threshold=MINIMUM_SUPPORT)
    for side in ("antecedent", "consequent"):
        theirs[side] = [next(iter(items)) for items in theirs[f"{side}s"]]
    key = ["antecedent", "consequent"]
    expected = theirs.set_index(key)[["support", "confidence", "lift"]].sort_index()
    found = rules.set_index(key)[["support", "confidence", "lift"]].astype(float).sort_index()
    assert len(found) > 3_000
    assert list(found.index) == list(expected.index)
    # Six decimals are kept, so half of the last one may be missing.
    pd.testing.assert_frame_equal(found, expected, rtol=0, atol=0.5e-6 + 1e-9)
    assert set(rules["basket_count"]) == {len(baskets)}


def test_the_rules_are_ranked_by_the_lower_limit(rules: pd.DataFrame) -> None:
    order = ["lift_lower", "pair_count", "antecedent", "consequent"]
    ranked = rules.sort_values(order, ascending=[False, False, True, True])
    assert list(ranked["affinity_rank"]) == list(range(1, len(rules) + 1))


# -- the limits: the model's own SQL on counts of ours ---------------------------------------------


def measure(builder: Builder, home: Path, pairs: pd.DataFrame) -> pd.DataFrame:
    """The rules that the model makes of counts."""
    query = builder.compile(home, ["int_affinity_rules"])["int_affinity_rules"]
    with duckdb.connect(str(home / "build.duckdb")) as connection:
        connection.execute("create schema if not exists intermediate")
        connection.execute("create table intermediate.int_affinity_pairs as select * from pairs")
        return connection.sql(f"from ({query}) order by level, consequent").df()


def test_the_limits_of_confidence_are_wilsons(builder: Builder, tmp_path: Path) -> None:
    trials = [1, 2, 10, 34, 80, 120, 1_000, 1_000_000]
    cases = [
        (count, trial)
        for trial in trials
        for count in sorted({1, trial // 4, trial // 2, trial - 1, trial} - {0})
    ]
    pairs = pd.DataFrame(
        {
            "level": "product",
            "antecedent": "a",
            "consequent": [f"{number:04}" for number in range(len(cases))],
            "basket_count": 2_000_000,
            "antecedent_count": [trial for _, trial in cases],
            "consequent_count": 1_000_000,
            "pair_count": [count for count, _ in cases],
        }
    )
    found = measure(builder, tmp_path, pairs)
    expected = [binomtest(*case).proportion_ci(method="wilson") for case in cases]
    for column, limit in (("confidence_lower", "low"), ("confidence_upper", "high")):
        theirs = np.array([getattr(interval, limit) for interval in expected])
        assert np.abs(found[column].to_numpy(float) - theirs).max() < 1e-6
    # Printed: Newcombe 1998, 20 of 80 and 1 of 34.
    printed = {(20, 80): (0.16806, 0.35485), (1, 34): (0.00521, 0.14916)}
    for case, limits in printed.items():
        row = found.iloc[cases.index(case)]
        ours = (round(float(row["confidence_lower"]), 5), round(float(row["confidence_upper"]), 5))
        assert ours == limits


# name: baskets, probability of the one, of the other, and of both as a multiple of independence
WORLDS = {
    "independent": (2_000, 0.15, 0.2, 1.0),
    "independent, common": (1_000, 0.6, 0.7, 1.0),
    "independent, rare": (20_000, 0.05, 0.03, 1.0),
    "together": (2_000, 0.1, 0.12, 3.0),
    "together, almost always": (20_000, 0.008, 0.009, 80.0),
    "apart": (5_000, 0.2, 0.2, 0.4),
}


def test_the_limits_of_lift_hold_the_truth_about_as_often_as_they_say(
    builder: Builder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replicates, random = 4_000, np.random.default_rng(1927)
    drawn = []
    for name, (size, one, other, lift) in WORLDS.items():
        both = one * other * lift
        cells = [both, one - both, other - both, 1 - one - other + both]
        counts = random.multinomial(size, cells, size=replicates)
        world = pd.DataFrame({"basket_count": size}, index=range(replicates))
        world["antecedent_count"] = counts[:, 0] + counts[:, 1]
        world["consequent_count"] = counts[:, 0] + counts[:, 2]
        world["pair_count"] = counts[:, 0]
        world["level"], world["antecedent"] = name, "a"
        world["consequent"] = [f"{number:04}" for number in range(replicates)]
        drawn.append(world)
    found = measure(builder, tmp_path, pd.concat(drawn))
    told = []
    for name, (*_, lift) in WORLDS.items():
        rows = found[found["level"] == name]
        lower, upper = (rows[column].to_numpy(float) for column in ("lift_lower", "lift_upper"))
        held = float(((lower <= lift) & (lift <= upper)).mean())
        told.append(f"  {name}: {held:.1%}")
        assert len(rows) == replicates
        assert 0.93 <= held <= 0.97, f"{name}: {held}"
    with capsys.disabled():
        print("\n95 % limits of lift that hold the truth:", *told, sep="\n")


# -- the page --------------------------------------------------------------------------------------


def printed_rules(rules: pd.DataFrame, names: pd.Series) -> str:
    """The first ten rules as the page prints them."""
    lines = [
        "| | who bought | bought also | baskets with the one, the other, both | support"
        " | confidence (95 %) | lift (95 %) |",
        "|---|---|---|---|---|---|---|",
    ]
    for rule in rules.head(10).to_dict("records"):
        cells = [
            rule["affinity_rank"],
            *(f"{names[rule[side]]} ({rule[side]})" for side in ("antecedent", "consequent")),
            ", ".join(f"{rule[count]}" for count in COUNTS[1:]),
            f"{rule['support']:.2%}",
            f"{rule['confidence']:.0%}"
            f" ({rule['confidence_lower']:.0%} to {rule['confidence_upper']:.0%})",
            f"{rule['lift']:.1f} ({rule['lift_lower']:.1f} to {rule['lift_upper']:.1f})",
        ]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


def test_the_page_prints_these_rules(rules: pd.DataFrame, retail_delivery: Delivery) -> None:
    # A stock code has several descriptions: the most frequent is its name, else the first one.
    names = (
        retail_delivery.lines.groupby(["StockCode", "Description"])
        .size()
        .reset_index(name="lines")
        .sort_values(["lines", "Description"], ascending=[False, True])
        .drop_duplicates("StockCode")
        .set_index("StockCode")["Description"]
        .str.strip()
    )
    page = PAGE.read_text(encoding="utf-8")
    assert printed_rules(rules, names) in page, printed_rules(rules, names)
    sure = (rules["lift_lower"] > 1).sum()
    assert f"{len(rules):,} rules; the lower limit of {sure:,} is above 1" in page
    assert f"{rules['basket_count'].iloc[0]:,} baskets" in page
