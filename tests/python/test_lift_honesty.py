"""Honesty of lift at smoke size: nothing is found where nothing is; a broken formula shows."""

import pandas as pd
import pytest
from shop import Builder

from ops.bench_lift import CHAIN, SMOKE_PROMOTIONS, Figure, coverage, judged, measure, promotions

# chance alone takes a line past this once in some 10,000 runs; the seeds are fixed
DEVIATIONS = 3.7
PROMOTIONS = 1_000


@pytest.fixture(scope="module")
def statements(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("honesty")
    return builder.compile(home, list(CHAIN), as_of_date="2026-06-30")


@pytest.fixture(scope="module")
def nothing() -> pd.DataFrame:
    """So many promotions without effect that intervals twice too wide are noticed, too."""
    return promotions(1, PROMOTIONS, 1_200, ["purchase", "net_revenue"])


def missed(figures: list[Figure]) -> list[str]:
    """The lines that are further from their goal than chance may take them."""
    return [
        f"{figure.row}, {figure.column}: {figure}"
        for figure in figures
        if not figure.is_within(DEVIATIONS)
    ]


def test_errors_coverage_and_power_are_as_stated(statements: dict[str, str]) -> None:
    figures = measure(statements, SMOKE_PROMOTIONS)
    assert not missed(figures)
    shares = {(figure.row, figure.column): figure.share for figure in figures}
    # what the always-valid interval is for, and why few buyers are too small to tell
    assert shares["p < .05", "`purchase`"] > 0.15
    assert shares["25", "`net_revenue`, sigma 2"] > 0.15


@pytest.mark.parametrize(
    ("model", "formula", "broken"),
    [
        ("int_lift_effects", "as standard_error,", "/ 2 as standard_error,"),
        ("int_lift_adjusted", "as standard_error,", "/ 2 as standard_error,"),
        ("int_lift_adjusted", "as standard_error,", "* 2 as standard_error,"),
        ("int_lift_stratified", "weight * weight *", "weight *"),
    ],
)
def test_a_broken_formula_is_noticed(
    statements: dict[str, str], nothing: pd.DataFrame, model: str, formula: str, broken: str
) -> None:
    sql = statements[model]
    assert formula in sql
    changed = {**statements, model: sql.replace(formula, broken, 1)}
    with judged(changed, nothing, is_planned=True) as connection:
        assert missed(coverage(connection, "A/A", 0, 0, PROMOTIONS))


def test_nothing_is_noticed_where_nothing_is_broken(
    statements: dict[str, str], nothing: pd.DataFrame
) -> None:
    with judged(statements, nothing, is_planned=True) as connection:
        assert not missed(coverage(connection, "A/A", 0, 0, PROMOTIONS))
