"""The benchmark at smoke size: its contenders agree, and where one does not, it says who where."""

from pathlib import Path

import duckdb
import pytest

from ops.bench import agree, core
from ops.bench.__main__ import DBT, PANDAS, main
from ops.bench.costs import Cost
from ops.bench.report import Measured, Ratio, Whole, page
from ops.bench_night import Model, compare, report
from ops.project import UserError


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What dbt and pandas made of one small shop, after a run in which all agreed."""
    folder = tmp_path_factory.mktemp("bench")
    assert main(["--smoke", "--folder", str(folder)]) == 0
    return {DBT: folder / "dbt_results", PANDAS: folder / "pandas_script"}


@pytest.mark.parametrize(
    ("table", "column", "changed", "said"),
    [
        (
            core.CUSTOMERS,
            "net_cents",
            "net_cents + 1",
            "column net_cents: customer_id C",
        ),
        (core.CUSTOMERS, "segment", "null", "column segment: customer_id C"),
        (core.COHORTS, "active_count", "active_count - 1", "column active_count: cohort_month 20"),
    ],
)
def test_one_wrong_cell_is_named(
    results: dict[str, Path], tmp_path: Path, table: str, column: str, changed: str, said: str
) -> None:
    for path in results[PANDAS].glob("*.parquet"):
        one = f"row_number() over (order by {', '.join(agree.KEYS[path.stem])}) = 3"
        change = f"case when {one} then {changed} else {column} end as {column}"
        columns = f"* replace ({change})" if path.stem == table else "*"
        rows = duckdb.sql(f"select {columns} from read_parquet('{path}')")
        rows.write_parquet(str(tmp_path / path.name))
    with pytest.raises(UserError, match=r"by `dbt run` and .* by pandas; 1 rows differ") as error:
        agree.check_agreement({**results, PANDAS: tmp_path})
    assert said in str(error.value)


def test_a_missing_customer_is_a_difference(results: dict[str, Path], tmp_path: Path) -> None:
    for path in results[PANDAS].glob("*.parquet"):
        rows = duckdb.sql(f"select * from read_parquet('{path}') order by all")
        rows.limit(10**9, offset=1).write_parquet(str(tmp_path / path.name))
    with pytest.raises(UserError, match="None by pandas; 1 rows differ"):
        agree.check_agreement({**results, PANDAS: tmp_path})


def test_a_goal_is_met_at_its_limit_and_missed_beyond() -> None:
    assert Ratio("a", 6.0, most=6).row().endswith("at most 6 | met |")
    assert Ratio("a", 6.1, most=6).row().endswith("**missed** |")
    assert Ratio("a", 3.9, least=4).row().endswith("at least 4 | **missed** |")
    assert Ratio("a", 3.9).row().endswith("| | |")


def test_the_page_tells_what_was_measured() -> None:
    one = Cost(cpu=2.0, wall=1.0, peak=3e6)
    whole = Whole(
        Cost(20.0, 10.0), {"model": 12.0, "test": 5.0}, {"model": 2, "test": 9}, {"a": 12}
    )
    lines = list(
        page(
            Measured(
                rows={"orders": 30, "customers": 10},
                rounds=3,
                totals={"customers": 9},
                ratios=[Ratio("one / other", 2.0, most=1.5)],
                costs={"floor": one, "script": Cost(8.0, 4.0)},
                disk={"floor": 0, "script": 5_000_000},
                floor="floor",
                core=one,
                core_models=1,
                chain={"a": Cost(3.0, 1.0), "b": Cost(1.0, 1.0)},
                whole=whole,
            )
        )
    )
    assert "| one / other | 2.00 | at most 1.5 | **missed** |" in lines
    assert "| script | 8.0 | 4.0 | 4.0 | 0 | 5 |" in lines
    assert "| `a` | 3.00 | 75.0% |" in lines
    assert "| data tests | 9 | 5.0 | 25% |" in lines
    assert "| dbt itself, before, between and after | | 3.0 | 15% |" in lines


def test_what_a_day_changed_is_counted_by_rows(tmp_path: Path) -> None:
    """Of tables that are models; as often as a row is there, whatever number a customer has."""
    files = tmp_path / "before.duckdb", tmp_path / "after.duckdb"
    for path, moved, again in zip(files, (0, 1), ("", ", (1)"), strict=True):
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema marts")
            for name, values in {
                "kept": "range(200)",
                "moved": f"range({moved}, {200 + moved})",
                "repeated": f"(values (1), (2){again}) as rows (x)",
                "seed": "range(3)",
                "numbered": f"(values ({7 - moved}, 'a')) as rows (customer_key, x)",
            }.items():
                connection.execute(f"create table marts.{name} as from {values}")
            connection.execute("create schema intermediate")
            connection.execute(
                "create table intermediate.int_customers as"
                f" from (values ({7 - moved}, 'ann'), ({6 + moved}, 'bob')) as rows"
                " (customer_key, customer_id)"
            )
            connection.execute("create view marts.shown as from marts.kept")
    seconds = {"kept": 3.0, "moved": 1.0, "numbered": 0.0, "repeated": 1.0, "shown": 9.0}
    seconds["int_customers"] = 0.0
    found = list(compare(*files, seconds))
    assert found == [
        Model("int_customers", 2, 0, 0.0),
        Model("kept", 200, 0, 3.0),
        Model("moved", 200, 1, 1.0),
        Model("numbered", 1, 0, 0.0),
        Model("repeated", 3, 1, 1.0),
    ]
    lines = list(report(found))
    assert "| at most 1% | 4 | 4.0 | 80% |" in lines
    assert "| 25% to 99% | 1 | 1.0 | 20% |" in lines
    assert "| `repeated` | 1.00 | 3 | 33.3% |" in lines
