"""Publishing: all of a good build or nothing, and no reader ever notices the moment."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from ops import publish
from ops.project import UserError

MakeBuild = Callable[[int], Path]


@pytest.fixture
def make_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeBuild:
    """A build file as dbt leaves it, with so many customers, recorded as good."""
    path = tmp_path / "ware house" / "build.duckdb"
    monkeypatch.setenv("LIFETIME_BUILD_PATH", str(path))

    def make(customers: int) -> Path:
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema marts; create schema audit; create schema staging")
            connection.execute(
                f"create table marts.customers as select 'C' || range as customer_id, "
                f"cast(range as numeric(18, 2)) as net_revenue_amount from range({customers})"
            )
            connection.execute("create table audit.source_quality as select 1 as row_count")
            connection.execute("create table staging.stg_customers as select 'mail' as email")
            connection.execute("create view marts.a_view as select 1 as one")
        publish.record_build("2026-06-30", True, "an-invocation")
        return path

    return make


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "ware house" / "lifetime_segments.duckdb"


def customers_seen_by_a_new_reader(path: Path) -> int:
    """Another process: DuckDB keeps one instance of a path in a process that has it open."""
    code = (
        "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True)"
        ".execute('select count(*) from marts.customers').fetchone()[0])"
    )
    command = [sys.executable, "-c", code, str(path)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_only_the_tables_of_marts_and_audit_are_published_as_they_are(
    make_build: MakeBuild, published: Path
) -> None:
    make_build(3)
    assert publish.publish() == {"audit.source_quality": 1, "marts.customers": 3}
    with duckdb.connect(str(published), read_only=True) as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name, data_type "
            "from information_schema.columns order by all"
        ).fetchall()
    assert columns == [
        ("audit", "source_quality", "row_count", "INTEGER"),
        ("marts", "customers", "customer_id", "VARCHAR"),
        ("marts", "customers", "net_revenue_amount", "DECIMAL(18,2)"),
    ]


def test_an_open_reader_keeps_its_data_and_a_new_one_sees_the_new(
    make_build: MakeBuild, published: Path
) -> None:
    make_build(3)
    publish.publish()
    with duckdb.connect(str(published), read_only=True) as reader:
        make_build(5)
        publish.publish()
        assert reader.execute("select count(*) from marts.customers").fetchone() == (3,)
        assert customers_seen_by_a_new_reader(published) == 5
    assert sorted(path.name for path in published.parent.iterdir()) == [
        "build.duckdb",
        "build.json",
        "lifetime_segments.duckdb",
    ]


def test_a_copy_that_stops_half_way_leaves_the_published_file_and_can_be_repeated(
    make_build: MakeBuild, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_build(3)
    publish.publish()
    before = published.read_bytes()
    make_build(5)
    with monkeypatch.context() as patch:
        patch.setattr(publish, "_to_disk", lambda path: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            publish.publish()
    assert published.read_bytes() == before
    publish.publish()
    assert customers_seen_by_a_new_reader(published) == 5


def test_a_copy_that_reads_back_otherwise_is_not_published(
    make_build: MakeBuild, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_build(3)
    monkeypatch.setattr(publish, "_count", lambda path, tables: dict.fromkeys(tables, 0))
    with pytest.raises(UserError, match="does not hold what was written"):
        publish.publish()
    assert not published.exists()


def test_a_failed_build_is_refused(
    make_build: MakeBuild, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_build(3)
    publish.publish()
    before = published.read_bytes()
    make_build(5)
    publish.record_build("", False, "an-invocation")
    assert publish.main() == 2
    assert "The last build failed" in capsys.readouterr().err
    assert published.read_bytes() == before


def test_a_build_that_never_ended_is_refused(make_build: MakeBuild) -> None:
    path = make_build(3)
    path.with_name("build.json").unlink()
    with pytest.raises(UserError, match="no finished build"):
        publish.publish()


def test_a_build_file_changed_since_its_tests_is_refused(make_build: MakeBuild) -> None:
    path = make_build(3)
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from marts.customers")
    with pytest.raises(UserError, match="not the file that the last build tested"):
        publish.publish()


def test_a_build_without_marts_is_refused(make_build: MakeBuild) -> None:
    path = make_build(3)
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop schema marts cascade; drop schema audit cascade")
    publish.record_build("2026-06-30", True, "an-invocation")
    with pytest.raises(UserError, match="no marts"):
        publish.publish()


def test_the_record_names_the_day_and_the_run(make_build: MakeBuild) -> None:
    path = make_build(3)
    record = json.loads(path.with_name("build.json").read_text(encoding="utf-8"))
    assert record["as_of"] == "2026-06-30"
    assert record["ok"] is True
    assert record["invocation_id"] == "an-invocation"
    assert record["build_file"][0] == path.stat().st_size


def test_history_is_kept_with_what_is_published_and_begins_the_next_build(
    make_build: MakeBuild, published: Path
) -> None:
    path = make_build(3)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema history; create table history.arms as select 7 as arm")
    publish.record_build("2026-06-30", True, "an-invocation")
    assert "history.arms" not in publish.publish()
    path.unlink()

    publish.restore_history(path)

    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("from history.arms").fetchall() == [(7,)]
    assert published.exists()


def test_the_demo_leaves_no_history(make_build: MakeBuild, published: Path) -> None:
    path = make_build(3)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema history; create table history.arms as select 7 as arm")
    publish.record_build("2026-06-30", True, "an-invocation", is_demo=True)
    publish.publish()
    assert not path.with_name("history.duckdb").exists()


def test_a_history_that_cannot_be_read_stops_the_build_and_says_what_to_do(
    make_build: MakeBuild,
) -> None:
    path = make_build(3)
    path.unlink()
    path.with_name("history.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(UserError, match="Put back a copy of it"):
        publish.restore_history(path)
