"""Spark: the same models, seeds and data tests give the same numbers as on DuckDB.

A shop of a few customers of the demo shop is built on both, and marts compared row by row:
decimals and counts exactly, floats to a billionth. Pseudonyms differ, for their salt is random.
Spark takes two seconds for a table, however few the rows: customers, segments and cohorts with all
that they stand on are built here; all marts, a larger shop with every data test and two nights
more are left to `pytest -m long`, half an hour.
"""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from nights import untested_build
from shop import REPOSITORY, Build, Builder, read_demo_shop, write_tables
from test_postgres import SALTED, by, is_close_enough, same, texts

from ops import spark
from ops.project import UserError

AS_OF = "2026-06-30"
NEXT_NIGHT = "2026-07-01"
FEW, MANY = 60, 250
CORE = "+customers +customer_segments +cohort_retention +cohort_return_rates +source_quality"
# what the warehouse's clock says, not the delivery
NOT_COMPARED = {"audit.run_history"}
# what groups all orders or all events by customer, and nothing else
BY_CUSTOMER = {"int_customer_purchases", "int_purchase_occasions", "int_customer_engagement"}
EXPLAIN = """
import sys
from pathlib import Path
from ops import spark
from ops.project import target_settings
session = spark.start_session(target_settings("spark"))
for path in sys.argv[1:]:
    print(session.sql("explain " + Path(path).read_text()).first()[0])
"""
HISTORIES = [
    "int_promotion_arm_history",
    "int_promotion_selection_history",
    "int_fairness_history",
    "audience_sync_history",
]


def new_home(path: Path) -> Path:
    """Profile, logs and warehouse of these tests, if Spark can run here."""
    try:
        spark.require_spark()
    except UserError as reason:
        pytest.skip(str(reason))
    shutil.copy(REPOSITORY / "profiles.yml.example", path / "profiles.yml")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_home(tmp_path_factory.mktemp("spark"))


def deliver(home: Path, number: int) -> Path:
    """Every row of some customers of the demo shop, and all that is about no customer."""
    tables = read_demo_shop()
    customers = sorted(set(tables["orders"]["customer_id"]) - {""})
    step = max(1, len(customers) // number)
    kept = set(customers[::step])
    orders = tables["orders"]
    order_ids = set(orders.loc[orders["customer_id"].isin(kept), "order_id"])
    identities = tables["identities"]
    visitors = set(identities.loc[identities["customer_id"].isin(kept), "anonymous_id"])

    def cut(name: str, rows: pd.DataFrame) -> pd.DataFrame:
        if name in ("order_items", "refunds"):
            return rows[rows["order_id"].isin(order_ids)]
        if name == "events":
            return rows[rows["customer_id"].isin(kept) | rows["anonymous_id"].isin(visitors)]
        return rows[rows["customer_id"].isin(kept)] if "customer_id" in rows else rows

    return write_tables(home / "raw", {name: cut(name, rows) for name, rows in tables.items()})


def environment(home: Path) -> dict[str, str]:
    """Where a process of these tests finds and puts everything."""
    return {
        **os.environ,
        "DBT_PROFILES_DIR": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "LIFETIME_BUILD_PATH": str(home / "build.duckdb"),
        "LIFETIME_SPARK_PATH": str(home / "spark"),
        "PYTHONPATH": str(REPOSITORY),
    }


def run(home: Path, *command: str) -> str:
    """What a command in a process of its own, which has to succeed, says."""
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


OPTIONS = ("--target", "spark", "--as-of", AS_OF)


@pytest.fixture(scope="module")
def delivery(home: Path) -> Path:
    return deliver(home, FEW)


@pytest.fixture(scope="module")
def version(home: Path, delivery: Path) -> Path:
    """What `make build TARGET=spark RAW=…` publishes, but that no data test was run."""
    run(home, *untested_build(), *OPTIONS, "--raw", str(delivery))
    return (home / "spark" / "published" / "current").resolve()


def on_duckdb(home: Path, delivery: Path, builder: Builder, only: str = "") -> Build:
    """The same on DuckDB."""
    build = builder.build(delivery, home / "duckdb", as_of=AS_OF, checks=False, only=only)
    assert not build.problems, "\n".join(build.problems)
    return build


def parquet(folder: Path) -> str:
    """A folder of Parquet files in a from clause."""
    return f"read_parquet('{folder}/*.parquet')"


def test_customers_segments_and_cohorts_are_the_same_as_on_duckdb(
    tmp_path: Path, builder: Builder
) -> None:
    home = new_home(tmp_path)
    delivery = deliver(home, FEW)
    options = [*OPTIONS, "--raw", str(delivery), "--vars", "{gates_enabled: false}"]
    run(home, *untested_build(CORE), *options)
    version = (home / "spark" / "published" / "current").resolve()
    assert {"customers", "customer_segments"} <= {
        path.name for path in (version / "marts").iterdir()
    }
    found = modes(version)
    assert {"marts", "protected_history"} <= set(found)
    assert found == {name: MODES[name] for name in found}
    assert_same(version, on_duckdb(home, delivery, builder, CORE))
    assert_shuffled_once(home)


@pytest.mark.long
def test_every_mart_is_the_same_as_on_duckdb(
    home: Path, delivery: Path, version: Path, builder: Builder
) -> None:
    assert_same(version, on_duckdb(home, delivery, builder))


@pytest.mark.long
def test_a_larger_shop_passes_every_data_test_and_is_the_same(
    tmp_path: Path, builder: Builder
) -> None:
    home = new_home(tmp_path)
    delivery = deliver(home, MANY)
    run(home, sys.executable, "-m", "ops.build", *OPTIONS, "--raw", str(delivery))
    version = (home / "spark" / "published" / "current").resolve()
    assert_same(version, on_duckdb(home, delivery, builder))


def assert_shuffled_once(home: Path) -> None:
    """What groups all orders, or all events, by customer finds them written by customer."""
    found = (home / "target" / "compiled").rglob("*.sql")
    compiled = [str(path) for path in found if path.stem in BY_CUSTOMER]
    plans = run(home, sys.executable, "-c", EXPLAIN, *compiled)
    assert plans.count("Bucketed: true") == len(BY_CUSTOMER), plans
    assert "hashpartitioning(customer_key" not in plans, plans


def assert_same(version: Path, on_duckdb: Build) -> None:
    """Decimals to the digit, but for statistics of more than six places: these to 1e-9."""
    marts = {
        f"{path.parent.name}.{path.name}"
        for schema in ("marts", "audit", "activation")
        for path in (version / schema).glob("*")
    } - NOT_COMPARED
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{on_duckdb.database}' as duck (read_only)")
        ours = connection.sql(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where schema_name in ('marts', 'audit', 'activation') and database_name = 'duck'"
        ).fetchall()
        assert marts == {name for (name,) in ours}
        found = [
            difference
            for name in sorted(marts)
            for difference in differences(
                connection, f"duck.{name}", parquet(version / name.replace(".", "/"))
            )
        ]
    assert not found, "\n".join(found)


def differences(connection: duckdb.DuckDBPyConnection, left: str, right: str) -> list[str]:
    """How two tables differ, as text: columns, types, number of rows, rows."""
    columns, others = (
        {
            name: kind.replace(" WITH TIME ZONE", "")  # Spark has no other timestamps
            for name, kind, *_ in connection.sql(f"describe from {rows}").fetchall()
        }
        for rows in (left, right)
    )
    if others != columns:
        return [f"{left}: {columns} and {others}"]
    names = [name for name in columns if name not in SALTED]
    chosen = ", ".join(f'cast("{name}" as {columns[name]})' for name in names)
    close = {number for number, name in enumerate(names) if is_close_enough(columns[name])}
    one, two = (
        sorted(map(texts, connection.sql(f"select {chosen} from {rows}").fetchall()), key=by(close))
        for rows in (left, right)
    )
    if len(one) != len(two):
        return [f"{left}: {len(one)} and {len(two)} rows"]
    rows = zip(one, two, strict=True)
    return [f"{left}: {a} and {b}" for a, b in rows if not same(a, b, close)][:3]


MODES = {
    "marts": 0o755,
    "audit": 0o755,
    "activation": 0o700,
    "history": 0o700,
    "protected_history": 0o700,
    "manifest.json": 0o644,
}


def modes(version: Path) -> dict[str, int]:
    """Who may read what of a version."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in version.iterdir()}


@pytest.mark.long
def test_only_the_owner_may_read_addresses_and_histories(version: Path) -> None:
    assert modes(version) == MODES


@pytest.mark.long
def test_a_night_is_replaced_and_the_next_one_added(home: Path, version: Path) -> None:
    before = nights(home)
    assert all(set(days) == {AS_OF} for name, days in before.items()), before
    build_histories(home, AS_OF)
    assert nights(home) == before
    build_histories(home, NEXT_NIGHT)
    after = nights(home)
    fairness = "int_fairness_history"
    assert after[fairness] == {AS_OF: before[fairness][AS_OF], NEXT_NIGHT: before[fairness][AS_OF]}
    # nobody was drawn anew and no tool has anything to learn: what was written stays as it was
    assert {**after, fairness: before[fairness]} == before


def build_histories(home: Path, as_of: str) -> None:
    """The histories alone, as of a night, upon the tables that are there."""
    variables = f"{{demo_shop: false, business_timezone: UTC, as_of_date: '{as_of}'}}"
    options = ["--target", "spark", "--select", *HISTORIES, "--vars", variables]
    run(home, sys.executable, "-m", "dbt.cli.main", "run", *options)


def nights(home: Path) -> dict[str, dict[str, int]]:
    """Of each history in the build, the rows of each night."""
    tables = home / "spark" / "build" / "tables" / "history.db"
    return {
        name: dict(
            duckdb.sql(
                "select cast(as_of_date as varchar), count(*)"
                f" from {parquet(tables / name)} group by all order by all"
            ).fetchall()
        )
        for name in HISTORIES
    }
