"""PostgreSQL: the same numbers as DuckDB, and readers who never see half a night."""

import contextlib
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg
import pytest
from nights import PEOPLE, PROCESSES, Command, configure, tiny_project, untested_build
from postgres import Server, server_user
from shop import REPOSITORY, Build, Builder, write_tables

from ops import build, postgres, postgres_publish, publish, rollback, runs
from ops.project import BUSY, FAULT, UserError
from ops.runs import Run
from ops.tombstones import sha256

# made with a random salt, so that no two warehouses have the same
SALTED = {"external_id", "payload_hash"}
# what tells a run, and not a number of the shop
OF_THE_RUN = {"publication", "published_tables", "run_history"}
KILLS = 30
BUILDS_KILLED = 6
READERS = 4

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def settings(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any
) -> dict[str, Any]:
    """A database of the test's own, and how profiles.yml says to reach it."""
    return new_database(postgres, tmp_path, monkeypatch, f"of_{abs(hash(request.node.name))}")


def new_database(
    postgres: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> dict[str, Any]:
    with postgres.connect() as owner:
        owner.execute(f"create database {name}")
    variables = {
        "LIFETIME_POSTGRES_HOST": "127.0.0.1",
        "LIFETIME_POSTGRES_PORT": str(postgres.port),
        "LIFETIME_POSTGRES_DATABASE": name,
        "LIFETIME_POSTGRES_USER": "owner",
        "LIFETIME_POSTGRES_PASSWORD": postgres.password,
    }
    configure(variables, folder / "warehouse")
    profiles = folder / "profiles"
    profiles.mkdir()
    (profiles / "profiles.yml").write_bytes((REPOSITORY / "profiles.yml.example").read_bytes())
    variables["DBT_PROFILES_DIR"] = str(profiles)
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    from ops.project import target_settings

    return target_settings("postgres")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the build of the demo shop writes logs, compiled SQL, pages and its record."""
    return tmp_path_factory.mktemp("demo_on_postgres")


@pytest.fixture(scope="module")
def on_postgres(postgres: Server, home: Path) -> Iterator[Connection]:
    """The demo shop, built, tested and published by the command that a person types."""
    with pytest.MonkeyPatch.context() as patch:
        settings = new_database(postgres, home, patch, "demo")
        said = make_build("--unit-tests")
        assert said.returncode == 0, said.stdout + said.stderr
        with postgres.connect(settings["dbname"]) as connection:
            yield connection


WHOLE = (sys.executable, "-m", "ops.build")


def make_build(*options: str, command: Sequence[str] = WHOLE) -> "subprocess.CompletedProcess[str]":
    """The command that a person types, or a part of it."""
    typed = [*command, "--target", "postgres", *options]
    return subprocess.run(typed, cwd=REPOSITORY, capture_output=True, text=True, check=False)


# -- the same numbers ------------------------------------------------------------------------------


def test_every_mart_is_that_of_duckdb(on_postgres: Connection, demo: Build) -> None:
    """Decimals to the digit, but for statistics of more than six places: these to 1e-9."""
    with duckdb.connect(str(demo.database), read_only=True) as ours:
        marts = ours.execute(
            "select table_schema, table_name from information_schema.tables where table_schema"
            " in ('marts', 'audit', 'activation') order by all"
        ).fetchall()
        found = differences(ours, on_postgres, marts, "")
    assert len(marts) > 20
    assert not found, "\n".join(found)


@pytest.mark.usefixtures("on_postgres")
def test_the_password_is_written_down_nowhere(home: Path, postgres: Server) -> None:
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {"dbt.log", "runs.jsonl", "manifest.json"} <= {path.name for path in files}
    secret = postgres.password.encode()
    assert not [path for path in files if secret in path.read_bytes()]


def differences(
    ours: duckdb.DuckDBPyConnection, theirs: Connection, marts: list[Any], prefix: str
) -> list[str]:
    """Where the same tables differ: rows that only one has."""
    found = []
    for schema, table in marts:
        columns = [
            (name, data_type)
            for name, data_type in ours.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_schema = ? and table_name = ? order by ordinal_position",
                [schema, table],
            ).fetchall()
            if name not in SALTED
        ]
        listed = ", ".join(f'"{name}"' for name, _ in columns)
        one = ours.execute(f"select {listed} from {schema}.{table}").fetchall()
        other = theirs.execute(f"select {listed} from {prefix}{schema}.{table}".encode()).fetchall()
        close = {number for number, (_, kind) in enumerate(columns) if is_close_enough(kind)}
        left, right = (sorted(map(texts, rows), key=by(close)) for rows in (one, other))
        unequal = [
            pair for pair in zip(left, right, strict=False) if not same(pair[0], pair[1], close)
        ]
        if len(left) != len(right) or unequal:
            found.append(f"{schema}.{table}: {len(left)} and {len(right)} rows, {unequal[:1]}")
    return found


def is_close_enough(kind: str) -> bool:
    """Whether a type holds what floats came to: more than six places."""
    return kind == "DOUBLE" or (kind.startswith("DECIMAL") and int(kind[:-1].split(",")[1]) > 6)


def texts(row: tuple[Any, ...]) -> tuple[str | None, ...]:
    """Values as both drivers may give them, as one text."""
    return tuple(
        None if value is None
        else f"{value.normalize():f}" if isinstance(value, Decimal)
        else str(value)
        for value in row
    )  # fmt: skip


def by(close: set[int]) -> Any:
    """An order of rows in which floats come last, and only roughly."""

    def key(row: tuple[str | None, ...]) -> Any:
        exact = [value or "" for number, value in enumerate(row) if number not in close]
        return exact, [round(float(row[number] or 0), 6) for number in sorted(close)]

    return key


def same(left: tuple[Any, ...], right: tuple[Any, ...], close: set[int]) -> bool:
    return all(
        one == other
        or (
            number in close
            and None not in (one, other)
            and math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-12)
        )
        for number, (one, other) in enumerate(zip(left, right, strict=True))
    )


def test_a_mart_that_differs_is_found() -> None:
    assert same(("a", "0.1234567891"), ("a", "0.1234567891000001"), {1})
    assert not same(("a", "0.123456789"), ("a", "0.123456790"), {1})
    assert not same(("a", "0.10"), ("a", "0.11"), set())
    assert not same(("a", None), ("a", "0"), {1})


def written(kind: str, chance: random.Random) -> str:
    """Something that might be meant as a number, a date or a time."""
    digits = "".join(chance.choices("0123456789", k=chance.randint(1, 6)))
    if kind == "number":
        return "".join(
            chance.choice(part)
            for part in (
                ["", "", "-", "+"],
                [digits, digits, "", "1_000", "99999999999999", "2147483647", "0"],
                ["", ".", ",", ".5", ".00005", ".49995", "_1", "x"],
                ["", "", "e2", "E-3", "e", "e+1", "%"],
            )
        )
    year = chance.choice(["2024", "1999", "2023", "24", "9999", "12024", "0001"])
    sign = chance.choice("-----/ .")
    month, day = (
        chance.choice(["1", "02", "12", "13", "00"]),
        chance.choice(["1", "28", "29", "30", "31", "32", "00"]),
    )
    text = f"{year}{sign}{month}{sign}{day}"
    if kind == "date" or chance.random() < 0.2:
        return text
    text += chance.choice([" ", "T", "  ", "t"]) + chance.choice(["0", "09", "23", "24", "25"])
    text += ":" + chance.choice(["0", "00", "59", "60"])
    text += chance.choice(["", ":00", ":59", ":60", ":00.5", ":00.123456789", ":01."])
    return text + (chance.choice(["Z", "+02", "-0330", "+05:45", " UTC"]) if kind != "time" else "")


@pytest.mark.parametrize(
    ("kind", "data_type", "function"),
    [
        ("number", "decimal(18, 4)", "try_number(written, 18, 4)"),
        ("number", "bigint", "try_number(written, 19, 0)"),
        ("date", "date", "try_date(written)"),
        ("time", "timestamp", "try_timestamp(written)"),
        ("instant", "timestamptz", "try_instant(written)"),
    ],
)
def test_texts_are_read_as_duckdb_reads_them(
    kind: str, data_type: str, function: str, on_postgres: Connection
) -> None:
    chance = random.Random(f"{kind} {data_type}")
    given = sorted({written(kind, chance) for _ in range(4000)})
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        wanted = connection.execute(
            f"select try_cast(value as {data_type})::varchar from unnest(?) as given(value)",
            [given],
        ).fetchall()
    query = f"select build.{function}::text from unnest(%s::text[]) as given (written)"
    found = on_postgres.execute(query.encode(), [given]).fetchall()

    def plain(text: str | None) -> str | None:
        """PostgreSQL writes no zeros at the end of a fraction, and +00 as DuckDB."""
        return text.replace(".000000", "") if text else text

    wrong = [
        (text, one, other)
        for text, (one,), (other,) in zip(given, wanted, found, strict=True)
        if plain(one) != plain(other) and not re.search("_|0x", text)
    ]
    assert sum(one is not None for (one,) in wanted) > 20
    assert not wrong, wrong[:10]


HOSTILE = [
    "'; drop table raw.orders; --",
    '"quoted", and; separated',
    "{{ env_var('LIFETIME_POSTGRES_PASSWORD') }} {% raw %}",
    "=cmd|' /C calc'!A0",
    "\u202eright to left\u202c \u200b",
    "tab\tbell\x07 escape\x1b line\nline",
    "back\\slash \\N \\. $$ %s %(x)s",
    "ünï 😀 " + "long" * 250_000,
]


def test_hostile_values_come_through_a_delivery_unchanged(
    settings: dict[str, Any], tmp_path: Path, builder: Builder
) -> None:
    """And the marts of such a shop are those of DuckDB."""
    ids = [f"{number} {text}" for number, text in enumerate(HOSTILE)]
    orders = pd.DataFrame(
        {
            "order_id": [f"o{place} {person}"[:60] for person in ids for place in range(4)],
            "customer_id": [person[:60] for person in ids for _ in range(4)],
            "ordered_at": [
                f"2024-0{place + 1}-1{n} 10:00:00" for n in range(8) for place in range(4)
            ],
            "gross_amount": [f"{10 + n}.{place}5" for n in range(8) for place in range(4)],
            "discount_amount": [0.5, 0.1 + 0.2, 1e14, float("inf"), 5e-05, 1.0, 0.0, 2.25] * 4,
            "shipping_amount": [0, 3, 10**14, -1, 10**13, 7, 2**62, 5] * 4,
        }
    )
    customers = pd.DataFrame(
        {"customer_id": [i[:60] for i in ids], "created_at": "2024-01-01", "city": HOSTILE}
    )
    folder = write_tables(tmp_path / "raw", {"orders": orders, "customers": customers}, "parquet")
    marts = "+customers +customer_segments +source_quality"
    told = ["--raw", str(folder), "--as-of", "2024-05-01", "--vars", "{gates_enabled: false}"]
    said = make_build(*told, command=untested_build(marts))
    assert said.returncode == 0, said.stdout + said.stderr
    with postgres.connect(settings) as connection:
        found = connection.execute("select city from raw.customers order by customer_id").fetchall()
        assert sorted(city for (city,) in found) == sorted(HOSTILE)
        ours = builder.build(
            folder,
            tmp_path / "duckdb",
            as_of="2024-05-01",
            suffix="parquet",
            checks=False,
            only=marts,
        )
        with duckdb.connect(str(ours.database), read_only=True) as duck:
            read = [("marts", name) for name in ("customers", "customer_segments")]
            assert not differences(duck, connection, read, "")
            checked = [("staging", "stg_orders_checked")]
            assert not differences(duck, connection, checked, "build_")
            reasons = duck.execute("select reason from staging.stg_orders_checked").fetchall()
            assert reasons.count(("invalid_amount",)) == 12  # infinite, or too many digits
        assert connection.execute("select count(*) from audit.run_history").fetchone() == (1,)


# -- publishing ------------------------------------------------------------------------------------


class Night:
    """The schemas that a build leaves, made without dbt, so that a night takes a moment."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    def build(self, people: list[str], run_id: str) -> Run:
        """Models of a night on which these people are known."""
        run = Run("build", "postgres", run_id=run_id, as_of_date="2024-05-01")
        with postgres.connect(self.settings) as connection:
            for schema in ("marts", "audit", "activation", "protected_history"):
                connection.execute(f"drop schema if exists build_{schema} cascade".encode())
                connection.execute(f"create schema build_{schema}".encode())
            values = ", ".join(f"('{person}', '{run_id}')" for person in people)
            for place in ("marts.customers", "activation.audience_sync", "marts.customer_segments"):
                connection.execute(
                    f"create table build_{place} as select *, true as is_contactable"
                    f" from (values {values}) as known (customer_id, run_id)".encode()
                )
            connection.execute(
                f"create table build_audit.source_quality as select '{run_id}' as run_id,"
                " 'accepted' as outcome, 1 as row_count".encode()
            )
            history = "build_protected_history.stg_erasure"
            connection.execute(f"create table {history}_salt as select 'salt' as salt".encode())
            connection.execute(f"create table {history}_tombstones (customer_hash text)".encode())
        return run

    def forget(self, person: str) -> None:
        """Who asks for it is known by a hash."""
        with postgres.connect(self.settings) as connection:
            connection.execute(
                "insert into build_protected_history.stg_erasure_tombstones values (%s)",
                [sha256(f"salt|{sha256(person)}")],
            )

    def publish(self, run: Run) -> None:
        with (
            postgres.connect(self.settings) as connection,
            postgres.alone(connection, self.settings),
        ):
            postgres_publish.publish(connection, "build_", run)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with postgres.connect(self.settings) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def night(settings: dict[str, Any]) -> Night:
    return Night(settings)


ONE_RUN = (
    "select count(*), min(customers.run_id), min(segments.run_id), min(quality.run_id),"
    " min(publication.run_id) from marts.customers as customers inner join"
    " marts.customer_segments as segments on customers.customer_id = segments.customer_id"
    " cross join audit.source_quality as quality cross join audit.publication as publication"
)


def read_on(settings: dict[str, Any], stop: Any, answers: Any) -> None:
    """A reader in a process of its own: what each answer said, or what went wrong."""
    said = []
    with postgres.connect(settings) as connection:
        while not stop.is_set():
            try:
                said.append(connection.execute(ONE_RUN.encode()).fetchone())
            except psycopg.Error as error:
                said.append((0, str(error)))
            time.sleep(0.005)
    answers.put(said)


@contextlib.contextmanager
def readers(settings: dict[str, Any]) -> Iterator[list[Any]]:
    """Four dashboards that ask all the while; at the end, what they were told."""
    stop, answers = PROCESSES.Event(), PROCESSES.Queue()
    processes = [
        PROCESSES.Process(target=read_on, args=(settings, stop, answers)) for _ in range(READERS)
    ]
    for process in processes:
        process.start()
    said: list[Any] = []
    try:
        yield said
    finally:
        stop.set()
        said += [answer for _ in processes for answer in answers.get()]
        for process in processes:
            process.join()


def torn(said: list[Any], people: int) -> list[Any]:
    """Answers that are not all people of one run."""
    return [answer for answer in said if answer[0] != people or len(set(answer[1:])) != 1][:3]


def publish_again(settings: dict[str, Any], number: int, environment: dict[str, str]) -> None:
    """A night's publication in a process of its own, which somebody will kill."""
    os.environ.update(environment)
    night = Night(settings)
    night.publish(night.build(["ann", "bob", "cyd"], f"run {number}"))


def test_kills_at_any_moment_leave_every_reader_one_whole_version(
    night: Night, settings: dict[str, Any]
) -> None:
    night.publish(night.build(["ann", "bob", "cyd"], "run 0"))
    started = time.monotonic()
    publish_again(settings, 0, {})
    seconds = time.monotonic() - started
    chance = random.Random(20261128)
    ends = set()
    with readers(settings) as said:
        for number in range(1, KILLS + 1):
            told = (settings, number, dict(os.environ))
            process = PROCESSES.Process(target=publish_again, args=told)
            process.start()
            left_alone = number % 6 == 0
            process.join(None if left_alone else chance.uniform(0.05, 1.1) * seconds)
            if process.is_alive() and process.pid:
                os.kill(process.pid, signal.SIGKILL)
            process.join()
            ends.add(process.exitcode)
    assert ends == {0, -signal.SIGKILL}
    assert len(said) > 10 * KILLS
    assert not torn(said, 3)
    # and the next night is as any other
    night.publish(night.build(["ann", "dan"], "last"))
    assert night.rows("select customer_id, run_id from marts.customers order by 1") == [
        ("ann", "last"),
        ("dan", "last"),
    ]
    leftovers = "select nspname from pg_namespace where nspname like 'next%'"
    assert night.rows(leftovers) == []


def test_builds_killed_at_any_moment_leave_readers_and_the_next_one_whole(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    """By dbt, from its first parse to the last swap of schemas."""
    project = tiny_project(tmp_path / "tiny")
    command = Command(
        "build", tmp_path / "w", project, target="postgres", environment=dict(os.environ)
    )
    content = "select customer_id, as_of_date from marts.customer_segments order by 1"

    assert command.end()[0] == 0
    with postgres.connect(settings) as connection:
        undisturbed = connection.execute(content.encode()).fetchall()
    chance = random.Random(20261129)
    ends = []
    with readers(settings) as said:
        started = time.monotonic()
        assert command.end()[0] == 0
        seconds = time.monotonic() - started
        for _ in range(BUILDS_KILLED):
            process = command.start()
            process.join(chance.uniform(0.05, 1) * seconds)
            process.kill()
            process.join()
            ends.append(process.exitcode)
        assert command.end()[0] == 0
    assert -signal.SIGKILL in ends
    assert len(said) > 100
    assert not torn(said, PEOPLE)
    assert len({answer[1] for answer in said}) >= 2
    with postgres.connect(settings) as connection:
        assert connection.execute(content.encode()).fetchall() == undisturbed
        leftovers = connection.execute(
            "select nspname from pg_namespace where nspname like 'next%'"
        )
        assert leftovers.fetchall() == []
    # what passed can be published again, but not after a build that failed before any mart
    assert publish.main(["--target", "postgres"]) == 0
    (project / "models" / "parameters.sql").write_text("select 1 / 0 as parameter")
    assert command.end()[0] == 1
    assert publish.main(["--target", "postgres"]) == 2


def test_rights_and_row_policies_outlive_a_publication(night: Night) -> None:
    night.publish(night.build(["ann", "bob"], "first"))
    with postgres.connect(night.settings) as owner:
        for statement in (
            "create role bi_tool",
            "create role branch",
            "grant usage on schema marts to bi_tool, branch",
            "grant select on marts.customers to bi_tool",
            "grant select (customer_id) on marts.customer_segments to bi_tool",
            "grant select on marts.customer_segments to branch",
            "alter table marts.customer_segments enable row level security",
            "create policy own on marts.customer_segments for select to branch"
            " using (customer_id = 'bob')",
        ):
            owner.execute(statement.encode())
    for run_id in ("second", "third"):
        night.publish(night.build(["ann", "bob", "cyd"], run_id))

    def as_role(role: str, query: str) -> Any:
        with postgres.connect(night.settings) as connection:
            connection.execute(f"set role {role}".encode())
            try:
                return connection.execute(query.encode()).fetchall()
            except psycopg.errors.InsufficientPrivilege:
                return None

    assert as_role("bi_tool", "select min(run_id) from marts.customers") == [("third",)]
    assert as_role("bi_tool", "select count(customer_id) from marts.customer_segments") == [(0,)]
    assert as_role("bi_tool", "select run_id from marts.customer_segments") is None
    assert as_role("branch", "select customer_id from marts.customer_segments") == [("bob",)]
    assert as_role("bi_tool", "select 1 from activation.audience_sync") is None
    assert as_role("bi_tool", "select 1 from before_1_marts.customers") is None


def test_a_version_before_comes_back_without_who_is_forgotten_or_withdrew(
    night: Night, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    night.publish(night.build(["ann", "bob", "cyd", "dan"], "first"))
    first = night.rows("select version from audit.publication")[0][0]
    second = night.build(["bob", "cyd", "dan"], "second")
    night.forget("ann")
    with postgres.connect(night.settings) as connection:
        connection.execute(
            "update build_marts.customer_segments set is_contactable = customer_id != 'bob'"
        )
    night.publish(second)
    assert night.rows("select customer_id from before_1_marts.customers order by 1") == [
        ("bob",),
        ("cyd",),
        ("dan",),
    ]
    night.forget("dan")  # and by then nobody has cleared the versions of them
    assert rollback.main(["--target", "postgres"]) == 0
    assert first in capsys.readouterr().out
    assert night.rows("select version, run_id, forgotten_count from audit.publication") == [
        (first, "first", 2)
    ]
    assert night.rows(
        "select customer_id, is_contactable from marts.customer_segments order by 1"
    ) == [("bob", False), ("cyd", True)]
    # what tools may know is the last night's
    assert night.rows("select distinct run_id from activation.audience_sync") == [("second",)]
    # the bad night is not come back to
    assert rollback.main(["--target", "postgres"]) == 2
    assert "There is no version before" in capsys.readouterr().err
    assert rollback.main(["--target", "postgres", "--version", "none"]) == 2
    assert "is not kept, only" in capsys.readouterr().err
    ran = night.rows("select command from audit.run_history order by started_at desc limit 1")
    assert ran == [("rollback",)]


def test_the_last_build_is_published_again_if_it_passed(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    def passed(run: Run) -> None:
        with postgres.connect(night.settings) as connection:
            postgres.remember(connection, "build_", run)

    seen = "select customer_id, run_id from marts.customers"
    passed(night.build(["ann"], "first"))
    assert publish.main(["--target", "postgres"]) == 0
    assert night.rows(seen) == [("ann", "first")]
    night.build(["bob"], "second")  # and nobody says that it passed
    assert publish.main(["--target", "postgres"]) == 2
    passed(night.build(["bob"], "third"))
    with postgres.connect(night.settings) as connection:
        connection.execute("alter table build_marts.customers rename to old")
        connection.execute("create table build_marts.customers as table build_marts.old")
        connection.execute("drop table build_marts.old")
    assert publish.main(["--target", "postgres"]) == 2
    assert "make build TARGET=postgres" in capsys.readouterr().err
    passed(night.build(["bob"], "fourth"))
    with postgres.connect(night.settings) as connection:
        postgres.forget_that_it_passed(connection, "build_")
    assert publish.main(["--target", "postgres"]) == 2
    assert night.rows(seen) == [("ann", "first")]


def test_only_so_many_versions_are_kept(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFETIME_VERSIONS", "2")
    for number in range(4):
        night.publish(night.build(["ann"], f"run {number}"))
    kept = "select nspname from pg_namespace where nspname like 'before%%' order by 1"
    assert [name for (name,) in night.rows(kept)] == [
        "before_1_audit", "before_1_marts", "before_2_audit", "before_2_marts",
    ]  # fmt: skip
    assert night.rows("select run_id from before_2_audit.publication") == [("run 1",)]


def test_a_reader_without_a_pause_is_named_and_nothing_changes(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_publish, "SWAP_SECONDS", 1)
    night.publish(night.build(["ann"], "first"))
    with postgres.connect(night.settings) as reader, reader.transaction():
        reader.execute("select * from marts.customers")
        with pytest.raises(UserError, match=r"session \d+ of user owner") as refused:
            night.publish(night.build(["bob"], "second"))
        assert refused.value.exit_code == BUSY
    assert night.rows("select run_id from marts.customers") == [("first",)]
    night.publish(night.build(["bob"], "third"))
    assert night.rows("select run_id from marts.customers") == [("third",)]


def test_a_second_builder_is_sent_away(night: Night) -> None:
    with (
        postgres.connect(night.settings) as one,
        postgres.alone(one, night.settings),
        pytest.raises(UserError, match=r"Another run is at work .* user owner") as refused,
    ):
        night.publish(night.build(["ann"], "first"))
    assert refused.value.exit_code == BUSY
    night.publish(night.build(["ann"], "second"))


# -- histories -------------------------------------------------------------------------------------


def test_what_an_unpublished_build_decided_is_undone_and_who_is_forgotten_stays_so(
    night: Night,
) -> None:
    night.publish(night.build(["ann"], "first"))
    with postgres.connect(night.settings) as connection:
        postgres.begin_histories(connection, "build_", is_demo=False)
        connection.execute("create table build_history.told as select 'first' as night")
        postgres_publish.swap(connection, [], postgres_publish.histories_stand("build_"))
        postgres.begin_histories(connection, "build_", is_demo=False)
        connection.execute("insert into build_history.told values ('failed')")
        night.forget("bob")
        postgres.begin_histories(connection, "build_", is_demo=False)
        assert connection.execute("select night from build_history.told").fetchall() == [("first",)]
        forgotten = "select count(*) from build_protected_history.stg_erasure_tombstones"
        assert connection.execute(forgotten.encode()).fetchone() == (1,)
        with pytest.raises(UserError, match="the demo would mix"):
            postgres.begin_histories(connection, "build_", is_demo=True)


def test_the_demos_histories_go_when_a_shop_builds(settings: dict[str, Any]) -> None:
    with postgres.connect(settings) as connection:
        postgres.begin_histories(connection, "build_", is_demo=True)
        connection.execute("create table build_history.told as select 'demo' as night")
        postgres.begin_histories(connection, "build_", is_demo=False)
        assert not postgres.tables(connection, "build_history")
        postgres.begin_histories(connection, "build_", is_demo=False)


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PASSWORD", "wrong", "lets user owner not in"),
        ("PORT", "1", "lets user owner not in"),
        ("DATABASE", "nowhere", 'database "nowhere" does not exist'),
    ],
)
def test_no_connection_is_one_line(
    variable: str,
    value: str,
    says: str,
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(f"LIFETIME_POSTGRES_{variable}", value)
    assert build.main(["--target", "postgres", "--vars", "{gates_enabled: false}"]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.splitlines()) == 1
    assert settings["password"] not in error
    (ended,) = runs.finished()
    assert (ended["outcome"], ended["reason"]) == ("refused", "no connection")


@pytest.fixture
def disk(night: Night, postgres: Server) -> Iterator[Path]:
    """A file system of four megabytes, on which the test's database keeps its tables."""
    folder = Path(tempfile.mkdtemp(prefix="small_disk_"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("no small file system can be mounted here: that takes root's rights")
    database = night.settings["dbname"]
    try:
        (folder / "tables").mkdir()
        if user := server_user():
            for path in (folder, folder / "tables"):
                shutil.chown(path, user["user"], user["group"])
        with postgres.connect() as owner:
            owner.execute(f"create tablespace small location '{folder / 'tables'}'".encode())
            owner.execute(f"alter database {database} set default_tablespace = small".encode())
        yield folder
    finally:
        with postgres.connect() as owner:
            owner.execute(f"drop database {database} with (force)".encode())
            owner.execute("drop tablespace if exists small")
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def test_a_full_disk_of_the_server_is_told_and_nothing_changes(night: Night, disk: Path) -> None:
    night.publish(night.build(["ann"], "first"))
    second = night.build(["bob"], "second")
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    with pytest.raises(UserError, match="No space left on device") as told:
        night.publish(second)
    assert told.value.exit_code == FAULT
    seen = "select customer_id, run_id from marts.customers"
    assert night.rows(seen) == [("ann", "first")]
    ballast.unlink()
    night.publish(second)
    assert night.rows(seen) == [("bob", "second")]


@pytest.mark.usefixtures("settings")
def test_a_schema_that_is_not_there_is_named_with_the_remedy() -> None:
    said = make_build("--vars", "{demo_shop: false, gates_enabled: false}")
    assert said.returncode == 2
    assert '."raw"."orders" was not found. Load it, name its place in the vars' in said.stderr
    assert "nothing is published" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_connection_that_is_lost_is_told_in_words(settings: dict[str, Any]) -> None:
    with (
        pytest.raises(UserError, match=r"failed: .* Look at the server") as fault,
        postgres.connect(settings) as connection,
    ):
        connection.execute("select pg_terminate_backend(pg_backend_pid())")
    assert fault.value.exit_code == FAULT


def test_a_schema_that_is_readers_own_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="builds into schema public"):
        postgres.prefix_of({**settings, "schema": "public"})


def test_rights_on_a_delivered_table_outlive_the_next_delivery(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    with postgres.connect(settings) as connection:
        for columns in (["order_id", "note"], ["order_id", "note"], ["order_id", "amount"]):
            frame = pd.DataFrame([["1"] * len(columns)], columns=columns)
            folder = write_tables(tmp_path / "raw", {"orders": frame})
            postgres.load(connection, "raw", {"orders": str(folder / "orders.csv")}, ",")
            with contextlib.suppress(psycopg.errors.DuplicateObject):
                connection.execute("create role checker")
                connection.execute("grant select on raw.orders to checker")
            held = connection.execute(
                "select has_table_privilege('checker', 'raw.orders', 'select'), count(*)"
                " from raw.orders"
            ).fetchone()
            assert held == (True, 1)
        connection.execute("create view raw.mine as select amount from raw.orders")
        frame = pd.DataFrame({"order_id": ["1"]})
        folder = write_tables(tmp_path / "raw", {"orders": frame})
        with pytest.raises(UserError, match=r"raw.orders comes with other columns .* raw.mine"):
            postgres.load(connection, "raw", {"orders": str(folder / "orders.csv")}, ",")
        assert connection.execute("select amount from raw.orders").fetchall() == [("1",)]


def test_a_value_that_the_server_cannot_hold_is_named_with_its_place(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "orders.parquet"
    duckdb.sql(
        "select '1' as order_id, timestamp '10000-01-01 (BC) 00:00:00' as ordered_at"
    ).write_parquet(str(path))
    with (
        postgres.connect(settings) as connection,
        pytest.raises(UserError, match=r"Table orders .* line 1, column ordered_at") as refused,
    ):
        postgres.load(connection, "raw", {"orders": str(path)}, ",")
    assert refused.value.reason == "unreadable delivery"
