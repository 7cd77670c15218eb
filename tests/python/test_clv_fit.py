"""Lifetime value parameters: the published maximum, the mathematics, and shops that have none.

Sources: Fader, Hardie and Lee (2005) for BG/NBD on the CDNOW sample; Fader and Hardie (2013) for
Gamma-Gamma on the same customers. The likelihoods are written out here a second time, plainly, and
lifetimes fits the same rows.
"""

import csv
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from lifetimes import BetaGeoFitter, GammaGammaFitter
from scipy.special import gammaln
from shop import Build, Builder, write_tables

from ops import fit
from ops.bench_clv import WORLDS, Shop, World, recovery, simulate
from ops.clv_fit import (
    BGNBD,
    GAMMA_GAMMA,
    Array,
    Fit,
    Objective,
    _bgnbd,
    _gamma_gamma,
    fit_bgnbd,
    fit_gamma_gamma,
)

CALIBRATION_END = "1997-09-30"
PUBLISHED_BGNBD = {"r": 0.24259453, "alpha": 4.41360213, "a": 0.79292193, "b": 2.42590645}
PUBLISHED_GAMMA_GAMMA = {"p": 6.25, "q": 3.74, "v": 15.44}
PUBLISHED_LOG_LIKELIHOODS = (-9582.429207, -4055.9177)


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """Whatever the rows are, nothing is muttered."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def column(*values: float) -> Array:
    return np.array(values, dtype=np.float64)


def each(shop: Shop) -> tuple[Fit, Fit]:
    """Both fits of a simulated shop, every customer a row."""
    is_repeat = shop.x > 0
    one = np.ones(len(shop.x))
    return (
        fit_bgnbd(shop.x, shop.t_x, shop.age, one),
        fit_gamma_gamma(shop.x[is_repeat], shop.mean_amount[is_repeat], one[is_repeat]),
    )


# -- the published maximum ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cdnow(real_data: Callable[[str], Path]) -> pd.DataFrame:
    """x, t_x, T and the mean repeat amount of 2,357 customers, from the purchases themselves."""
    rows = pd.read_parquet(real_data("cdnow/cdnow_sample.parquet"))
    rows["day"] = pd.to_datetime(rows["date"])
    rows["amount"] = rows["dollar_value"].astype(float)
    rows = rows[rows["day"] <= CALIBRATION_END]
    days = rows.groupby(["sample_id", "day"], as_index=False)["amount"].sum()
    by_customer = days.groupby("sample_id")
    first, last = by_customer["day"].min(), by_customer["day"].max()
    repeats = days[by_customer.cumcount() > 0].groupby("sample_id")["amount"].mean()
    return pd.DataFrame(
        {
            "x": by_customer.size() - 1.0,
            "t_x": (last - first).dt.days / 7,
            "T": (pd.Timestamp(CALIBRATION_END) - first).dt.days / 7,
            "zbar": repeats,
        }
    )


def test_the_published_purchase_parameters(cdnow: pd.DataFrame) -> None:
    x, t_x, age = (cdnow[name].to_numpy() for name in ("x", "t_x", "T"))
    found = fit_bgnbd(x, t_x, age, np.ones(len(cdnow)))
    assert dict(found.parameters) == pytest.approx(PUBLISHED_BGNBD, rel=1e-6)
    assert found.log_likelihood == pytest.approx(PUBLISHED_LOG_LIKELIHOODS[0], abs=1e-5)


def test_the_published_value_parameters(cdnow: pd.DataFrame) -> None:
    repeaters = cdnow[cdnow["x"] > 0]
    found = fit_gamma_gamma(
        repeaters["x"].to_numpy(), repeaters["zbar"].to_numpy(), np.ones(len(repeaters))
    )
    rounded = {name: round(value, 2) for name, value in found.parameters.items()}
    assert rounded == PUBLISHED_GAMMA_GAMMA
    assert found.log_likelihood == pytest.approx(PUBLISHED_LOG_LIKELIHOODS[1], abs=1e-4)


def test_the_published_parameters_through_the_models(
    builder: Builder, real_data: Callable[[str], Path], tmp_path: Path, cdnow: pd.DataFrame
) -> None:
    rows = pd.read_parquet(real_data("cdnow/cdnow_sample.parquet"))
    orders = pd.DataFrame(
        {
            "order_id": [f"P{number:05}" for number in range(len(rows))],
            "customer_id": rows["sample_id"],
            "ordered_at": rows["date"],
            "gross_amount": rows["dollar_value"],
        }
    )
    build = builder.build(
        write_tables(tmp_path / "raw", {"orders": orders}, "parquet"),
        tmp_path,
        as_of=CALIBRATION_END,
        suffix="parquet",
        select="+int_clv_parameters",
        checks=False,
        reporting_currency="USD",
        minimum_order_amount=0,
    )
    assert not build.problems, "\n".join(build.problems)
    found = build.frame("select * from intermediate.int_clv_parameters").iloc[0]
    assert (found["parameter_group"], found["purchase_status"], found["value_status"]) == (
        "all",
        "fitted",
        "fitted",
    )
    for name, value in PUBLISHED_BGNBD.items():
        assert found[name] == pytest.approx(value, rel=1e-6), name
    for name, value in PUBLISHED_GAMMA_GAMMA.items():
        assert round(float(found[name]), 2) == value, name
    published = dict(
        zip(
            ("bgnbd_log_likelihood", "gamma_gamma_log_likelihood"),
            PUBLISHED_LOG_LIKELIHOODS,
            strict=True,
        )
    )
    for name, value in published.items():
        assert found[name] == pytest.approx(value, abs=1e-3), name
    assert (found["customer_count"], found["repeat_customer_count"]) == (2_357, 946)
    assert str(found["fitted_as_of"])[:10] == CALIBRATION_END
    summary = build.frame(
        "select customers.customer_id as sample_id, summary.*"
        " from intermediate.int_customer_clv_summary as summary"
        " inner join intermediate.int_customers as customers using (customer_key)"
    ).set_index("sample_id")
    joined = cdnow.join(summary)
    assert len(summary) == 2_357
    assert (joined["x"] == joined["repeat_count"]).all()
    assert (joined["t_x"] - joined["clv_recency_weeks"]).abs().max() < 1e-6
    assert (joined["T"] - joined["clv_age_weeks"]).abs().max() < 1e-6
    assert (joined["zbar"] - joined["mean_repeat_amount"]).abs().max() <= 5e-5 + 1e-9


# -- the mathematics ------------------------------------------------------------------------------


def plain_bgnbd(theta: Array, x: Array, t_x: Array, age: Array, count: Array) -> float:
    """The log-likelihood as the paper prints it."""
    r, alpha, a, b = np.exp(theta)
    a_1 = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    a_2 = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    a_3 = -(r + x) * np.log(alpha + age)
    a_4 = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x)
    seen = np.where(x > 0, np.logaddexp(a_3, a_4), a_3)
    return float(np.sum(count * (a_1 + a_2 + seen)))


def plain_gamma_gamma(theta: Array, x: Array, mean_amount: Array, count: Array) -> float:
    """The log-likelihood as the paper prints it."""
    p, q, v = np.exp(theta)
    value = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
    value += (p * x - 1) * np.log(mean_amount) + p * x * np.log(x)
    value -= (p * x + q) * np.log(x * mean_amount + v)
    return float(np.sum(count * value))


@pytest.fixture(scope="module")
def shop() -> Shop:
    return simulate(WORLDS["two_years"], 400, 5)


@pytest.mark.parametrize("seed", range(6))
def test_value_gradient_and_hessian(shop: Shop, seed: int) -> None:
    random = np.random.default_rng(seed)
    count = random.integers(1, 5, len(shop.x)).astype(float)
    is_repeat = shop.x > 0
    purchases = (shop.x, shop.t_x, shop.age, count)
    amounts = (shop.x[is_repeat], shop.mean_amount[is_repeat], count[is_repeat])
    cases: list[tuple[Objective, Callable[[Array], float], int]] = [
        (_bgnbd(*purchases), lambda theta: plain_bgnbd(theta, *purchases), 4),
        (_gamma_gamma(*amounts), lambda theta: plain_gamma_gamma(theta, *amounts), 3),
    ]
    for objective, plain, size in cases:
        theta = random.normal(0, 1.5, size)
        value, gradient, hessian = objective(theta)
        assert value == pytest.approx(plain(theta), rel=1e-12)
        for number, nudge in enumerate(np.eye(size) * 1e-5):
            above, below = objective(theta + nudge), objective(theta - nudge)
            scale = float(np.max(np.abs(hessian)))
            assert (above[0] - below[0]) / 2e-5 == pytest.approx(gradient[number], abs=1e-6 * scale)
            slope = (above[1] - below[1]) / 2e-5
            np.testing.assert_allclose(slope, hessian[number], atol=1e-6 * scale)


def test_lifetimes_finds_no_higher_likelihood(shop: Shop) -> None:
    ours = each(shop)
    is_repeat = shop.x > 0
    amounts = (shop.x[is_repeat], shop.mean_amount[is_repeat])
    theirs = (
        BetaGeoFitter().fit(shop.x, shop.t_x, shop.age).params_,
        GammaGammaFitter().fit(*amounts).params_,
    )
    plain: tuple[Callable[[Array], float], Callable[[Array], float]] = (
        lambda theta: plain_bgnbd(theta, shop.x, shop.t_x, shop.age, np.ones(len(shop.x))),
        lambda theta: plain_gamma_gamma(theta, *amounts, np.ones(len(amounts[0]))),
    )
    for found, known, log_likelihood in zip(ours, theirs, plain, strict=True):
        our_point = np.log(list(found.parameters.values()))
        their_point = np.log([known[name] for name in found.parameters])
        assert found.log_likelihood is not None
        assert found.log_likelihood == pytest.approx(log_likelihood(our_point), abs=1e-8)
        assert found.log_likelihood >= log_likelihood(their_point) - 1e-9
        np.testing.assert_allclose(our_point, their_point, atol=2e-3)


def test_equal_customers_may_be_one_row_and_units_do_not_matter(shop: Shop) -> None:
    purchases, value = each(shop)
    twice = fit_bgnbd(shop.x, shop.t_x, shop.age, np.full(len(shop.x), 2.0))
    assert dict(twice.parameters) == pytest.approx(dict(purchases.parameters), rel=1e-7)
    for name, error in purchases.log_standard_errors.items():
        assert twice.log_standard_errors[name] == pytest.approx(error / np.sqrt(2), rel=1e-6)
    in_hours = fit_bgnbd(shop.x, shop.t_x * 168, shop.age * 168, np.ones(len(shop.x)))
    expected = dict(purchases.parameters) | {"alpha": purchases.parameters["alpha"] * 168}
    assert dict(in_hours.parameters) == pytest.approx(expected, rel=1e-7)
    is_repeat = shop.x > 0
    in_cents = fit_gamma_gamma(
        shop.x[is_repeat], shop.mean_amount[is_repeat] * 100, np.ones(int(is_repeat.sum()))
    )
    expected = dict(value.parameters) | {"v": value.parameters["v"] * 100}
    assert dict(in_cents.parameters) == pytest.approx(expected, rel=1e-7)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    line = recovery("two_years", 2_000, 40)
    held = [int(part) for part in line.split("|")[3:10]]
    # of 40 fair intervals of 95 %, fewer than 33 hold with probability .001
    assert min(held) >= 33, line
    assert "none" in line


# -- rows from which nothing can be learnt --------------------------------------------------------

NOTHING = column()
BAD_PURCHASES = {
    "nobody": ("no_customers", NOTHING, NOTHING, NOTHING, NOTHING),
    "one customer": ("no_repeats", column(0), column(0), column(10), column(1)),
    "one customer who came back": ("at_bound", column(3), column(5), column(10), column(1)),
    "nobody came back": ("no_repeats", column(0, 0), column(0, 0), column(5, 9), column(40, 60)),
    "all of today": ("no_repeats", column(0), column(0), column(0), column(500)),
    "everybody alike": ("at_bound", column(3), column(5), column(10), column(500)),
    "one of 1,000 came back": (
        "at_bound",
        column(0, 1),
        column(0, 5),
        column(9, 9),
        column(999, 1),
    ),
    "all bought to the last day": (
        "at_bound",
        column(0, 1, 2, 3),
        column(0, 9, 9, 9),
        column(9, 9, 9, 9),
        column(50, 40, 30, 10),
    ),
}
BAD_AMOUNTS = {
    "nobody": ("no_repeats", NOTHING, NOTHING, NOTHING),
    "one customer": ("at_bound", column(3), column(5), column(1)),
    "one price": ("at_bound", column(3, 1, 2), column(5, 5, 5), column(10, 10, 10)),
    "no mean": ("infinite_mean", column(1, 1, 1), column(1e-3, 1, 1e6), column(30, 5, 30)),
}


@pytest.mark.parametrize("name", BAD_PURCHASES)
def test_purchases_that_tell_nothing(name: str) -> None:
    reason, *rows = BAD_PURCHASES[name]
    found = fit_bgnbd(*rows)
    assert (found.reason, dict(found.parameters)) == (reason, {})


@pytest.mark.parametrize("name", BAD_AMOUNTS)
def test_amounts_that_tell_nothing(name: str) -> None:
    reason, *rows = BAD_AMOUNTS[name]
    found = fit_gamma_gamma(*rows)
    assert found.reason in (reason, "at_bound")
    assert not found.parameters


def test_thousands_of_repeats_are_no_trouble() -> None:
    found = fit_bgnbd(
        column(0, 5000, 10), column(0, 800, 30), column(800, 800, 100), column(5, 1, 3)
    )
    assert found.reason is None
    assert np.isfinite(list(found.parameters.values())).all()


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        # everybody has the same chance to stop: a and b run off together
        (World(0.7, 7, 600, 9000, 5, 4, 15, 0, 100), "at_bound"),
        (World(0.7, 7, 1, 3, 5, 0.8, 15, 0, 100), "infinite_mean"),
    ],
    ids=["equal chances to stop", "amounts without a mean"],
)
def test_parameters_that_run_off_are_refused(world: World, reason: str) -> None:
    assert reason in [found.reason for found in each(simulate(world, 20_000, 1))]


# -- through the models ---------------------------------------------------------------------------

AS_OF = "2025-06-30"


def orders(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Orders of customer, day and amount."""
    return pd.DataFrame(
        [(f"O{number}", *row) for number, row in enumerate(rows)],
        columns=["order_id", "customer_id", "ordered_at", "gross_amount"],
        dtype=str,
    )


def refunds(sold: pd.DataFrame) -> pd.DataFrame:
    """Everything back."""
    return pd.DataFrame(
        {
            "refund_id": "R" + sold["order_id"],
            "order_id": sold["order_id"],
            "refunded_at": AS_OF,
            "amount": sold["gross_amount"],
        }
    )


def parameters(builder: Builder, folder: Path, **options: Any) -> tuple[Build, pd.DataFrame]:
    """Build up to the parameters, and give them by group."""
    variables = options.pop("variables", {})
    build = builder.build(
        write_tables(folder / "raw", options),
        folder,
        as_of=AS_OF,
        select="+int_clv_parameters",
        checks=False,
        **variables,
    )
    assert not build.problems, "\n".join(build.problems)
    found = build.frame("select * from intermediate.int_clv_parameters")
    return build, found.set_index("parameter_group")


# once, twice on one day, and on the last day that counts: nobody came back
NEVER_BACK = [
    *((f"A{number}", f"2025-0{1 + number % 6}-10", "20") for number in range(100)),
    *((f"B{number % 100}", "2025-03-10", "20") for number in range(200)),
    *((f"C{number}", AS_OF, "20") for number in range(100)),
]


@pytest.mark.parametrize(
    ("rows", "purchase_reason"),
    [
        ([], "too_few_customers"),
        pytest.param(
            [("ann", "2025-03-01", "10"), ("ann", "2025-03-31", "10")],
            "too_few_customers",
            marks=pytest.mark.long,
        ),
        (NEVER_BACK, "too_few_repeats"),
    ],
    ids=["nobody", "one customer", "nobody came back"],
)
def test_shops_without_parameters_say_why(
    builder: Builder, tmp_path: Path, rows: list[tuple[str, str, str]], purchase_reason: str
) -> None:
    _, found = parameters(builder, tmp_path, orders=orders(*rows))
    (whole,) = found.to_dict("records")
    assert (whole["purchase_status"], whole["purchase_reason"]) == ("none", purchase_reason)
    assert (whole["value_status"], whole["value_reason"]) == ("none", "too_few_repeats")
    assert all(pd.isna(whole[name]) for name in (*BGNBD, *GAMMA_GAMMA))


def test_spend_of_nothing_leaves_purchases_alone(builder: Builder, tmp_path: Path) -> None:
    shop = simulate(WORLDS["two_years"], 300, 3)
    sold = orders(*purchases_of(shop))
    build, found = parameters(builder, tmp_path, orders=sold, refunds=refunds(sold))
    assert build.value("select max(repeat_amount) from intermediate.int_customer_clv_summary") == 0
    assert found.loc["all", "purchase_status"] == "fitted"
    assert (found.loc["all", "value_status"], found.loc["all", "value_reason"]) == (
        "none",
        "too_few_repeats",
    )


def purchases_of(shop: Shop) -> list[tuple[str, str, str]]:
    """Orders with which customers have the simulated repeats, times and mean amounts."""
    rows = []
    for number, (x, t_x, age, amount) in enumerate(
        zip(shop.x, shop.t_x, shop.age, shop.mean_amount, strict=True)
    ):
        first = pd.Timestamp(AS_OF) - pd.Timedelta(days=np.ceil(age * 7))
        last = np.ceil(t_x * 7)
        # with more repeats than days some fall together, which is what a day's occasion is for
        days = [0, *np.unique(np.ceil(last * (1 + np.arange(x)) / max(x, 1)))]
        rows += [
            (f"C{number}", str((first + pd.Timedelta(days=day)).date()), f"{amount:.2f}")
            for day in days
        ]
    return rows


def test_small_groups_lean_on_the_whole(builder: Builder, tmp_path: Path) -> None:
    shop = simulate(WORLDS["two_years"], 600, 4)
    people = pd.DataFrame({"customer_id": [f"C{number}" for number in range(600)]})
    people["created_at"] = "2020-01-01"
    people["acquisition_channel"] = ["search"] * 400 + ["all"] * 150 + ["mail"] * 20 + [""] * 30
    _, found = parameters(
        builder,
        tmp_path,
        orders=orders(*purchases_of(shop)),
        customers=people,
        variables={"clv_group": "channel", "clv_group_prior_customers": 400},
    )
    assert found["purchase_status"].to_dict() == {
        "all": "fitted",
        "search": "shrunk",
        "(all)": "shrunk",
        "mail": "whole",
        "unknown": "whole",
    }
    assert found.loc["mail", "purchase_reason"] == "too_few_customers"
    own = found[list(BGNBD)].astype(float)
    assert (own.loc["mail"] == own.loc["all"]).all()
    assert (own.loc["search"] != own.loc["all"]).all()


def test_the_demo_shop_has_the_parameters_it_was_made_with(demo: Build) -> None:
    planted = {"r": 0.7, "alpha": 7.0, "a": 0.8, "b": 2.6}
    (found,) = demo.frame("select * from intermediate.int_clv_parameters").to_dict("records")
    for name, value in planted.items():
        error = float(found[f"{name}_log_standard_error"])
        assert abs(np.log(float(found[name]) / value)) < 3 * error, name


# -- the command ----------------------------------------------------------------------------------


def test_the_command_writes_the_seed(
    tmp_path: Path, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {
        "parameter_group": np.where(np.arange(len(shop.x)) % 2, "odd", "even"),
        "repeat_count": shop.x.astype(int),
        "clv_recency_days": np.ceil(shop.t_x * 7).astype(int),
        "clv_age_days": np.ceil(shop.age * 7).astype(int),
        "repeat_amount": np.where(shop.x > 0, shop.mean_amount * shop.x, np.nan).round(2),
        "as_of_date": "2025-06-30",
    }
    exported = tmp_path / "customer's summary.csv"
    pd.DataFrame(rows).to_csv(exported, index=False)
    output = tmp_path / "clv_parameters.csv"
    assert fit.main([str(exported), "--output", str(output)]) == 0
    assert "all: 400 customers, purchases fitted, value fitted" in capsys.readouterr().out
    with output.open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    with fit.SEED.open(encoding="utf-8") as file:
        assert list(found[0]) == next(csv.reader(file))
    assert [row["parameter_group"] for row in found] == ["all", "even", "odd"]
    assert found[0]["fitted_as_of"] == "2025-06-30"
    again = fit.fit_groups(duckdb.read_csv(str(exported)))
    assert [float(row["r"]) for row in found] == [row["r"] for row in again]


def test_the_command_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit.main([str(tmp_path / "nowhere.parquet")]) == 2
    assert "There is no" in capsys.readouterr().err
    (tmp_path / "broken.parquet").write_text("no parquet", encoding="utf-8")
    assert fit.main([str(tmp_path / "broken.parquet")]) == 2
    assert "cannot be read" in capsys.readouterr().err
