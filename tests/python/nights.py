"""Nights of seconds: builds that are made up or tiny, and commands in processes of their own."""

import json
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from ops import build, dbt_run, postgres, publish, rollback, summary
from ops.project import ROOT
from ops.tombstones import Tombstones, sha256

DAY = date(2026, 6, 30)
PEOPLE = 2_000  # of the tiny project


class Warehouse:
    """A folder with the files of builds and publications."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.build = folder / "build.duckdb"
        self.published = folder / "lifetime_segments.duckdb"
        self.activation = folder / "activation.duckdb"

    def night(
        self, people: Collection[str], *, refusing: Collection[str] = (), run_id: str = "a-run"
    ) -> None:
        """A build that passed, of some people, with offers for those who do not refuse them."""
        self.build.unlink(missing_ok=True)
        self.folder.mkdir(exist_ok=True)
        with duckdb.connect(str(self.build)) as connection:
            for schema in ("marts", "audit", "activation", "history"):
                connection.execute(f"create schema {schema}")
            connection.execute("create table people (customer_id varchar, is_asked boolean)")
            connection.executemany(
                "insert into people values (?, ?)",
                [[person, person not in refusing] for person in people],
            )
            connection.execute(
                f"create table marts.customers as select customer_id, '{run_id}' as run_id "
                "from people"
            )
            connection.execute(
                "create table marts.customer_segments as select customer_id, "
                f"is_asked as is_contactable, '{run_id}' as run_id from people"
            )
            connection.execute(
                "create table marts.customer_promotions as select customer_id, "
                "'gift' as promotion_id, 'email' as channel, is_asked as is_selected, "
                "case when is_asked then 'selected' else 'no_consent' end as reason from people"
            )
            connection.execute(
                "create table audit.source_quality as select 'orders' as source, outcome, "
                "'none' as reason, cast(row_count as bigint) as row_count "
                "from (values ('accepted', 5), ('quarantined', 2)) as rows (outcome, row_count)"
            )
            connection.execute(
                "create table activation.audience_sync as select 'tool' as destination, "
                "sha256(customer_id) as external_id, customer_id || '@example.org' as email "
                "from people where is_asked"
            )
            connection.execute("create table history.arms as select customer_id from people")
            connection.execute("drop table people")
            kept = Tombstones.read(self.folder / "history.duckdb")
            kept.write(connection, "build")
        publish.record_build(str(DAY), True, run_id)

    def forget(self, person: str) -> None:
        """Tonight's delivery asks to forget somebody: the build has the tombstone."""
        tombstones = Tombstones.read(self.build)
        tombstones.add(sha256(person), DAY)
        with duckdb.connect(str(self.build)) as connection:
            connection.execute("drop schema if exists protected_history cascade")
            tombstones.write(connection, "build")
        publish.record_build(str(DAY), True, "a-run")

    def rows(self, query: str, path: Path | None = None) -> list[tuple[Any, ...]]:
        """What a reader of the published file, or of another one, gets."""
        with duckdb.connect(str(path or self.published), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def version(self) -> str:
        """Which version readers see."""
        ((version,),) = self.rows("select version from audit.publication")
        return str(version)


def tiny_project(folder: Path) -> Path:
    """A dbt project of seconds: two marts, what tools are told, and history; all name their run."""
    for name, text in {
        "dbt_project.yml": "name: tiny\nprofile: lifetime_segments\n"
        "flags: {send_anonymous_usage_stats: false}\n"
        "models: {+materialized: table}\n",
        "macros/generate_schema_name.sql": "{% macro generate_schema_name(name, node) %}"
        "{{ '' if target.type == 'duckdb' else target.schema ~ '_' }}{{ name or 'main' }}"
        "{% endmacro %}",
        "models/parameters.sql": "{{ config(enabled=target.type == 'postgres') }}"
        " select 1 as parameter",
        "models/customers.sql": "{{ config(schema='marts') }}"
        " select cast(number as text) as customer_id, '{{ invocation_id }}' as run_id"
        f" from generate_series(1, {PEOPLE}) as numbers (number)",
        "models/customer_segments.sql": "{{ config(schema='marts') }}"
        " select customer_id, run_id, date '2026-06-30' as as_of_date from {{ ref('customers') }}",
        "models/source_quality.sql": "{{ config(schema='audit') }}"
        " select 'orders' as source, 'accepted' as outcome, 'none' as reason,"
        " count(*) as row_count, min(run_id) as run_id from {{ ref('customers') }}",
        "models/audience_sync.sql": "{{ config(schema='activation') }}"
        " select customer_id, run_id from {{ ref('customers') }}",
        "models/arms.sql": "{{ config(schema='history') }}"
        " select customer_id, length(customer_id) as arm from {{ ref('customers') }}",
        **{
            f"models/stg_erasure_{name}.sql": "{{ config(schema='protected_history',"
            f" enabled=target.type == 'postgres') }}}} select {columns}"
            for name, columns in (
                ("salt", "'salt' as salt"),
                ("tombstones", "cast('nobody' as text) as customer_hash"),
            )
        },
        "tests/assert_every_customer_has_a_segment.sql": "select customer_id from "
        "{{ ref('customers') }} except select customer_id from {{ ref('customer_segments') }}",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


# -- commands in processes of their own ------------------------------------------------------------

# forked from a process that has imported everything, and has opened nothing
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["nights", "test_postgres", "dbt.cli.main", "dbt.adapters.duckdb", "dbt.adapters.postgres"]
)

NAME_CHANGES = ("os.rename", "os.link", "os.remove")


def untested_build(only: str = "") -> list[str]:
    """`python -m ops.build` without data tests and summary, and of some models if wanted."""
    options = ["--exclude-resource-type", "test", "unit_test"]
    options += ["--select", *only.split()] if only else []
    program = f"""
import sys
from ops import build, dbt_run, summary
whole = dbt_run.build
dbt_run.build = lambda variables, target, with_unit_tests, options=(), *others: whole(
    variables, target, with_unit_tests, [*options, *{options}], *others
)
summary.summary = summary.summary_of = str
sys.exit(build.main())
"""
    return [sys.executable, "-c", program]


@dataclass(frozen=True)
class Command:
    """A command as the shell would run it on a folder, and what befalls its process."""

    name: str
    folder: Path
    project: Path | None = None
    kill_at_name_change: int = 0
    largest_file: int = 0
    user: int = 0
    target: str = "duckdb"
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> multiprocessing.process.BaseProcess:
        process = PROCESSES.Process(target=self.run)
        process.start()
        return process

    def end(self) -> tuple[int | None, str]:
        """Its exit code, and all that it said."""
        process = self.start()
        process.join()
        return process.exitcode, self._said().read_text(encoding="utf-8")

    def name_changes(self) -> int:
        """How many names of files it changed."""
        return int(self._said().with_suffix(".count").read_text(encoding="utf-8"))

    def _said(self) -> Path:
        return self.folder.parent / f"{self.folder.name}.{self.name}.txt"

    def run(self) -> None:
        """In the child."""
        said = os.open(self._said(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.environ.update(self.environment)
        configure(os.environ, self.folder)
        if self.project:
            patch.object(postgres, "fit", lambda connection, prefix: None).start()
            patch.object(dbt_run, "ROOT", self.project).start()
            patch.object(summary, "summary", lambda path: "all of it").start()
            patch.object(summary, "summary_of", lambda rows_of: "all of it").start()
            patch.object(dbt_run, "PARAMETERS", "parameters").start()
            patch.object(dbt_run, "SUMMARIES", ()).start()
        changes = [0]

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            if event not in NAME_CHANGES:
                return
            path = Path(arguments[0])
            if path.is_relative_to(self.folder) and path.exists():
                changes[0] += 1
                if changes[0] == self.kill_at_name_change:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        if self.largest_file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest_file, self.largest_file))
        if self.user:
            os.setuid(self.user)
        work: dict[str, Callable[[], int]] = {
            "build": lambda: build.main(
                ["--vars", "{demo_shop: false, gates_enabled: false}", "--target", self.target]
            ),
            "publish": lambda: publish.main([]),
            "rollback": lambda: rollback.main([]),
        }
        code = work[self.name]()
        if not self.user:
            self._said().with_suffix(".count").write_text(str(changes[0]), encoding="utf-8")
        sys.exit(code)


def configure(environment: Any, folder: Path) -> None:
    """The variables of a command that works in a folder."""
    environment["LIFETIME_BUILD_PATH"] = str(folder / "build.duckdb")
    for name in ("DBT_LOG_PATH", "DBT_TARGET_PATH", "DBT_PROFILES_DIR"):
        environment[name] = str(folder.parent / f"{folder.name}.dbt")
    profiles = folder.parent / f"{folder.name}.dbt" / "profiles.yml"
    if not profiles.exists():
        profiles.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "profiles.yml.example", profiles)


class Readers:
    """Processes that read the published file again and again until they are stopped."""

    def __init__(self, folder: Path, number: int) -> None:
        self.stop = folder.parent / "stop"
        self.answers = [folder.parent / f"reader-{index}.json" for index in range(number)]
        published = folder / "lifetime_segments.duckdb"
        self.processes = [
            PROCESSES.Process(target=read_on, args=(published, self.stop, answers))
            for answers in self.answers
        ]

    def __enter__(self) -> "Readers":
        for process in self.processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.touch()
        for process in self.processes:
            process.join()

    def all_answers(self) -> list[list[str]]:
        """The run ids that each query found across all marts, or why there was no answer."""
        return [
            answer
            for path in self.answers
            for answer in json.loads(path.read_text(encoding="utf-8"))
        ]


RUN_IDS = " union ".join(
    f"select run_id from {table}"
    for table in ("marts.customers", "marts.customer_segments", "audit.publication")
)


def read_on(published: Path, stop: Path, answers: Path) -> None:
    """What a dashboard does all night."""
    found: list[list[str]] = []
    while not stop.exists():
        try:
            with duckdb.connect(str(published), read_only=True) as connection:
                found.append([str(row[0]) for row in connection.execute(RUN_IDS).fetchall()])
        except duckdb.Error as error:
            found.append(["no answer", str(error)])
        time.sleep(0.02)
    answers.write_text(json.dumps(found), encoding="utf-8")
