"""The fairness models on counts of our own: the project's compiled SQL, step by step, in DuckDB."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pandas as pd
from shop import REPOSITORY, Builder

CHAIN = (
    "int_fairness_limits",
    "int_fairness_rates",
    "int_fairness_ratios",
    "int_fairness_tests",
    "int_fairness_strata",
    "int_fairness_conditions",
    "int_fairness_homogeneity",
    "int_fairness_proxies",
    "int_fairness_verdicts",
    "int_promotion_verdicts",
    "int_fairness_visibility",
)
PROXIES = ("int_attribute_errors", "attribute_proxies")
REFERENCE = re.compile(r'"build"\."(\w+)"\."(\w+)"')


def seed(name: str) -> pd.DataFrame:
    """A policy seed, numbers as numbers."""
    return pd.read_csv(REPOSITORY / "seeds" / "policy" / f"{name}.csv", keep_default_na=False)


class Chain:
    """Runs compiled models in order on tables that stand in for what they read."""

    def __init__(self, builder: Builder, home: Path, models: Sequence[str] = CHAIN) -> None:
        compiled = builder.compile(home, list(models), as_of_date="2026-06-30")
        self.sql = {name: compiled[name] for name in models}

    def run(self, inputs: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """The rows of every model; inputs are tables by the names that the models read."""
        found: dict[str, pd.DataFrame] = {}
        with duckdb.connect() as connection:
            connection.execute("attach ':memory:' as build")
            for schema in ("protected", "policy", "audit", "intermediate", "marts"):
                connection.execute(f"create schema build.{schema}")
            places = {
                name: schema for sql in self.sql.values() for schema, name in REFERENCE.findall(sql)
            }
            for name, rows in inputs.items():
                connection.register("given", rows)
                connection.execute(f"create table build.{places[name]}.{name} as from given")
            for name, sql in self.sql.items():
                place = places.get(name, "protected")
                connection.execute(f"create table build.{place}.{name} as {sql}")
                found[name] = connection.sql(f"from build.{place}.{name}").df()
        return found


def counts(rows: Sequence[tuple[str, str, str, int, int]], **columns: Any) -> pd.DataFrame:
    """Rows of int_fairness_counts: promotion, group, stratum, eligible, selected."""
    frame = pd.DataFrame(
        rows, columns=["promotion_id", "group_name", "stratum", "eligible_count", "selected_count"]
    )
    given: dict[str, Any] = {
        "basis": "eligible",
        "attribute": "gender",
        "is_pair": False,
        "capped_count": 0,
        "message_count": 0,
        **columns,
    }
    frame = frame.assign(**given)
    return frame.assign(has_unknown=frame["group_name"] == "unknown")


def inputs(
    rows: pd.DataFrame, exceptions: Sequence[tuple[str, ...]] = (), **limits: Any
) -> dict[str, pd.DataFrame]:
    """All that the chain reads: counts, and the shipped policy with some limits changed."""
    names = list(seed("fairness_exceptions").columns)
    excepted = pd.DataFrame(exceptions, columns=names, dtype=str)
    for day in ("approved_date", "expires_date"):
        excepted[day] = pd.to_datetime(excepted[day])
    return {
        "int_fairness_counts": rows,
        "int_fairness_groups": rows[["attribute"]].drop_duplicates(),
        "fairness_limits": seed("fairness_limits").assign(**limits),
        "fairness_bases": seed("fairness_bases").assign(
            is_gate=lambda bases: bases["is_gate"].astype(str).str.lower() == "true"
        ),
        "fairness_exceptions": excepted,
        "promotions": rows[["promotion_id"]].drop_duplicates(),
    }


def value(expression: str) -> float:
    """What a statistical macro of the project gives, e.g. value("erfc('0.5')")."""
    files = ("distributions", "fairness", "statistics")
    text = "".join((REPOSITORY / "macros" / f"{name}.sql").read_text("utf-8") for name in files)
    divide = (
        "{% macro safe_divide(a, b) %}(cast({{ a }} as double) / nullif({{ b }}, 0)){% endmacro %}"
    )
    rendered = jinja2.Environment().from_string(divide + text + "{{ " + expression + " }}").render()
    with duckdb.connect() as connection:
        row = connection.sql(f"select cast({rendered} as double)").fetchone()
    assert row is not None
    return float(row[0])
