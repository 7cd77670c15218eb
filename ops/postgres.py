"""`make build TARGET=postgres`: the same models on a PostgreSQL server.

Files of RAW=, and the demo's, are loaded first. dbt runs twice, for PostgreSQL has no Python
models: first what lifetime value is fitted on, then the rest and every test. Models stand in
schemas of their own (build_marts, …); only a build without a fault becomes what readers see in
marts, audit and activation (ops/postgres_publish.py). What a build that was not published wrote
into the histories is undone before the next; who asked to be forgotten stays forgotten.
"""

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from ops import build as command
from ops import dbt_run, delivery, postgres_publish, roles, runs, summary, validate
from ops.fit import COLUMNS, Row, fit_groups
from ops.project import BUSY, FAULT, ROOT, UserError, contract_tables, project_vars
from ops.publish import PUBLISHED_SCHEMAS
from ops.runs import Run
from ops.tombstones import literal

Connection = psycopg.Connection[tuple[Any, ...]]

# every builder of a database asks for it; the number says nothing
LOCK = 7_305_118_042
PATIENCE_SECONDS = 5  # in which the server notices that whoever held the lock is gone
DEMO_SEEDS = "path:seeds/demo"
DEMO_MARK = "of the demo shop"
PASSED = "passed every test: "
HISTORIES = ("history", "protected_history")

# as PostgreSQL's format_type names them
TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20,0)",
    "HUGEINT": "numeric(39,0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP_S": "timestamp without time zone",
    "TIMESTAMP_MS": "timestamp without time zone",
    "TIMESTAMP_NS": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}

SUMMARY_TYPES = {
    "parameter_group": "varchar",
    "repeat_count": "bigint",
    "clv_recency_days": "bigint",
    "clv_age_days": "bigint",
    "repeat_amount": "decimal(38, 10)",
    "as_of_date": "date",
}
DUCKDB_TYPES = {"numeric": "decimal(38, 10)", "text": "varchar"}


def build(
    started: Run,
    variables: dict[str, Any],
    settings: dict[str, Any],
    with_publish: bool,
    with_unit_tests: bool,
) -> int:
    """Build into schemas of its own; only a build without a fault is published."""
    prefix = prefix_of(settings)
    if code := validate.check_delivery(variables):
        started.end("failed", "delivery gate")
        return code
    with connect(settings) as connection, alone(connection, settings):
        is_demo = bool({**project_vars(), **variables}["demo_shop"])
        forget_that_it_passed(connection, prefix)
        begin_histories(connection, prefix, is_demo)
        variables = deliver(connection, prefix, variables, is_demo)
        print(f"Building on PostgreSQL in schemas {prefix}…", flush=True)
        outcome = dbt_run.build_around_fit(
            variables,
            settings["name"],
            with_unit_tests,
            lambda: fit(connection, prefix),
            lambda query: first_rows(connection, query),
            [DEMO_SEEDS],
        )
        command.note(started, outcome)
        if not outcome.is_success:
            kept = "what readers see" if postgres_publish.is_published(connection) else ""
            return command.fail(started, outcome, kept, f"database {settings['dbname']}")
        rows_of = partial(build_rows, connection, prefix)
        runs.count_rows(started, rows_of)
        ((as_of,),) = rows_of("select cast(max(as_of_date) as text) from marts.customer_segments")
        started.as_of_date = as_of
        if with_publish:
            with tempfile.TemporaryDirectory() as work:
                path = Path(work) / "built.duckdb"
                copy_marts(connection, prefix, path)
                code = validate.check_publication(variables, started.run_id, path)
            if code:
                started.end("failed", "publication gate")
                return code
        remember(connection, prefix, started)
        if with_publish:
            postgres_publish.publish(connection, prefix, started)
        else:
            started.end("built")
        schemas = ", ".join(postgres_publish.SCHEMAS) if with_publish else f"{prefix}marts, …"
        where = f"schemas {schemas} of database {settings['dbname']}"
        command.report(started, variables, outcome, summary.summary_of(rows_of), where)
    return 0


def build_rows(connection: Connection, prefix: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query that names the schemas as readers do, from the build's own."""
    for schema in postgres_publish.SCHEMAS:
        query = query.replace(f" {schema}.", f" {prefix}{schema}.")
    return connection.execute(query.encode()).fetchall()


def publish_again(run: Run, settings: dict[str, Any]) -> int:
    """Publish the last build, if it passed and its tables are as they were then."""
    prefix = prefix_of(settings)
    with connect(settings) as connection, alone(connection, settings):
        mark = marks(connection, [f"{prefix}marts"]).get(f"{prefix}marts") or ""
        record = json.loads(mark.removeprefix(PASSED)) if mark.startswith(PASSED) else {}
        if record.get("tables") != stamp(connection, prefix):
            raise UserError(
                f"In schemas {prefix}… of database {settings['dbname']} there is no build that "
                "passed every test, or its tables were made anew since. Run make build "
                f"TARGET={settings['name']}."
            )
        run.run_id, run.as_of_date = record["run_id"], record["as_of_date"]
        runs.count_rows(run, partial(build_rows, connection, prefix))
        counts = postgres_publish.publish(connection, prefix, run)
    rows = sum(counts.values())
    print(f"Published {len(counts)} tables, {rows:,} rows: database {settings['dbname']}")
    return 0


def remember(connection: Connection, prefix: str, run: Run) -> None:
    """Note on the build that it passed, and which tables it was."""
    record = {
        "run_id": run.run_id,
        "as_of_date": run.as_of_date,
        "tables": stamp(connection, prefix),
    }
    schema = sql.Identifier(f"{prefix}marts")
    note = sql.Literal(f"{PASSED}{json.dumps(record)}")
    connection.execute(sql.SQL("comment on schema {} is {}").format(schema, note))


def forget_that_it_passed(connection: Connection, prefix: str) -> None:
    """What is built from now on has not."""
    for name in marks(connection, [f"{prefix}marts"]):
        statement = sql.SQL("comment on schema {} is null")
        connection.execute(statement.format(sql.Identifier(name)))


def stamp(connection: Connection, prefix: str) -> str:
    """What tells one state of a build's tables from another."""
    row = connection.execute(
        "select coalesce(md5(string_agg(schemas.nspname || relations.relname"
        " || pg_relation_filenode(relations.oid), ',' order by relations.oid)), '')"
        " from pg_class as relations inner join pg_namespace as schemas"
        " on relations.relnamespace = schemas.oid"
        " where schemas.nspname = any(%s) and relations.relkind = 'r'",
        [[f"{prefix}{schema}" for schema in postgres_publish.SCHEMAS]],
    ).fetchone()
    return str(row[0]) if row else ""


def marks(connection: Connection, schemas: list[str]) -> dict[str, str | None]:
    """What is noted on each of the schemas that exist."""
    return dict(
        connection.execute(
            "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace"
            " where nspname = any(%s)",
            [schemas],
        ).fetchall()
    )


def rollback(run: Run, settings: dict[str, Any], wanted: str) -> int:
    """Let readers see a version again that was published before."""
    with connect(settings) as connection, alone(connection, settings):
        version = postgres_publish.rollback(connection, prefix_of(settings), wanted, run)
    print(
        f"Readers see version {version} again, as of {run.as_of_date}. What tools may know is "
        "still that of the last night: docs/publishing.md says why."
    )
    return 0


def prefix_of(settings: Mapping[str, Any]) -> str:
    """What the names of the build's schemas begin with, as macro generate_schema_name has it."""
    schema = str(settings["schema"])
    if schema in ("main", "public", "default"):
        raise UserError(
            f"Target {settings['name']} builds into schema {schema}, so that its models would "
            "stand where readers look. Give it one of its own in profiles.yml, like schema: build."
        )
    return f"{schema}_"


@contextlib.contextmanager
def connect(settings: Mapping[str, Any]) -> Iterator[Connection]:
    """A connection that commits each statement; faults of the server are told in words."""
    place = f"{settings['host']}:{settings['port']}, database {settings['dbname']}"
    try:
        connection = psycopg.connect(
            host=settings["host"],
            port=settings["port"],
            dbname=settings["dbname"],
            user=settings["user"],
            password=settings.get("password") or settings.get("pass"),
            connect_timeout=int(settings.get("connect_timeout", 10)),
            autocommit=True,
            application_name="lifetime_segments",
            # whatever the session of a killed run is at, the server ends it within a second
            options="-c timezone=UTC -c client_connection_check_interval=1000",
        )
    except psycopg.OperationalError as error:
        raise UserError(
            f"PostgreSQL at {place} lets user {settings['user']} not in: {said(error)} Check the "
            "variables LIFETIME_POSTGRES_* that profiles.yml reads, and that the server runs.",
            "no connection",
        ) from error
    try:
        with connection:
            yield connection
    except psycopg.OperationalError as error:
        raise UserError(
            f"PostgreSQL at {place} failed: {said(error)} Look at the server, then try again.",
            "server failed",
            FAULT,
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise UserError(
            f"User {settings['user']} lacks a right in {place}: {said(error)} Build as the owner "
            "of the database.",
            "no permission",
        ) from error


def said(error: psycopg.Error) -> str:
    """What the server says and its hint, or the last line of what the client says, as sentences."""
    if error.diag.message_primary:
        told = [error.diag.message_primary, error.diag.message_hint or ""]
        return " ".join(f"{sentence.rstrip('.')}." for sentence in told if sentence)
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    return f"{lines[-1].removeprefix('FATAL:').strip().rstrip('.')}." if lines else "no reason."


@contextlib.contextmanager
def alone(connection: Connection, settings: Mapping[str, Any]) -> Iterator[None]:
    """Hold the database's lock, which ends with the connection; a second builder is sent away."""
    until = time.monotonic() + PATIENCE_SECONDS
    while connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone() != (True,):
        if time.monotonic() < until:
            time.sleep(0.2)
            continue
        holder = connection.execute(
            "select activity.pid, activity.usename, coalesce(host(activity.client_addr), 'there'),"
            " to_char(activity.backend_start, 'YYYY-MM-DD HH24:MI:SS') from pg_locks as locks"
            " inner join pg_stat_activity as activity on locks.pid = activity.pid where"
            " locks.locktype = 'advisory'"
            " and (locks.classid::bigint << 32) + locks.objid::bigint = %s and locks.granted",
            [LOCK],
        ).fetchone() or ("?", "?", "?", "?")
        raise UserError(
            f"Another run is at work in database {settings['dbname']}: session {holder[0]} of user "
            f"{holder[1]} from {holder[2]}, since {holder[3]} UTC. Nothing was touched; wait until "
            "it has ended.",
            "another run",
            BUSY,
        )
    try:
        yield
    finally:
        with contextlib.suppress(psycopg.Error):
            connection.execute("select pg_advisory_unlock(%s)", [LOCK])


def begin_histories(connection: Connection, prefix: str, is_demo: bool) -> None:
    """Start from the histories of what was published last; the demo and a shop keep apart."""
    with connection.transaction():
        names = [f"{prefix}{name}" for name in HISTORIES]
        before = f"{prefix}{postgres_publish.HISTORY_BEFORE}"
        if connection.execute("select 1 from pg_namespace where nspname = %s", [before]).fetchone():
            # salt and tombstones are not in it: a request may be in no later delivery
            for table in tables(connection, names[0]):
                drop = sql.SQL("drop table {}").format(sql.Identifier(names[0], table))
                connection.execute(drop)
            for table in tables(connection, before):
                place = sql.Identifier(before, table)
                move = sql.SQL("alter table {} set schema {}")
                connection.execute(move.format(place, sql.Identifier(names[0])))
        is_of_demo = DEMO_MARK in marks(connection, names).values()
        if is_demo and not is_of_demo and any(tables(connection, name) for name in names):
            raise UserError(
                f"Schema {names[0]} holds what a shop's own nights decided, and the demo would mix "
                "with it. Build the demo in another database: LIFETIME_POSTGRES_DATABASE."
            )
        for name in names:
            schema = sql.Identifier(name)
            if is_of_demo:
                connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
            connection.execute(sql.SQL("create schema if not exists {}").format(schema))
            mark = sql.Literal(DEMO_MARK if is_demo else None)
            connection.execute(sql.SQL("comment on schema {} is {}").format(schema, mark))
        kept = sql.Identifier(before)
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(kept))
        connection.execute(sql.SQL("create schema {}").format(kept))
        for table in tables(connection, names[0]):
            copy = sql.Identifier(before, table)
            source = sql.Identifier(names[0], table)
            connection.execute(sql.SQL("create table {} as table {}").format(copy, source))


def tables(connection: Connection, schema: str) -> list[str]:
    """The tables of a schema."""
    rows = connection.execute(
        "select tablename from pg_tables where schemaname = %s order by 1", [schema]
    ).fetchall()
    return [name for (name,) in rows]


def deliver(
    connection: Connection, prefix: str, variables: dict[str, Any], is_demo: bool
) -> dict[str, Any]:
    """Load the delivered files, or the demo's, into tables; the vars of a build that reads them."""
    if is_demo:
        places = {
            f"demo_{table}": str(ROOT / "seeds" / "demo" / f"demo_{table}.csv")
            for table in contract_tables(project_vars())
        }
        load(connection, f"{prefix}demo_raw", places, ",")
        return variables
    if not (files := delivery.raw_files(variables)):
        return variables
    merged = {**project_vars(), **variables}
    load(connection, str(merged["raw_schema"]), files, str(merged["raw_csv_delimiter"]))
    return {**variables, "raw_files": None, "raw_database": None}


def load(connection: Connection, schema: str, files: Mapping[str, str], delimiter: str) -> None:
    """Files as tables of a schema, all or none; who may read a table may do so afterwards."""
    with (
        connection.transaction(),
        duckdb.connect() as reader,
        tempfile.TemporaryDirectory() as work,
    ):
        reader.execute("set timezone = 'UTC'")
        made = sql.SQL("create schema if not exists {}").format(sql.Identifier(schema))
        connection.execute(made)
        for table, path in files.items():
            relation, options = delivery.relation(path, delimiter)
            described = reader.execute(f"describe from {relation}", options).fetchall()
            columns = {str(name): postgres_type(kind) for name, kind, *_ in described}
            place = sql.Identifier(schema, table)
            make_room(connection, schema, table, columns)
            # PostgreSQL has no character zero in a text
            values = ", ".join(
                f"replace({roles.quoted(name)}::varchar, chr(0), '')" if kind == "text"
                else roles.quoted(name)
                for name, kind in columns.items()
            )  # fmt: skip
            written = Path(work) / "table.csv"
            reader.execute(
                f"copy (select {values} from {relation}) to {literal(written)} "
                "(format csv, header false, force_quote *, nullstr '')",
                options,
            )
            fill(connection, place, written, table)
            connection.execute(sql.SQL("analyze {}").format(place))


def fill(connection: Connection, place: sql.Identifier, written: Path, table: str) -> None:
    """Copy a CSV file into a table."""
    statement = sql.SQL("copy {} from stdin (format csv)").format(place)
    try:
        with connection.cursor().copy(statement) as copy, written.open("rb") as file:
            while block := file.read(1 << 20):
                copy.write(block)
    except psycopg.DataError as error:
        raise UserError(
            f"Table {table} of the delivery holds a value that PostgreSQL cannot: "
            f"{error.diag.message_primary} ({error.diag.context}). Mend it, or deliver the column "
            "as text: what cannot be read then lands in quarantine.",
            "unreadable delivery",
        ) from error


def postgres_type(kind: str) -> str:
    """A DuckDB type as PostgreSQL's; what has no like there is loaded as text."""
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "numeric")
    return TYPES.get(kind, "text")


def make_room(connection: Connection, schema: str, table: str, columns: Mapping[str, str]) -> None:
    """An empty table with these columns; one that was there is emptied, and else made anew."""
    place = sql.Identifier(schema, table)
    if list(postgres_publish.columns_of(connection, place).items()) == list(columns.items()):
        connection.execute(sql.SQL("truncate {}").format(place))
        return
    rights = postgres_publish.rights_of(connection, schema, table)
    try:
        if table == "customers":
            view = sql.Identifier(schema, roles.VIEW)
            connection.execute(sql.SQL("drop view if exists {}").format(view))
        connection.execute(sql.SQL("drop table if exists {}").format(place))
    except psycopg.errors.DependentObjectsStillExist as error:
        raise UserError(
            f"Table {schema}.{table} comes with other columns than before, and something in the "
            f"database reads it: {error.diag.message_detail} Remove that, build, and make it again."
        ) from error
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, kind in columns.items()
    )
    connection.execute(sql.SQL("create table {} ({})").format(place, listed))
    for right in rights:
        right.grant(connection, place, set(columns))


def fit(connection: Connection, prefix: str) -> None:
    """Fit as the Python models do on DuckDB, and add the night's parameters where models look."""
    fitted: dict[tuple[str, Any], Row] = {}
    for name in dbt_run.SUMMARIES:
        query = sql.SQL("select {} from {}").format(
            sql.SQL(", ").join(map(sql.Identifier, SUMMARY_TYPES)),
            sql.Identifier(f"{prefix}intermediate", name),
        )
        with tempfile.TemporaryDirectory() as work, duckdb.connect() as reader:
            rows = copied(connection, query, SUMMARY_TYPES, Path(work) / "summary.csv")
            for row in fit_groups(reader.sql(rows)):
                if row["fitted_as_of"]:
                    fitted[row["parameter_group"], row["fitted_as_of"]] = row
    place = sql.Identifier(f"{prefix}policy", dbt_run.PARAMETERS)
    with connection.transaction():
        for (group, day), row in fitted.items():
            connection.execute(
                sql.SQL("delete from {} where parameter_group = %s and fitted_as_of = %s").format(
                    place
                ),
                [group, day],
            )
            marks = sql.SQL(", ").join(sql.Placeholder() * len(COLUMNS))
            names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
            connection.execute(
                sql.SQL("insert into {} ({}) values ({})").format(place, names, marks),
                [row[name] for name in COLUMNS],
            )


def copy_marts(connection: Connection, prefix: str, path: Path) -> None:
    """What is to be published as a DuckDB file, for the gate to look at."""
    with duckdb.connect(str(path)) as writer:
        for schema in PUBLISHED_SCHEMAS:
            writer.execute(f"create schema if not exists {schema}")
            for table in tables(connection, f"{prefix}{schema}"):
                place = sql.Identifier(f"{prefix}{schema}", table)
                columns = postgres_publish.columns_of(connection, place)
                types = {name: DUCKDB_TYPES.get(kind, kind) for name, kind in columns.items()}
                query = sql.SQL("select * from {}").format(place)
                rows = copied(connection, query, types, path.with_suffix(".csv"))
                writer.execute(f'create table {schema}."{table}" as {rows}')


def copied(
    connection: Connection, query: sql.Composed, types: Mapping[str, str], path: Path
) -> str:
    """A query's rows in a CSV file, and the query by which DuckDB reads them from there."""
    statement = sql.SQL("copy ({}) to stdout (format csv)").format(query)
    with connection.cursor().copy(statement) as copy, path.open("wb") as file:
        for block in copy:
            file.write(block)
    if not path.stat().st_size:  # no rows, and DuckDB asks for one
        nulls = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in types.items())
        return f"select {nulls} where false"
    return (
        f"from read_csv({literal(path)}, auto_detect = false, header = false, delim = ',', "
        f"quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
        f"max_line_size = 100000000, columns = {dict(types)})"
    )


def first_rows(connection: Connection, query: str) -> list[dict[str, Any]]:
    """The first rows that a test's query finds, if they can be had."""
    with contextlib.suppress(psycopg.Error):
        limited = f"select * from ({query}) as found limit {dbt_run.EXAMPLES}"
        cursor = connection.execute(limited.encode())
        names = [column.name for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return []
