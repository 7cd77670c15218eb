"""All promotions together, against the universal holdout: quarter by quarter, as pandas counts."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from shop import Build, Builder, write_tables

PEOPLE = [f"P{number:04}" for number in range(1200)]
FIRST_NIGHT, LAST_NIGHT = "2024-12-31", "2025-07-15"
ONLY = "+programme_lift +int_promotion_arm_history"
QUARTERS = {
    "2025-Q1": ("2025-01-01", "2025-04-01"),
    "2025-Q2": ("2025-04-01", "2025-07-01"),
    "2025-Q3": ("2025-07-01", "2025-10-01"),
}


def shop() -> dict[str, pd.DataFrame]:
    """1,200 people who may be mailed and buy now and then, in three quarters."""
    rng = np.random.default_rng(20250715)
    count = 2400
    days = pd.Timestamp("2024-11-01") + pd.to_timedelta(rng.integers(0, 256, count), unit="D")
    orders = pd.DataFrame(
        {
            "order_id": [f"O{number:05}" for number in range(count)],
            "customer_id": rng.choice(PEOPLE, count),
            "ordered_at": days + pd.Timedelta(hours=12),
            "gross_amount": rng.integers(10, 200, count),
        }
    )
    customers = pd.DataFrame(
        {
            "customer_id": PEOPLE,
            "created_at": "2024-10-01",
            "email": [f"{person}@example.org" for person in PEOPLE],
        }
    )
    consents = pd.DataFrame(
        {
            "customer_id": PEOPLE,
            "channel": "email",
            "purpose": "marketing",
            "changed_at": "2024-10-01",
            "status": "granted",
        }
    )
    return {"orders": orders, "customers": customers, "consents": consents}


@pytest.fixture(scope="module")
def programme(
    builder: Builder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Build, pd.DataFrame, set[str]]]:
    """The build of the last night, the orders, and who is in the holdout since the first."""
    home: Path = tmp_path_factory.mktemp("programme")
    tables = shop()
    raw = write_tables(home / "raw", tables)
    for night in (FIRST_NIGHT, LAST_NIGHT):
        build = builder.build(raw, home, as_of=night, checks=False, only=ONLY)
        assert not build.problems, "\n".join(build.problems)
    with duckdb.connect(str(build.database), read_only=True) as connection:
        rows = connection.sql(
            "select customer_id from history.int_promotion_arm_history"
            " where draw_id = 'universal' and arm = 'control'"
        ).fetchall()
    yield build, tables["orders"], {person for (person,) in rows}


def test_every_quarter_is_compared(programme: tuple[Build, pd.DataFrame, set[str]]) -> None:
    build, orders, holdout = programme
    assert 30 < len(holdout) < 90
    found = build.frame("select * from marts.programme_lift").to_dict("records")
    rows = {(row["quarter"], row["metric"]): row for row in found}
    assert {quarter for quarter, _ in rows} == set(QUARTERS)
    for quarter, (start, end) in QUARTERS.items():
        inside = orders[(orders["ordered_at"] >= start) & (orders["ordered_at"] < end)]
        inside = inside[inside["ordered_at"] < "2025-07-16"]
        counts = inside.groupby("customer_id").size().reindex(PEOPLE, fill_value=0)
        revenue = inside.groupby("customer_id")["gross_amount"].sum().reindex(PEOPLE, fill_value=0)
        is_held = counts.index.isin(list(holdout))
        for metric, values in (
            ("order_count", counts),
            ("purchase", counts > 0),
            ("net_revenue", revenue),
        ):
            row = rows[quarter, metric]
            assert int(row["holdout_count"]) == len(holdout)
            assert int(row["treatment_count"]) == len(PEOPLE) - len(holdout)
            expected = values[~is_held].mean() - values[is_held].mean()
            assert float(row["difference"]) == pytest.approx(expected, abs=1e-9)
            assert bool(row["is_final"]) == (quarter != "2025-Q3")


def test_the_future_is_told_once(programme: tuple[Build, pd.DataFrame, set[str]]) -> None:
    """Value expected of the next year is that of today: in the last quarter alone."""
    build, _, _ = programme
    found = build.rows("select quarter from marts.programme_lift where metric = 'future_value'")
    assert found == [("2025-Q3",)]
