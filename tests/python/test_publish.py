"""Publishing: all of a good build or nothing, and no reader ever notices the moment."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ops import manifest, publish
from ops.project import ROOT, UserError, published_files

MakeBuild = Callable[[int], Path]
FILES = ("lifetime_segments", "activation", "history")


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
            "from information_schema.columns where table_name not in ('publication', "
            "'published_tables', 'run_history') order by all"
        ).fetchall()
    assert columns == [
        ("audit", "source_quality", "row_count", "INTEGER"),
        ("marts", "customers", "customer_id", "VARCHAR"),
        ("marts", "customers", "net_revenue_amount", "DECIMAL(18,2)"),
    ]


def storage(path: Path) -> str:
    """The oldest DuckDB that can read a file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        query = "select tags['storage_version'] from duckdb_databases() where path is not null"
        ((version,),) = connection.execute(query).fetchall()
    return str(version)


def test_an_open_reader_keeps_its_data_and_a_new_one_sees_the_new(
    make_build: MakeBuild, published: Path
) -> None:
    make_build(3)
    publish.publish()
    before = published.read_bytes()
    with duckdb.connect(str(published), read_only=True) as reader, published.open("rb") as opened:
        make_build(5)
        publish.publish()
        assert opened.read() == before
        assert reader.execute("select count(*) from marts.customers").fetchone() == (3,)
        assert customers_seen_by_a_new_reader(published) == 5
    assert sorted(path.name for path in published.parent.iterdir()) == [
        "build.duckdb",
        "build.json",
        "lifetime_segments.duckdb",
        "versions",
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


@pytest.mark.parametrize(
    "change",
    [
        "delete from marts.customers where customer_id = 'C1'",
        "update marts.customers set net_revenue_amount = 7",
    ],
)
def test_a_copy_that_reads_back_otherwise_is_not_published(
    change: str, make_build: MakeBuild, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that is missing, and one that has another value."""
    make_build(3)
    copy = publish._copy

    def spoil(parts: list[publish.Part], target: Path, *more: Any) -> publish.Contents:
        written = copy(parts, target, *more)
        if "marts.customers" in written:
            with duckdb.connect(str(target)) as connection:
                connection.execute(change)
        return written

    monkeypatch.setattr(publish, "_copy", spoil)
    with pytest.raises(
        UserError, match=r"does not hold what was written into it, in marts\.customers"
    ):
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
    assert publish.main([]) == 2
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
    # any DuckDB since 1.0 reads what is published; a build is written as the profile asks
    asked = yaml.safe_load((ROOT / "profiles.yml.example").read_text(encoding="utf-8"))
    options = asked["lifetime_segments"]["outputs"]["duckdb"]["config_options"]
    version = options["storage_compatibility_version"]
    assert (storage(published), storage(path)) == ("v1.0.0+", f"{version}+")
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


# -- what tools may know is published apart --------------------------------------------------------


def add_activation(path: Path, people: int) -> None:
    """Rows for tools in the build file, and a history of them."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists activation")
        connection.execute("create schema if not exists history")
        connection.execute(
            "create or replace table activation.audience_sync as select 'tool' as destination, "
            f"'e' || range as external_id, 'p' || range || '@example.org' as email "
            f"from range({people})"
        )
        connection.execute("create or replace table history.told as select 1 as one")
    publish.record_build("2026-06-30", True, "an-invocation")


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_addresses_are_published_apart_for_their_owner_alone(
    make_build: MakeBuild, published: Path
) -> None:
    add_activation(make_build(3), 2)
    publish.publish()
    activation, history = (published.with_name(f"{name}.duckdb") for name in FILES[1:])
    assert (mode(activation), mode(history)) == ("0o600", "0o600")
    assert mode(published) == oct(0o666 & ~umask())
    with duckdb.connect(str(activation), read_only=True) as connection:
        assert connection.sql("select count(*) from activation.audience_sync").fetchone() == (2,)
        assert connection.sql("show tables").fetchall() == [
            ("audience_sync",),
            ("publication",),
            ("published_tables",),
        ]
    with duckdb.connect(str(published), read_only=True) as connection:
        schemas = connection.sql("select distinct table_schema from information_schema.tables")
        assert sorted(schemas.fetchall()) == [("audit",), ("marts",)]
    assert published_files() == [published, activation, history]


def umask() -> int:
    """The mask of this process, left as it is."""
    before = os.umask(0)
    os.umask(before)
    return before


def test_a_private_file_is_private_from_its_first_byte_on(
    make_build: MakeBuild, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the file that is being written, its log, and a build file that begins with history."""
    path = make_build(3)
    add_activation(path, 2)
    seen: dict[str, str] = {}
    content = manifest.content

    def watch(connection: duckdb.DuckDBPyConnection, rows: str, columns: Any) -> manifest.Content:
        for file in published.parent.glob("*.next*"):
            seen[file.name] = mode(file)
        return content(connection, rows, columns)

    monkeypatch.setattr(manifest, "content", watch)
    publish.publish()
    assert {name: seen[f"{name}.duckdb.next"] for name in FILES[1:]} == {
        "activation": "0o600",
        "history": "0o600",
    }
    logs = {name: seen[name] for name in seen if name.endswith(".wal") and "segments" not in name}
    assert set(logs.values()) <= {"0o600"}
    path.unlink()
    publish.restore_history(path)
    assert mode(path) == "0o600"


def test_an_address_is_in_no_byte_that_an_analyst_may_read(
    make_build: MakeBuild, published: Path
) -> None:
    add_activation(make_build(3), 2)
    publish.publish()
    assert b"@example.org" in published.with_name("activation.duckdb").read_bytes()
    assert b"@example.org" not in published.read_bytes()
    assert b"@example.org" not in published.with_name("history.duckdb").read_bytes()


def test_nothing_is_swapped_before_all_files_are_there(
    make_build: MakeBuild, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_activation(make_build(3), 2)
    publish.publish()
    before = {path: path.read_bytes() for path in published_files()}
    add_activation(make_build(5), 4)
    copy = publish._copy

    def fail_on_the_last(parts: list[publish.Part], target: Path, *more: Any) -> publish.Contents:
        if parts[0][1] == publish.PUBLISHED_SCHEMAS:
            raise OSError("disk full")
        return copy(parts, target, *more)

    monkeypatch.setattr(publish, "_copy", fail_on_the_last)
    with pytest.raises(OSError, match="disk full"):
        publish.publish()
    assert {path: path.read_bytes() for path in published_files()} == before


def test_what_a_tool_was_told_is_remembered_before_it_can_be_told(
    make_build: MakeBuild, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_activation(make_build(3), 2)
    order: list[str] = []
    swap = publish._swap

    def watch(target: Path) -> None:
        order.append(target.stem)
        swap(target)

    monkeypatch.setattr(publish, "_swap", watch)
    publish.publish()
    assert order == ["history", "activation", "lifetime_segments"]


def test_a_build_without_anything_for_tools_takes_their_file_away(
    make_build: MakeBuild, published: Path
) -> None:
    add_activation(make_build(3), 2)
    publish.publish()
    make_build(3)
    publish.publish()
    assert not published.with_name("activation.duckdb").exists()
    assert published.with_name("history.duckdb").exists()
    assert published.exists()
