"""No join of the project compares every row of one large table with every row of another.

DuckDB joins by hash only if all conditions of an outer join compare one side with the other; a
condition on one side alone, or an `or`, makes it try each pair: unnoticed in a small shop, for
hours in a large one.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from shop import REPOSITORY, Build, Builder

PAIRWISE = {"BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN"}
LARGE = 1000  # rows on both sides; the demo shop has 3,100 customers
OF_GROUPS = {"promotion_fairness"}  # grows with promotions and groups, not with customers

Plan = dict[str, Any]


def pairwise_joins(plan: Plan) -> Iterator[str]:
    """The joins of a plan that try each pair of two large inputs, by their conditions."""
    inputs = [rows(child) for child in plan["children"]]
    if plan["name"].strip() in PAIRWISE and min(inputs) >= LARGE:
        yield f"{plan['extra_info'].get('Condition') or plan['extra_info']}: {inputs} rows"
    for child in plan["children"]:
        yield from pairwise_joins(child)


def rows(plan: Plan) -> int:
    """How many rows DuckDB expects of a step; of one that says nothing, of what it reads."""
    said = plan["extra_info"].get("Estimated Cardinality")
    return int(said) if said else max((rows(child) for child in plan["children"]), default=0)


def explained(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """The pairwise joins of a query."""
    ((_, text),) = connection.sql(f"explain (format json) {query}").fetchall()
    return [join for plan in json.loads(text) for join in pairwise_joins(plan)]


def test_no_join_tries_each_pair_of_customers(
    builder: Builder, demo: Build, tmp_path: Path
) -> None:
    own = demo.copy(tmp_path)
    compiled = builder.compile(own.database.parent, ["resource_type:model"])
    models = {path.stem for path in (REPOSITORY / "models").rglob("*.sql")} - OF_GROUPS
    assert len(models) > 200
    with duckdb.connect(str(own.database), read_only=True) as connection:
        found = {name: explained(connection, compiled[name]) for name in models}
    assert not {name: joins for name, joins in found.items() if joins}


@pytest.mark.parametrize(
    ("condition", "is_pairwise"),
    [
        ("l.range = r.range", False),
        ("l.range = r.range and l.range > 5", True),
        ("l.range = r.range or r.range = 0", True),
    ],
)
def test_a_pairwise_join_is_seen(condition: str, is_pairwise: bool) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table l as from range(2000); create table r as from range(2000)")
        found = explained(connection, f"select count(*) from l left join r on {condition}")
    assert bool(found) == is_pairwise
