"""Publish on PostgreSQL: copy, count, hand on the rights, swap all schemas in one transaction.

Readers never see half a build: the marts of a build that passed every test are copied into schemas
of their own and counted there, get the rights that the published ones have, and take their names in
one transaction that waits until nobody is reading. What was published before is kept in schemas
before_1_marts, before_1_audit and so on, which only their owner may read.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from hashlib import md5
from typing import Any

import psycopg
from psycopg import sql

from ops import runs, versions
from ops.manifest import COLUMN_TYPES, Publication, git_revision, project_version, version_of
from ops.project import BUSY, FAULT, UserError, suggestion
from ops.roles import READERS
from ops.rollback import PERMISSIONS
from ops.runs import Run

Connection = psycopg.Connection[tuple[Any, ...]]
Edit = Callable[[str, str, sql.Composable], sql.Composable]

SCHEMAS = ("marts", "audit", "activation")
KEPT_SCHEMAS = ("marts", "audit")  # of what tools may know, only the last is kept
HISTORY_BEFORE = "history_before"  # as they were before a build that is not published yet
SWAP_SECONDS = 60  # in which a moment without readers is sought
PUBLIC = "public"
RUNS = runs.TABLE.split(".")[1]


@dataclass(frozen=True)
class Right:
    """A privilege that a role has on a relation, or on some columns of it."""

    privilege: str
    role: str
    column: str | None = None

    def grant(self, connection: Connection, place: sql.Composable, columns: set[str]) -> None:
        """Give it again, unless its column is gone."""
        if self.column is not None and self.column not in columns:
            return
        where = sql.SQL(" ({})").format(sql.Identifier(self.column)) if self.column else sql.SQL("")
        role = sql.SQL("public") if self.role == PUBLIC else sql.Identifier(self.role)
        statement = sql.SQL("grant {}{} on {} to {}")
        privilege = sql.SQL(self.privilege)
        connection.execute(statement.format(privilege, where, place, role))


def rights_of(connection: Connection, schema: str, table: str) -> list[Right]:
    """The rights that others than the owner have on a relation."""
    rows = connection.execute(
        """
        select rights.privilege_type, coalesce(roles.rolname, 'public'), null
        from pg_class as relations
        inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
        cross join aclexplode(relations.relacl) as rights
        left join pg_roles as roles on rights.grantee = roles.oid
        where schemas.nspname = %(schema)s and relations.relname = %(table)s
            and rights.grantee != relations.relowner
        union all
        select rights.privilege_type, coalesce(roles.rolname, 'public'), columns.attname
        from pg_class as relations
        inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
        inner join pg_attribute as columns on relations.oid = columns.attrelid
        cross join aclexplode(columns.attacl) as rights
        left join pg_roles as roles on rights.grantee = roles.oid
        where schemas.nspname = %(schema)s and relations.relname = %(table)s
            and rights.grantee != relations.relowner and not columns.attisdropped
        """,
        {"schema": schema, "table": table},
    ).fetchall()
    return [Right(*row) for row in rows]


def is_published(connection: Connection) -> bool:
    """Whether readers see anything."""
    found = connection.execute("select to_regclass('audit.publication') is not null").fetchone()
    return bool(found and found[0])


def publish(connection: Connection, prefix: str, run: Run) -> dict[str, int]:
    """Let readers see the marts of a build that passed every test; rows by table."""
    at = runs.now()
    publication = Publication(
        version=version_of(at),
        previous_version=published_value(connection, "version"),
        run_id=run.run_id,
        project_version=project_version(),
        git_revision=git_revision(),
        as_of_date=run.as_of_date,
        built_at=at,
        published_at=at,
        forgotten_count=forgotten_count(connection, prefix),
    )
    counts = prepare(connection, prefix, SCHEMAS, publication, run)
    if not counts:
        raise UserError(f"Schema {prefix}marts has no marts to publish. Run make build.")
    swap(connection, SCHEMAS, histories_stand(prefix))
    run.version = publication.version
    run.end("published")
    forget_in_versions(connection, prefix)
    return counts


def forgotten_count(connection: Connection, prefix: str) -> int:
    """How many people are forgotten."""
    place = sql.Identifier(f"{prefix}protected_history", "stg_erasure_tombstones")
    row = connection.execute(sql.SQL("select count(*) from {}").format(place)).fetchone()
    return int(row[0]) if row else 0


def histories_stand(prefix: str) -> list[sql.Composed]:
    """What the build decided is history from now on: no next one goes back to what was before."""
    before = sql.Identifier(f"{prefix}{HISTORY_BEFORE}")
    return [sql.SQL("drop schema if exists {} cascade").format(before)]


def published_value(connection: Connection, column: str) -> str | None:
    """What the manifest says that readers see; None where nothing is published."""
    if not is_published(connection):
        return None
    query = sql.SQL("select {} from audit.publication").format(sql.Identifier(column))
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def prepare(
    connection: Connection,
    prefix: str,
    schemas: Iterable[str],
    publication: Publication,
    run: Run,
    edit: Edit | None = None,
) -> dict[str, int]:
    """Copy schemas beside the published ones, count and compare there, and hand on the rights."""
    contents: dict[str, tuple[int, str]] = {}
    with connection.transaction():
        for schema in schemas:
            following = sql.Identifier(f"next_{schema}")
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(following))
            connection.execute(sql.SQL("create schema {}").format(following))
            for table in relations(connection, f"{prefix}{schema}"):
                if schema == "audit" and table in ("publication", "published_tables", RUNS):
                    continue
                source = sql.Identifier(f"{prefix}{schema}", table)
                query: sql.Composable = sql.SQL("select * from {}").format(source)
                if edit:
                    query = edit(schema, table, query)
                place = sql.Identifier(f"next_{schema}", table)
                connection.execute(sql.SQL("create table {} as {}").format(place, query))
                contents[f"{schema}.{table}"] = content(connection, sql.SQL("{}").format(place))
                wanted = content(connection, sql.SQL("({})").format(query))
                if contents[f"{schema}.{table}"] != wanted:
                    raise UserError(
                        f"Table {schema}.{table} does not hold what was copied into it. Check the "
                        "server's disk; what readers see is as it was.",
                        "damaged copy",
                        FAULT,
                    )
        if contents:
            write_manifest(connection, publication, contents)
            write_runs(connection, run.as_published(publication.version, publication.published_at))
        for schema in schemas:
            hand_on_rights(connection, schema)
    for schema in schemas:
        for table in relations(connection, f"next_{schema}"):
            place = sql.Identifier(f"next_{schema}", table)
            connection.execute(sql.SQL("analyze {}").format(place))
    return {name: count for name, (count, _) in contents.items()}


def relations(connection: Connection, schema: str) -> list[str]:
    """The names of a schema's tables and views."""
    rows = connection.execute(
        "select relname from pg_class as relations"
        " inner join pg_namespace as schemas on relations.relnamespace = schemas.oid"
        " where nspname = %s and relkind in ('r', 'p', 'v', 'm') order by 1",
        [schema],
    ).fetchall()
    return [name for (name,) in rows]


def content(connection: Connection, rows: sql.Composable) -> tuple[int, str]:
    """Count of some rows, and a hash that does not depend on their order."""
    half = "coalesce(sum(('x' || substr(row_hash, {}, 16))::bit(64)::bigint::numeric), 0)"
    query = sql.SQL(
        "select count(*), " + half.format(1) + ", " + half.format(17)
        + " from (select md5(published::text) as row_hash from {} as published) as hashed"
    ).format(rows)  # fmt: skip
    count, *sums = connection.execute(query).fetchone() or (0, 0, 0)
    return int(count), md5(f"{count} {sums[0]} {sums[1]}".encode()).hexdigest()


def write_manifest(
    connection: Connection, publication: Publication, contents: dict[str, tuple[int, str]]
) -> None:
    """What is published, as two tables of schema audit."""
    names = [column.name for column in fields(Publication)]
    create(connection, "publication", {name: COLUMN_TYPES.get(name, "text") for name in names})
    insert(connection, "publication", [tuple(asdict(publication).values())])
    columns = {"table_name": "text", "row_count": "bigint", "content_hash": "text"}
    create(connection, "published_tables", columns)
    insert(connection, "published_tables", [(name, *contents[name]) for name in sorted(contents)])


def write_runs(connection: Connection, current: Run) -> None:
    """The runs that were published before, those known here, and the one that publishes now."""
    columns = {name: kind.replace("varchar", "text") for name, kind in runs.COLUMNS.items()}
    create(connection, RUNS, columns)
    rows = [row for row in runs.finished() if row["target"] == current.target]
    if connection.execute("select to_regclass(%s)", [runs.TABLE]).fetchone() != (None,):
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        connection.execute(
            sql.SQL("insert into next_audit.run_history ({}) select {} from audit.run_history"
                    ).format(listed, listed)
        )  # fmt: skip
    known = {
        row[0]
        for row in connection.execute("select started_at from next_audit.run_history").fetchall()
    }
    rows = [row for row in rows if datetime.fromisoformat(row["started_at"]) not in known] + [
        current.row()
    ]
    insert(connection, RUNS, [tuple(row[name] for name in columns) for row in rows])


def create(connection: Connection, table: str, columns: dict[str, str]) -> None:
    """A table of next_audit."""
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, kind in columns.items()
    )
    place = sql.Identifier("next_audit", table)
    connection.execute(sql.SQL("create table {} ({})").format(place, listed))


def insert(connection: Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Rows into a table of next_audit."""
    if rows:
        marks = sql.SQL(", ").join(sql.Placeholder() * len(rows[0]))
        place = sql.Identifier("next_audit", table)
        statement = sql.SQL("insert into {} values ({})").format(place, marks)
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)


def hand_on_rights(connection: Connection, schema: str) -> None:
    """What roles may do with the published schema, its tables and their rows, they still may."""
    following = f"next_{schema}"
    rows = connection.execute(
        "select rights.privilege_type, coalesce(roles.rolname, 'public') from pg_namespace"
        " cross join aclexplode(nspacl) as rights left join pg_roles as roles"
        " on rights.grantee = roles.oid where nspname = %s and rights.grantee != nspowner",
        [schema],
    ).fetchall()
    place: sql.Composable = sql.SQL("schema {}").format(sql.Identifier(following))
    roles = connection.execute(
        "select rolname from pg_roles where rolname = any(%s)", [list(READERS[schema])]
    ).fetchall()
    readers = [role for (role,) in roles]
    for right in [Right(*row) for row in rows] + [Right("usage", role) for role in readers]:
        right.grant(connection, place, set())
    for table in relations(connection, following):
        place = sql.Identifier(following, table)
        columns = set(columns_of(connection, place))
        is_known = connection.execute(
            "select to_regclass(%s) is not null",
            [sql.Identifier(schema, table).as_string(connection)],
        ).fetchone() == (True,)
        rights = rights_of(connection, schema, table)
        if not is_known:
            rights = [Right("select", role) for role in readers]
        for right in rights:
            right.grant(connection, place, columns)
        hand_on_policies(connection, schema, table)


def hand_on_policies(connection: Connection, schema: str, table: str) -> None:
    """Whoever sees only some rows of the published table sees only those of the new one."""
    following = sql.Identifier(f"next_{schema}", table)
    policies = connection.execute(
        "select policyname, permissive, roles::text[], cmd, qual, with_check from pg_policies"
        " where schemaname = %s and tablename = %s",
        [schema, table],
    ).fetchall()
    for name, permissive, roles, command, using, check in policies:
        granted = sql.SQL(", ").join(
            sql.SQL("public") if role == PUBLIC else sql.Identifier(role) for role in roles
        )
        statement = sql.SQL("create policy {} on {} as {} for {} to {}").format(
            sql.Identifier(name), following, sql.SQL(permissive), sql.SQL(command), granted
        )
        if using:
            statement += sql.SQL(f" using ({using})")
        if check:
            statement += sql.SQL(f" with check ({check})")
        connection.execute(statement)
    row = connection.execute(
        "select relrowsecurity from pg_class where oid = to_regclass(%s)",
        [sql.Identifier(schema, table).as_string(connection)],
    ).fetchone()
    if row and row[0]:
        connection.execute(sql.SQL("alter table {} enable row level security").format(following))


def swap(
    connection: Connection, schemas: Iterable[str], after: Iterable[sql.Composed] = ()
) -> None:
    """Give the prepared schemas the published names, at a moment in which nobody reads them.

    No statement may find one table of the old version and another of the new, so all are locked
    first. We wait for the first alone: whoever waits while holding another could block a reader who
    waits for that one, and the server would send one of the two away.
    """
    schemas = list(schemas)
    until = time.monotonic() + SWAP_SECONDS
    while True:
        try:
            with connection.transaction():
                connection.execute(b"set local lock_timeout = '500ms'")
                published = [
                    sql.Identifier(schema, table)
                    for schema in schemas
                    for table in relations(connection, schema)
                ]
                lock = "lock table {} in access exclusive mode"
                if published:
                    connection.execute(sql.SQL(lock).format(published[0]))
                    others = sql.SQL(", ").join(published)
                    connection.execute(sql.SQL(lock + " nowait").format(others))
                for statement in [*_names(connection, schemas), *after]:
                    connection.execute(statement)
            return
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > until:
                raise UserError(
                    "What is published could not be replaced, for somebody reads it without a "
                    f"pause: {readers_now(connection, schemas)}. End that session (select "
                    "pg_terminate_backend(pid)), then run make build again; what readers see is as "
                    "it was.",
                    "locked by a reader",
                    BUSY,
                ) from None
            time.sleep(random.uniform(0.02, 0.2))


def _names(connection: Connection, schemas: list[str]) -> Iterator[sql.Composed]:
    """The old versions move up by one, the oldest goes, the published one becomes the newest."""
    present = {
        name for (name,) in connection.execute("select nspname from pg_namespace").fetchall()
    }
    rename = sql.SQL("alter schema {} rename to {}")
    number = versions.number_kept()
    for schema in schemas:
        held = sorted(
            (int(name.split("_")[1]) for name in present
             if name.startswith("before_") and name.split("_", 2)[2:] == [schema]
             and name.split("_")[1].isdecimal()),
            reverse=True,
        )  # fmt: skip
        is_kept = schema in KEPT_SCHEMAS
        for place in held:
            name = sql.Identifier(f"before_{place}_{schema}")
            if place >= number or not is_kept:
                yield sql.SQL("drop schema {} cascade").format(name)
            else:
                yield rename.format(name, sql.Identifier(f"before_{place + 1}_{schema}"))
        if schema in present:
            name = sql.Identifier(schema)
            if is_kept and number:
                kept = sql.Identifier(f"before_1_{schema}")
                yield rename.format(name, kept)
                for role in _readers(connection, schema):
                    yield sql.SQL("revoke all on schema {} from {}").format(kept, role)
            else:
                yield sql.SQL("drop schema {} cascade").format(name)
        yield rename.format(sql.Identifier(f"next_{schema}"), sql.Identifier(schema))


def _readers(connection: Connection, schema: str) -> list[sql.Composable]:
    """Who else than the owner has a right on a schema."""
    rows = connection.execute(
        "select distinct coalesce(roles.rolname, 'public') from pg_namespace"
        " cross join aclexplode(nspacl) as rights left join pg_roles as roles"
        " on rights.grantee = roles.oid where nspname = %s and rights.grantee != nspowner",
        [schema],
    ).fetchall()
    return [sql.SQL("public") if role == PUBLIC else sql.Identifier(role) for (role,) in rows]


def readers_now(connection: Connection, schemas: list[str]) -> str:
    """Which sessions hold a published table."""
    rows = connection.execute(
        "select distinct activity.pid, activity.usename, coalesce(activity.application_name, ''),"
        " to_char(activity.xact_start, 'HH24:MI:SS') from pg_locks as locks"
        " inner join pg_class as relations on locks.relation = relations.oid"
        " inner join pg_namespace as schemas on relations.relnamespace = schemas.oid"
        " inner join pg_stat_activity as activity on locks.pid = activity.pid"
        " where nspname = any(%s) and locks.granted and locks.pid != pg_backend_pid()",
        [schemas],
    ).fetchall()
    return (
        "who, is not known any more"
        if not rows
        else "; ".join(
            f"session {pid} of user {user}{f' ({name})' if name else ''}, since {since} UTC"
            for pid, user, name, since in rows
        )
    )


def forget_in_versions(connection: Connection, prefix: str) -> None:
    """Take whoever is forgotten by now out of what was published before."""
    rows = connection.execute(
        "select nspname, relname from pg_attribute as columns"
        " inner join pg_class as relations on columns.attrelid = relations.oid"
        " inner join pg_namespace as schemas on relations.relnamespace = schemas.oid"
        " where nspname ~ '^before_[0-9]+_' and relkind = 'r' and attname = 'customer_id'"
        " and not attisdropped order by 1, 2",
    ).fetchall()
    for names in rows:
        place = sql.Identifier(*names)
        is_forgotten = forgotten(prefix, place)
        statement = sql.SQL("delete from {} where customer_id in ({})")
        connection.execute(statement.format(place, is_forgotten))


def forgotten(prefix: str, rows: sql.Composable) -> sql.Composable:
    """The forgotten among the customer ids of some rows, as a query; each id is hashed once."""
    return sql.SQL(
        "select ids.customer_id from (select distinct customer_id from {rows} as listed"
        " where exists (select 1 from {tombstones})) as ids"
        " cross join {salts} as salts inner join {tombstones} as tombstones"
        " on tombstones.customer_hash = encode(sha256(convert_to(salts.salt || '|' ||"
        " encode(sha256(convert_to(ids.customer_id, 'UTF8')), 'hex'), 'UTF8')), 'hex')"
    ).format(
        rows=rows,
        tombstones=sql.Identifier(f"{prefix}protected_history", "stg_erasure_tombstones"),
        salts=sql.Identifier(f"{prefix}protected_history", "stg_erasure_salt"),
    )


def rollback(connection: Connection, prefix: str, wanted: str, run: Run) -> str:
    """Let readers see a kept version again, without whoever is forgotten; its name."""
    kept = kept_versions(connection)
    names = ", ".join(kept) or "none"
    version = wanted or published_value(connection, "previous_version")
    if not version or (not wanted and version not in kept):
        raise UserError(f"There is no version before. Kept are: {names}.")
    if version not in kept:
        raise UserError(
            f"Version {version!r} is not kept, only: {names}.{suggestion(version, kept)} Give one "
            "of them as VERSION."
        )
    place = f"before_{kept[version]}_"
    query = sql.SQL("select * from {}").format(sql.Identifier(f"{place}audit", "publication"))
    row = connection.execute(query).fetchone() or ()
    values = dict(zip((column.name for column in fields(Publication)), row, strict=True))
    publication = replace(
        Publication(**values),
        published_at=runs.now(),
        forgotten_count=forgotten_count(connection, prefix),
    )
    run.as_of_date = values["as_of_date"] and str(values["as_of_date"])
    prepare(connection, place, KEPT_SCHEMAS, publication, run, narrowed(connection, prefix, place))
    swap(connection, KEPT_SCHEMAS)
    run.version = version
    run.end("published")
    return version


def kept_versions(connection: Connection) -> dict[str, int]:
    """The kept versions, newest first, and the number of their schemas."""
    rows = connection.execute(
        "select nspname from pg_namespace where nspname ~ '^before_[0-9]+_audit$'"
    ).fetchall()
    found: dict[str, int] = {}
    for number in sorted(int(name.split("_")[1]) for (name,) in rows):
        place = sql.Identifier(f"before_{number}_audit", "publication")
        row = connection.execute(sql.SQL("select version from {}").format(place)).fetchone()
        if row and row[0] != published_value(connection, "version"):
            found.setdefault(str(row[0]), number)
    return found


def columns_of(connection: Connection, place: sql.Identifier) -> dict[str, str]:
    """The columns of a relation in their order, with their types; {} where there is none."""
    rows = connection.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [place.as_string(connection)],
    ).fetchall()
    return {str(name): str(kind) for name, kind in rows}


def narrowed(connection: Connection, prefix: str, kept: str) -> Edit:
    """A kept version without who is forgotten, and with no permission that is not there now."""

    def edit(schema: str, table: str, query: sql.Composable) -> sql.Composable:
        columns = columns_of(connection, sql.Identifier(f"{kept}{schema}", table))
        column, keys = PERMISSIONS.get(f"{schema}.{table}", ("", []))
        allowed: sql.Composable = sql.SQL("false")
        if column in columns_of(connection, sql.Identifier(schema, table)):
            same = sql.SQL(" and ").join(
                sql.SQL("present.{key} = kept.{key}").format(key=sql.Identifier(key))
                for key in keys
            )
            allowed = sql.SQL(
                "exists (select 1 from {} as present where present.{} and {})"
            ).format(sql.Identifier(schema, table), sql.Identifier(column), same)
        values = []
        for name in columns:
            value: sql.Composable = sql.SQL("kept.{}").format(sql.Identifier(name))
            permission = sql.SQL("kept.{}").format(sql.Identifier(column))
            if name == column:
                value = sql.SQL("{} and {}").format(value, allowed)
            elif name == "reason" and column in columns:
                lost = "case when {} and not {} then 'rolled_back' else {} end"
                value = sql.SQL(lost).format(permission, allowed, value)
            values.append(sql.SQL("{} as {}").format(value, sql.Identifier(name)))
        edited = sql.SQL("select {} from ({}) as kept").format(sql.SQL(", ").join(values), query)
        if "customer_id" not in columns:
            return edited
        rows = sql.Identifier(f"{kept}{schema}", table)
        only = sql.SQL("{} where kept.customer_id is null or kept.customer_id not in ({})")
        return only.format(edited, forgotten(prefix, rows))

    return edit
