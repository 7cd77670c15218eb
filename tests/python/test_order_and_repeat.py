"""The order of rows does not matter, a second delivery changes nothing, nor does a second build."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from shop import REPOSITORY, Build, Builder, read_demo_shop, write_tables

AS_OF = "2026-06-30"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """The demo shop's rows, duplicates and conflicting versions among them."""
    return read_demo_shop()


def build_tables(builder: Builder, folder: Path, tables: dict[str, pd.DataFrame]) -> Build:
    """Deliver and build, into the same file when it is there already."""
    build = builder.build(
        write_tables(folder / "raw", tables),
        folder,
        as_of=AS_OF,
        checks=False,
        business_timezone="Europe/Berlin",
    )
    assert not build.problems, "\n".join(build.problems)
    return build


@pytest.fixture(scope="module")
def twice(
    builder: Builder, tmp_path_factory: pytest.TempPathFactory, tables: dict[str, pd.DataFrame]
) -> Build:
    """The shop with every row delivered twice, in any order."""
    doubled = {
        table: pd.concat([rows, rows]).sample(frac=1, random_state=7)
        for table, rows in tables.items()
    }
    return build_tables(builder, tmp_path_factory.mktemp("twice"), doubled)


def test_rows_delivered_twice_in_any_order_give_the_same_marts(
    tables: dict[str, pd.DataFrame], demo: Build, twice: Build
) -> None:
    assert twice.fingerprints() == demo.fingerprints()
    counts = "select outcome, cast(sum(row_count) as int) as n from audit.source_quality group by 1"
    once_by, twice_by = (b.frame(counts).set_index("outcome")["n"] for b in (demo, twice))
    assert twice_by.sum() == 2 * once_by.sum() == 2 * sum(map(len, tables.values()))
    assert twice_by["accepted"] == once_by["accepted"]
    assert twice_by["duplicate"] > once_by["accepted"] + once_by["duplicate"]


def test_a_second_build_on_the_same_file_gives_the_same_marts(
    builder: Builder, tables: dict[str, pd.DataFrame], twice: Build
) -> None:
    before = twice.fingerprints()
    again = build_tables(builder, twice.database.parent, tables)
    assert again.database == twice.database
    assert again.fingerprints() == before


CONTRACT = """models:
  - name: one
    config: {contract: {enforced: true}}
    columns: [{name: a, data_type: int}]
"""


def test_a_table_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """Also where a view was; one that fails, or is not as its contract says, changes nothing."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "macros").mkdir()
    shutil.copy(REPOSITORY / "macros" / "warehouse" / "table.sql", project / "macros")
    (project / "dbt_project.yml").write_text(
        "name: tiny\nprofile: lifetime_segments\nmodels: {+materialized: table}\n",
        encoding="utf-8",
    )
    (project / "models" / "one.yml").write_text(CONTRACT, encoding="utf-8")
    for number, (query, seen, told) in enumerate(
        (
            ("select 1 as a", 1, ""),
            ("select 2 as a", 2, ""),
            ("select cast('x' || 3 as int) as a", 2, "Conversion Error"),
            ("{{ config(materialized='view') }} select 4 as a", 4, ""),
            ("select cast('x' || 5 as int) as a", 4, "Conversion Error"),
            ("select 6 as a", 6, ""),
            ("select '7' as a", 6, "contract"),
            ("select 8 as a, 8 as b", 6, "contract"),
            ("select 9 as b", 6, "contract"),
            ("select 10 as a", 10, ""),
        )
    ):
        (project / "models" / "one.sql").write_text(query, encoding="utf-8")
        build = Builder(tmp_path / f"dbt_{number}", project).run(tmp_path / "home", {}, [])
        assert bool(build.problems) == bool(told), build.problems
        assert told in "".join(build.problems)
        assert build.value("select a from main.one") == seen
