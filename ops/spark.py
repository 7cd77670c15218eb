"""`make build TARGET=spark`: the same models on Spark, in one process on this machine.

dbt runs twice in one session, for dbt-spark has no Python models in a session: first what the
lifetime value models are fitted on, then, with the fitted parameters, all the rest and every data
test. Only a build without a fault becomes the version that readers see: a folder of Parquet files
that one link names. Histories are part of the version, and the next build begins with them.
"""

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ops import build as command
from ops import dbt_run, delivery, runs, summary, validate
from ops.fit import as_relation, fit_groups
from ops.manifest import git_revision, version_of
from ops.project import ROOT, UserError, display, owner_only, project_vars
from ops.runs import Run, now
from ops.tombstones import literal

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA_VERSION = 17
VERSIONS_KEPT = 2
OPEN_SCHEMAS = ("marts", "audit")
HISTORY_SCHEMAS = ("history", "protected_history")
PUBLISHED_SCHEMAS = (*OPEN_SCHEMAS, "activation", *HISTORY_SCHEMAS)


def home() -> Path:
    """The folder of all that Spark writes, as profiles.yml reads it."""
    return (ROOT / os.environ.get("LIFETIME_SPARK_PATH", "warehouse/spark")).resolve()


def build_folder() -> Path:
    """The tables of the last build, and what Hive knows of them; made anew by each."""
    return home() / "build"


def current() -> Path:
    """The link to the version that readers see."""
    return home() / "published" / "current"


def build(
    started: Run,
    variables: dict[str, Any],
    settings: dict[str, Any],
    with_publish: bool,
    with_unit_tests: bool,
) -> int:
    """Build into an empty folder; only a build without a fault is published."""
    require_spark()
    if code := validate.check_delivery(variables):
        started.end("failed", "delivery gate")
        return code
    is_demo = bool({**project_vars(), **variables}["demo_shop"])
    shutil.rmtree(build_folder(), ignore_errors=True)
    with owner_only():  # everything delivered is in it, the salt of who is forgotten too
        build_folder().mkdir(parents=True)
        variables = deliver(variables)
        session = start_session(settings)
        try:
            if not is_demo:
                restore_history(session)
            print("Building on Spark", flush=True)
            outcome = dbt_run.build_around_fit(
                variables,
                settings["name"],
                with_unit_tests,
                lambda: fit(session),
                lambda query: first_rows(session, query),
            )
            counts = count_rows(session) if outcome.is_success else {}
        finally:
            session.stop()
        command.note(started, outcome)
        if not outcome.is_success:
            kept = display(current()) if current().exists() else ""
            return command.fail(started, outcome, kept, display(build_folder()))
        views = write_views(counts)
        runs.count_rows_in(started, views)
        started.as_of_date = summary.as_of_day(views)
        if with_publish:
            if code := validate.check_publication(variables, started.run_id, views):
                started.end("failed", "publication gate")
                return code
            publish(started, counts, is_demo)
        else:
            started.end("built")
    where = display(current() if with_publish else build_folder())
    command.report(started, variables, outcome, summary.summary(views), where)
    return 0


def publish_again(run: Run, settings: dict[str, Any]) -> int:
    """There is nothing to be done: a build that passed is published, or is not to be."""
    raise UserError(
        "On Spark make build publishes what passed, and a second publication would be the same. "
        "Build again: make build TARGET=spark."
    )


def rollback(run: Run, settings: dict[str, Any], wanted: str) -> int:
    """None is put back: an earlier version may hold people who were forgotten since."""
    raise UserError(
        "There is no make rollback on Spark. Build that day again: make build TARGET=spark "
        "AS_OF=YYYY-MM-DD."
    )


def require_spark() -> None:
    """Say what is missing before anything starts."""
    if not all(importlib.util.find_spec(name) for name in ("pyspark", "dbt.adapters.spark")):
        raise UserError(
            "Spark is not installed. Run .venv/bin/python -m pip install -r requirements-spark.txt."
        )
    java = shutil.which("java", path=str(Path(os.environ.get("JAVA_HOME", "")) / "bin"))
    java = java or shutil.which("java")
    if not java:
        raise UserError(
            f"Spark needs Java {JAVA_VERSION} or newer, and there is none. "
            "Debian: apt install openjdk-17-jre-headless."
        )
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = told.partition('"')[2].partition(".")[0]
    if not version.isdigit() or int(version) < JAVA_VERSION:
        raise UserError(
            f"Spark needs Java {JAVA_VERSION} or newer, but {java} is {version or 'none'}. "
            "Name another one in JAVA_HOME."
        )


def start_session(settings: dict[str, Any]) -> "SparkSession":
    """The session that profiles.yml describes; dbt finds it and shares it."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.enableHiveSupport()
    for name, value in settings["server_side_parameters"].items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def deliver(variables: dict[str, Any]) -> dict[str, Any]:
    """The files of RAW as Parquet, read as a build on DuckDB reads them."""
    if not (files := delivery.raw_files(variables)):
        return variables
    delimiter = str({**project_vars(), **variables}["raw_csv_delimiter"])
    folder = build_folder() / "delivered"
    folder.mkdir()
    delivered = {table: folder / f"{table}.parquet" for table in files}
    with duckdb.connect() as connection:
        for table, path in files.items():
            relation, options = delivery.relation(path, delimiter)
            query = f"copy (from {relation}) to {literal(delivered[table])} (format parquet)"
            connection.execute(query, options)
    return {**variables, "raw_files": {table: str(path) for table, path in delivered.items()}}


def restore_history(session: "SparkSession") -> None:
    """Begin with what the nights before decided."""
    for table in folders(current().resolve(), HISTORY_SCHEMAS):
        session.sql(f"create schema if not exists {table.parent.name}")
        session.sql(
            f"create table {table.parent.name}.{table.name} as select * from parquet.`{table}`"
        )


def folders(version: Path, schemas: Iterable[str]) -> list[Path]:
    """The tables of some schemas of a version."""
    return sorted(table for schema in schemas for table in (version / schema).glob("*"))


def first_rows(session: "SparkSession", query: str) -> list[dict[str, Any]]:
    """The first rows that a data test found."""
    return [row.asDict() for row in session.sql(query).take(dbt_run.EXAMPLES)]


def fit(session: "SparkSession") -> None:
    """Fit as the Python models do on DuckDB, and put the parameters where models look for them."""
    path = build_folder() / "fitted.parquet"
    with duckdb.connect() as connection:
        rows = []
        for name in dbt_run.SUMMARIES:
            rows += fit_groups(connection.sql(f"from {built(f'intermediate.{name}')}"))
        as_relation(rows, connection).write_parquet(str(path))
    session.sql(f"insert overwrite policy.{dbt_run.PARAMETERS} select * from parquet.`{path}`")


def built(name: str) -> str:
    """A table of the build as DuckDB reads it."""
    schema, table = name.split(".")
    files = build_folder() / "tables" / f"{schema}.db" / table / "*.parquet"
    return f"read_parquet({literal(files)})"


def count_rows(session: "SparkSession") -> dict[str, int]:
    """The tables to be published, and their rows as Spark counts them."""
    names = [
        f"{schema}.{row.tableName}"
        for schema in PUBLISHED_SCHEMAS
        if session.catalog.databaseExists(schema)
        for row in session.sql(f"show tables in {schema}").collect()
        if not row.isTemporary
    ]
    return {name: session.table(name).count() for name in names}


def publish(started: Run, counts: dict[str, int], is_demo: bool) -> None:
    """Copy the tables into a version of their own, count them there, and let the link name it."""
    version = current().with_name(version_of(now()))
    for name in counts:
        schema, table = name.split(".")
        if is_demo and schema in HISTORY_SCHEMAS:
            continue
        source = build_folder() / "tables" / f"{schema}.db" / table
        copy_table(source, version / schema / table)
        require_rows(version / schema / table, counts[name])
    if is_demo:  # what a shop's own nights decided stays
        for kept in folders(current().resolve(), HISTORY_SCHEMAS):
            copy_table(kept, version / kept.parent.name / kept.name)
    with duckdb.connect() as connection:
        table = runs.write_table(connection, "memory", started.as_published(version.name, now()))[0]
        folder = version / table.replace(".", "/")
        folder.mkdir()
        connection.table(f"memory.{table}").write_parquet(str(folder / "runs.parquet"))
    record = {
        "version": version.name,
        "run_id": started.run_id,
        "git_revision": git_revision(),
        "as_of_date": started.as_of_date,
        "rows": counts,
    }
    (version / "manifest.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    open_to_readers(version)
    following = current().with_name("next")
    following.unlink(missing_ok=True)
    following.symlink_to(version.name)
    following.replace(current())
    started.version = version.name
    started.end("published")
    versions = sorted(path for path in current().parent.iterdir() if not path.is_symlink())
    for leftover in versions[:-VERSIONS_KEPT]:
        shutil.rmtree(leftover)


def copy_table(source: Path, target: Path) -> None:
    """A table's Parquet files, without what Spark notes beside them."""
    target.mkdir(parents=True)
    for path in sorted(source.glob("*.parquet")):
        shutil.copy(path, target)


def require_rows(table: Path, expected: int) -> None:
    """Read a copied table back."""
    with duckdb.connect() as connection:
        files = literal(table / "*.parquet")
        ((found,),) = connection.sql(f"select count(*) from read_parquet({files})").fetchall()
    if found != expected:
        raise UserError(
            f"{display(table)} has {found:,} rows instead of {expected:,}. Check the disk; "
            f"{display(current())} is as it was."
        )


def open_to_readers(version: Path) -> None:
    """Everybody may read marts and audit; addresses and histories are for the owner alone."""
    for path in (home(), current().parent, version):
        path.chmod(0o755)
    for schema in OPEN_SCHEMAS:
        for path in [version / schema, *(version / schema).rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    (version / "manifest.json").chmod(0o644)


def write_views(counts: dict[str, int]) -> Path:
    """A DuckDB file that shows the published tables of the build, for a look inside."""
    path = build_folder() / "build.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name in counts:
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            connection.execute(f"create view {name} as from {built(name)}")
    return path
