"""One shop, delivered in every way that README names: the marts must not notice."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from shop import CONTRACT, REPOSITORY, Build, Builder, differences, write_tables

AS_OF = "2026-03-31"
ZONES: dict[str, Any] = {"raw_timezone": "America/New_York", "business_timezone": "Europe/Berlin"}
# 05:30 and 06:30 in New York are 11:30 and 12:30 in Berlin; 18:30 is already the next day there
TEXT = pd.DataFrame(
    {
        "order_id": ["1", "2", "3", "4", "5"],
        "customer_id": ["7", "7", "8", "8", "9"],
        "ordered_at": [
            "2026-01-05 05:30:00",
            "2026-02-05 18:30:00",
            "2026-01-05T10:30:00Z",
            "2026-03-29T02:30:00+02:00",
            "2026-03-31",
        ],
        "gross_amount": ["19.90", " 20", "0.01", "1e2", "3.005"],
    }
)
TYPED = pd.DataFrame(
    {
        "order_id": [1, 2, 3, 4, 5],
        "customer_id": [7.0, 7.0, 8.0, 8.0, 9.0],
        "ordered_at": pd.to_datetime(
            [
                "2026-01-05 10:30:00",
                "2026-02-05 23:30:00",
                "2026-01-05 10:30:00",
                "2026-03-29 00:30:00",
                "2026-03-30 22:00:00",
            ],
            utc=True,
        ),
        "gross_amount": [19.9, 20.0, 0.01, 100.0, 3.005],
    }
)
ABSENT = {f"has_{table}": False for table in CONTRACT if table != "orders"}
# the marts are compared with those of a build that every data test passed
UNTESTED = ["--exclude-resource-type", "test", "unit_test"]


@pytest.fixture(scope="module")
def text_build(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The shop as CSV text."""
    home = tmp_path_factory.mktemp("text")
    raw = write_tables(home / "raw", {"orders": TEXT})
    build = builder.build(raw, home, as_of=AS_OF, **ZONES)
    assert not build.problems, "\n".join(build.problems)
    return build


def test_text_is_read_in_the_zones_that_the_vars_name(text_build: Build) -> None:
    days = text_build.rows(
        "select order_id, order_date::varchar, ordered_at::varchar, gross_amount"
        " from intermediate.int_orders_net order by 1"
    )
    assert [(order, day, at, str(amount)) for order, day, at, amount in days] == [
        ("1", "2026-01-05", "2026-01-05 10:30:00", "19.90"),
        ("2", "2026-02-06", "2026-02-05 23:30:00", "20.00"),
        ("3", "2026-01-05", "2026-01-05 10:30:00", "0.01"),
        ("4", "2026-03-29", "2026-03-29 00:30:00", "100.00"),
        ("5", "2026-03-31", "2026-03-30 22:00:00", "3.01"),
    ]


def test_typed_files_give_the_same_marts(
    text_build: Build, builder: Builder, tmp_path: Path
) -> None:
    raw = write_tables(tmp_path / "raw", {"orders": TYPED}, "parquet")
    build = builder.build(raw, tmp_path, as_of=AS_OF, suffix="parquet", checks=False, **ZONES)
    assert not build.problems, "\n".join(build.problems)
    assert differences(text_build, build) == []


@pytest.mark.long
def test_tables_in_the_warehouse_give_the_same_marts(
    text_build: Build, builder: Builder, tmp_path: Path
) -> None:
    load(tmp_path, "shop_tables.orders", TYPED)
    variables = {"demo_shop": False, "raw_schema": "shop_tables", "as_of_date": AS_OF}
    build = builder.run(tmp_path, variables | ABSENT | ZONES, UNTESTED)
    assert not build.problems, "\n".join(build.problems)
    assert differences(text_build, build) == []


def test_a_table_that_is_not_there_is_named_with_the_remedy(
    builder: Builder, tmp_path: Path
) -> None:
    variables = {"demo_shop": False, "raw_schema": "nowhere", "as_of_date": AS_OF}
    build = builder.run(tmp_path, variables | ABSENT, ["--select", "raw_orders"])
    (problem,) = build.problems
    assert '"nowhere"."orders" was not found. Load it' in problem
    assert "raw_schema" in problem


def test_a_select_of_ones_own_gives_the_same_marts(text_build: Build, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for folder in ("models", "macros", "seeds/policy", "tests/generic", "tests/quality"):
        shutil.copytree(REPOSITORY / folder, project / folder)
    for file in ("dbt_project.yml", ".dbtignore"):
        shutil.copy(REPOSITORY / file, project / file)
    # only what an adopter edits: the select, and the name of the source table
    (project / "models/raw/raw_orders.sql").write_text(
        "-- One row per delivered row of orders.\n"
        "-- What the shop sold.\n"
        "{% call raw_table('orders') %}\n"
        "    select id as order_id, buyer as customer_id, placed as ordered_at,\n"
        "        total as gross_amount\n"
        "    from {{ source('raw', 'sales') }}\n"
        "{% endcall %}\n",
        encoding="utf-8",
    )
    sources = project / "models/raw/_sources.yml"
    sources.write_text(
        sources.read_text(encoding="utf-8").replace("      - name: orders\n", SALES, 1),
        encoding="utf-8",
    )
    names = {"order_id": "id", "customer_id": "buyer", "ordered_at": "placed"}
    home = tmp_path / "home"
    load(home, "raw.sales", TYPED.rename(columns=names | {"gross_amount": "total"}))
    build = Builder(tmp_path / "dbt", project).run(
        home,
        {"demo_shop": False, "as_of_date": AS_OF} | ABSENT | ZONES,
        UNTESTED,
    )
    assert not build.problems, "\n".join(build.problems)
    assert differences(text_build, build) == []


SALES = "      - name: sales\n        description: What the shop sold.\n      - name: orders\n"


def load(home: Path, table: str, rows: pd.DataFrame) -> None:
    """A table in the build's own file, as a loader would leave it."""
    home.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home / "build.duckdb")) as connection:
        connection.execute(f"create schema {table.split('.')[0]}")
        connection.register("given", rows)
        connection.execute(f"create table {table} as from given")
