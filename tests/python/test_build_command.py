"""`make build`: what a caller can get wrong is said in one sentence, with the remedy."""

import datetime
import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ops import build, dbt_run, lock
from ops.dbt_vars import merge, parse_vars
from ops.delivery import read_delivery
from ops.project import ROOT, UserError, contract_tables, project_vars

ORDERS = (
    "order_id,customer_id,ordered_at,gross_amount\n"
    "1,ann,2026-01-05 10:00:00,20.00\n"
    "2,ann,2026-02-05 10:00:00,30.00\n"
    "3,bob,2026-06-06,15.50\n"
)
TABLES = contract_tables(project_vars())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A delivery of orders alone, in a folder whose name asks for trouble."""
    path = tmp_path / "own 'files' [1]"
    path.mkdir()
    (path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return path


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Builds, logs and profile of this test alone."""
    path = tmp_path / "warehouse"
    path.mkdir()
    shutil.copy(ROOT / "profiles.yml.example", path / "profiles.yml")
    monkeypatch.setenv("LIFETIME_BUILD_PATH", str(path / "build.duckdb"))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(path))
    monkeypatch.setenv("DBT_TARGET_PATH", str(path / "target"))
    monkeypatch.setenv("DBT_LOG_PATH", str(path / "logs"))
    return path


# -- faults that dbt is not needed for -------------------------------------------------------------


def no_dbt(*arguments: object) -> dbt_run.Outcome:
    raise AssertionError("dbt was started")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--as-of", "2026-02-30"], "is not a calendar day. Give it as YYYY-MM-DD"),
        (["--as-of", "30.06.2026"], "is not a calendar day. Give it as YYYY-MM-DD"),
        (["--vars", "{segment_map: "], "VARS is not YAML"),
        (["--vars", "shopify"], "not a mapping of var to value"),
        (["--vars", "{minimum_order_amuont: 1}"], "Did you mean minimum_order_amount?"),
        (["--vars", "{minimum_order_amount: lots}"], "it is a number; the default is 0.01"),
        (["--vars", "{count_test_orders: 1}"], "it is true or false"),
        (["--vars", "{has_refunds: 'false'}"], "it is true or false"),
        (["--vars", "{as_of_date: 2026-02-30}"], "VARS is not YAML"),
        (["--vars", "{as_of_date: '2026-02-30'}"], "is not a calendar day"),
        (["--vars", "{business_timezone: Europe/Berln}"], "Did you mean Europe/Berlin?"),
        (["--as-of", "2026-06-30", "--vars", "{as_of_date: 2026-06-29}"], "Give one of them"),
        (["--target", "dukdb"], "Did you mean duckdb?"),
        (["--raw", "nowhere"], "does not exist. Give the folder that holds orders"),
        (["--raw", "Makefile"], "is a file, not a folder"),
        (["--raw", "ops"], "has no file for table orders"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: list[str],
    says: str,
    warehouse: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dbt_run, "build", no_dbt)
    monkeypatch.chdir(ROOT)
    assert build.main(arguments) == 2
    printed = capsys.readouterr().err
    assert says in printed
    assert printed.startswith("build: ")
    assert printed.count("\n") == 1


def test_the_command_line_ends_with_the_same_line_and_code(warehouse: Path) -> None:
    command = [sys.executable, "-m", "ops.build", "--as-of", "tomorrow"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert answer.stderr == (
        "build: The as-of date 'tomorrow' is not a calendar day. Give it as YYYY-MM-DD, or today.\n"
    )


def test_a_missing_profile_says_how_to_make_one(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (warehouse / "profiles.yml").unlink()
    assert build.main([]) == 2
    assert "cp profiles.yml.example profiles.yml" in capsys.readouterr().err


def test_a_second_build_at_the_same_time_is_sent_away(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lock.one_at_a_time("rollback"):
        assert build.main([]) == 4
    printed = capsys.readouterr().err
    assert f"Another run is at work: make rollback, process {os.getpid()}, since 20" in printed


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("orders.csv", b"", "is empty. Save it as CSV: one header line"),
        ("orders.csv", b"order_id;customer_id\n1;ann\n", r"raw_csv_delimiter: \";\""),
        ("orders.csv", b"order_id,customer_id\n1,M\xfcller\n", "line 2 is not UTF-8 text"),
        ("orders.csv", "order_id,customer_id\n1,ann\n".encode("utf-16"), "Save it as CSV"),
        ("orders.csv", b"order_id,customer_id\n1,ann\n2\n3,bob,x\n", "more or fewer values"),
        ("orders.csv", b'order_id,customer_id\n1,"ann\n2,bob\n', "a quote is left open"),
        ("orders.csv.gz", b"not a gzip stream", "not a GZIP stream"),
        ("orders.parquet", b"", "too small to be a Parquet file. Write it again"),
        ("orders.parquet", b"PAR1" + b"rubbish " * 20, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    name: str, content: bytes, says: str, folder: Path
) -> None:
    (folder / "orders.csv").unlink()
    (folder / name).write_bytes(content)
    with pytest.raises(UserError, match=says) as refusal:
        read_delivery(folder, TABLES)
    assert str(folder / name) in str(refusal.value)


def test_files_are_found_by_table_name_in_any_case_and_form(folder: Path) -> None:
    refunds = folder / "REFUNDS.csv.gz"
    refunds.write_bytes(gzip.compress(b"refund_id,order_id,refunded_at,amount\n1,1,2026-02-01,5\n"))
    (folder / "events").mkdir()
    with duckdb.connect() as connection:
        for part in (1, 2):
            path = folder / "events" / f"{part}.parquet"
            connection.sql(f"select {part} as event_id").write_parquet(str(path))
    (folder / "order_item.csv").write_text("order_id\n1\n", encoding="utf-8")
    (folder / "notes.txt").write_text("hello", encoding="utf-8")

    delivery = read_delivery(folder, TABLES)

    assert delivery.row_counts == {"events": 2, "orders": 3, "refunds": 1}
    assert delivery.unknown == {"order_item.csv": " Did you mean order_items?"}


def test_a_table_delivered_twice_is_refused(folder: Path) -> None:
    (folder / "Orders.parquet").write_bytes(b"")
    with pytest.raises(UserError, match=r"holds table orders twice, as .*Move one of them away"):
        read_delivery(folder, TABLES)


def test_a_delimiter_of_the_shop_is_honoured(folder: Path) -> None:
    (folder / "orders.csv").write_text("order_id;note\n1;a,b\n2;c\n", encoding="utf-8")
    assert read_delivery(folder, TABLES, delimiter=";").row_counts == {"orders": 2}


def test_every_row_of_a_csv_counts(folder: Path) -> None:
    rows = 'order_id,note\n#1,x\n2,"a\nb"\n3,#y\n,\n5,he said "hi"\n'
    (folder / "orders.csv").write_text(rows, encoding="utf-8")
    assert read_delivery(folder, TABLES).row_counts == {"orders": 5}


# -- vars -----------------------------------------------------------------------------------------


def test_yaml_days_and_texts_become_what_dbt_reads() -> None:
    defaults = {"as_of_date": None, "latest_valid_date": "2200-01-01", "rate": 1.5, "on": True}
    given = parse_vars("{as_of_date: 2026-06-30, latest_valid_date: 2100-01-01, rate: 2}", defaults)
    assert given == {"as_of_date": "2026-06-30", "latest_valid_date": "2100-01-01", "rate": 2}
    assert not any(isinstance(value, datetime.date) for value in given.values())
    assert parse_vars("", defaults) == {}


def test_vars_may_leave_a_delivered_table_out_but_not_conjure_one_up() -> None:
    meant = {"has_refunds": True, "has_events": False}
    assert merge({"has_refunds": False}, meant) == {"has_refunds": False, "has_events": False}
    with pytest.raises(UserError, match="RAW has no file for events"):
        merge({"has_events": True}, meant)


# -- dbt builds: a small project whose tests fail, then this one -----------------------------------


@pytest.fixture
def failing_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two rows, a test that finds both, one that only warns, and a model that cannot run."""
    path = tmp_path / "project"
    (path / "models").mkdir(parents=True)
    (path / "tests").mkdir()
    (path / "dbt_project.yml").write_text(
        "name: tiny\nprofile: lifetime_segments\n", encoding="utf-8"
    )
    (path / "models" / "two.sql").write_text("select 1 as a union all select 2", encoding="utf-8")
    (path / "models" / "broken.sql").write_text("select nothing_here as a", encoding="utf-8")
    query = "select * from {{ ref('two') }}"
    (path / "tests" / "assert_none.sql").write_text(query, encoding="utf-8")
    (path / "tests" / "assert_few.sql").write_text(
        "{{ config(severity='warn') }}" + query + " where a > 1", encoding="utf-8"
    )
    monkeypatch.setattr(dbt_run, "ROOT", path)
    return path


def test_failed_tests_are_listed_with_rows_and_query_and_nothing_is_published(
    warehouse: Path, failing_project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published = warehouse / "lifetime_segments.duckdb"
    published.write_bytes(b"the last good build")

    assert build.main(["--vars", "{gates_enabled: false}"]) == 1

    printed = capsys.readouterr().err
    assert "Failed: assert_none: 2 rows\n    a: 1\n    a: 2\n    query: " in printed
    assert "assert_none.sql" in printed
    assert "Not built: broken" in printed
    assert "nothing_here" in printed
    assert "1 not built, 1 failed, 0 skipped: nothing is published" in printed
    assert "Traceback" not in printed
    assert published.read_bytes() == b"the last good build"
    assert '"ok": false' in (warehouse / "build.json").read_text(encoding="utf-8")


def test_a_warning_does_not_fail_a_build(warehouse: Path, failing_project: Path) -> None:
    (failing_project / "models" / "broken.sql").unlink()
    (failing_project / "tests" / "assert_none.sql").unlink()
    outcome = dbt_run.build({}, target=None, with_unit_tests=True)
    assert outcome.is_success
    assert [str(finding).splitlines()[0] for finding in outcome.warnings] == ["assert_few: 1 row"]


ARMS = "history.int_promotion_arm_history"


def test_orders_alone_build_and_say_what_came_out(
    warehouse: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{warehouse}/history.duckdb' as earlier; create schema earlier.history;"
            f" create table earlier.{ARMS} as select date '2026-06-01' as as_of_date,"
            " 'ann' as customer_id, 'gift' as draw_id, 'gift' as salt, 'control' as arm,"
            " 7 as bucket, cast(0.1 as numeric(18, 4)) as holdout_share, 'hash' as drawn_by"
        )

    assert build.main(["--raw", str(folder), "--as-of", "2026-06-30"]) == 0

    printed = capsys.readouterr().out
    assert "Built as of 2026-06-30" in printed
    assert cells(printed, "orders") == [["orders", "3"], ["orders", "3", *["·"] * 5]]
    assert f"Published: {warehouse / 'lifetime_segments.duckdb'}" in printed
    with duckdb.connect(str(warehouse / "lifetime_segments.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select customer_id, order_count, net_revenue_amount from marts.customer_segments "
            "order by 1"
        ).fetchall()
    assert [(name, count, float(amount)) for name, count, amount in found] == [
        ("ann", 2, 50.0),
        ("bob", 1, 15.5),
    ]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}/history.duckdb' as kept (read_only)")
        arms = connection.execute(f"select customer_id, draw_id, arm from kept.{ARMS}").fetchall()
    assert arms == [("ann", "gift", "control")]  # what earlier nights drew is kept


def cells(printed: str, first: str) -> list[list[str]]:
    """The printed table rows that start with a word."""
    return [line.split() for line in printed.splitlines() if line.split()[:1] == [first]]


def test_a_misnamed_column_stops_with_table_column_found_and_remedy(
    warehouse: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ORDERS.replace("gross_amount", "total_price")
    (folder / "orders.csv").write_text(text, encoding="utf-8")

    assert build.main(["--raw", str(folder), "--vars", "{gates_enabled: false}"]) == 2

    printed = capsys.readouterr().err
    assert "Table 'orders' has no column 'gross_amount'" in printed
    assert "order_id, customer_id, ordered_at, total_price" in printed
    assert "models/raw/raw_orders.sql" in printed
    assert "Traceback" not in printed
    assert not (warehouse / "lifetime_segments.duckdb").exists()
