"""Print the SQL that lets each role of a PostgreSQL warehouse read what it needs, and no more.

    python -m ops.roles | psql shop      # as the database's owner; again whenever tables change

builder     builds what decides: every column of the raw contract but protected attributes and birth
            dates, of which it sees the birthday and whether somebody is a minor
auditor     builds the audit: reads everything
analyst     reads what is published in schema marts
activation  reads what is published in schema activation

Models are built in schemas of the target's own (build_marts, …), which readers never see.

Who builds needs a role that is allowed no attribute, so that no model can read one by mistake: the
warehouse refuses it, whatever the proof of `make proof` overlooked.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from ops.dbt_vars import as_of_var, parse_vars
from ops.project import ROOT, UserError, contract_tables, project_vars

ROLES = ("builder", "auditor", "analyst", "activation")
# who reads what is published
READERS: dict[str, tuple[str, ...]] = {
    "marts": ("auditor", "analyst"),
    "audit": ("auditor",),
    "activation": ("auditor", "activation"),
}
# the protected side is the auditor's
AUDITOR_ONLY = ("protected", "audit")
PROTECTED_TABLE = "customer_attributes"
# the one relation that comes back from the audit: verdicts on promotions, not on people
EDGE = ("protected", "int_promotion_verdicts")
PROTECTED_COLUMNS = {("customers", "birth_date")}
VIEW = "customers_without_birth_date"


def allowed_columns(root: Path = ROOT) -> dict[str, list[str]]:
    """The columns of the raw contract that the builder may read, by table."""
    found = {}
    for table in contract_tables(project_vars()):
        path = root / "models" / "raw" / f"raw_{table}.yml"
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        names = [column["name"] for column in model["columns"]]
        if table != PROTECTED_TABLE:
            found[table] = [
                name
                for name in names
                if name != "unparsed_values" and (table, name) not in PROTECTED_COLUMNS
            ]
    return found


def schemas(root: Path = ROOT) -> list[str]:
    """The schemas that dbt builds into, and those that other commands fill."""
    project = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))

    def under(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "+schema":
                    yield value
                else:
                    yield from under(value)

    named = {*under(project["models"]), *under(project.get("seeds", {})), "history", "activation"}
    return sorted(named | set(AUDITOR_ONLY))


def statements(
    raw: str, as_of: str, minor_age: int, prefix: str = "build_", root: Path = ROOT
) -> Iterator[str]:
    """The script, statement by statement; the same again changes nothing."""
    for role in ROLES:
        yield (
            f"do $$ begin if to_regrole('{role}') is null then create role {role} nologin;"
            " end if; end $$"
        )
    yield (
        "do $$ begin execute format('revoke all on database %I from public', current_database());"
        f" execute format('grant connect on database %I to {', '.join(ROLES)}',"
        " current_database()); end $$"
    )
    yield "revoke all on schema public from public"
    built = {schema: f"{prefix}{schema}" for schema in schemas(root)}
    for schema in [raw, *built.values(), *READERS]:
        yield f"create schema if not exists {quoted(schema)}"
        yield f"revoke all on schema {quoted(schema)} from public, {', '.join(ROLES)}"
        yield f"revoke all on all tables in schema {quoted(schema)} from public"
    yield from _raw(raw, as_of, minor_age, root)
    for schema, name in built.items():
        yield from _built(name, "auditor" if schema in AUDITOR_ONLY else "builder")
    for schema, readers in READERS.items():
        yield from _published(schema, readers)
    edge = (built[EDGE[0]], EDGE[1])
    relation = ".".join(map(quoted, edge))
    yield (
        f"do $$ begin if to_regclass({text(relation)}) is not null then"
        f" grant usage on schema {quoted(edge[0])} to builder;"
        f" grant select on {relation} to builder; end if; end $$"
    )


def _raw(raw: str, as_of: str, minor_age: int, root: Path) -> Iterator[str]:
    """The delivered tables: column by column for the builder, whole for the auditor."""
    schema = quoted(raw)
    yield f"revoke all on all tables in schema {schema} from {', '.join(ROLES)}"
    yield f"grant usage on schema {schema} to builder, auditor"
    yield f"grant select on all tables in schema {schema} to auditor"
    allowed = allowed_columns(root)
    values = ", ".join(f"({text(t)}, {text(c)})" for t in allowed for c in allowed[t])
    # a column that the contract does not know, or that was not delivered, is granted to nobody
    yield f"""do $$
declare found record;
begin
    for found in
        select columns.table_name, string_agg(quote_ident(columns.column_name), ', ') as listed
        from information_schema.columns as columns
        inner join (values {values}) as allowed (table_name, column_name)
            on
                columns.table_name = allowed.table_name
                and columns.column_name = allowed.column_name
        where columns.table_schema = {text(raw)}
        group by columns.table_name
    loop
        execute format(
            'grant select (%s) on {schema.replace("%", "%%")}.%I to builder', found.listed,
            found.table_name
        );
    end loop;
end $$"""
    yield from _birthdays(raw, as_of, minor_age, allowed["customers"])


def _birthdays(raw: str, as_of: str, minor_age: int, columns: Sequence[str]) -> Iterator[str]:
    """Customers with birthday and minority in place of the birth date, as a view of the auditor's.

    The as-of day is the view's own: who could choose it would find every birth date by halving.
    """
    schema = quoted(raw)
    day = f"date {text(as_of)}" if as_of != "today" else "current_date"
    names = ", ".join(text(name) for name in columns)
    function = f"{schema}.plausible_birth_date"
    yield f"""create or replace function {function}(written text) returns date
language plpgsql stable as $$
begin
    return case
        when written::date between date '1900-01-01' and {day} then written::date
    end;
exception when data_exception then
    return null;
end $$"""
    yield f"revoke all on function {function}(text) from public"
    yield f"grant execute on function {function}(text) to builder, auditor"
    yield f"drop view if exists {schema}.{VIEW}"
    yield f"""do $$
declare listed text;
begin
    select string_agg(quote_ident(column_name), ', ' order by ordinal_position) into listed
    from information_schema.columns
    where table_schema = {text(raw)} and table_name = 'customers' and column_name in ({names});
    if exists (
        select 1 from information_schema.columns
        where
            table_schema = {text(raw)} and table_name = 'customers'
            and column_name = 'birth_date'
    ) then
        execute format($view$
            create view {schema.replace("%", "%%")}.{VIEW} with (security_barrier) as
            select
                %s,
                to_char({function}(birth_date::text), 'MM-DD') as birth_month_day,
                {function}(birth_date::text) > {day} - interval '{minor_age} years' as is_minor
            from {schema.replace("%", "%%")}.customers
        $view$, listed);
        alter view {schema}.{VIEW} owner to auditor;
        grant select on {schema}.{VIEW} to builder;
    end if;
end $$"""


def _built(schema: str, owner: str) -> Iterator[str]:
    """A schema that dbt builds into: who writes it, and that only the auditor reads it besides."""
    name = quoted(schema)
    yield f"revoke all on all tables in schema {name} from {', '.join(ROLES)}"
    yield f"grant usage, create on schema {name} to {owner}"
    yield f"grant all on all tables in schema {name} to {owner}"
    if owner != "auditor":
        yield from _readable(name, owner, "auditor")


def _published(schema: str, readers: Sequence[str]) -> Iterator[str]:
    """A schema that readers see: what is in it, and what the next publication brings."""
    name = quoted(schema)
    yield f"revoke all on all tables in schema {name} from {', '.join(ROLES)}"
    for role in readers:
        yield from _readable(name, None, role)


def _readable(name: str, owner: str | None, role: str) -> Iterator[str]:
    """Let a role read a schema, with what its owner will make there."""
    yield f"grant usage on schema {name} to {role}"
    yield f"grant select on all tables in schema {name} to {role}"
    if owner:
        yield (
            f"alter default privileges for role {owner} in schema {name}"
            f" grant select on tables to {role}"
        )


def quoted(name: str) -> str:
    """A name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as a literal."""
    return "'" + value.replace("'", "''") + "'"


def main(argv: Sequence[str] | None = None) -> int:
    """Print the script, and turn what a person can mend into one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m ops.roles", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--as-of", default="today", metavar="DATE",
        help="the day on which somebody is a minor or not, YYYY-MM-DD or today (the server's)",
    )  # fmt: skip
    parser.add_argument("--vars", default="", metavar="YAML", help="dbt vars, '{name: value}'")
    parser.add_argument(
        "--schema", default="build", help="the schema of the target in profiles.yml"
    )
    arguments = parser.parse_args(argv)
    try:
        variables = {**project_vars(), **parse_vars(arguments.vars, project_vars())}
        as_of = as_of_var(arguments.as_of)
    except UserError as error:
        print(f"roles: {error}", file=sys.stderr)
        return 2
    raw, minor_age = str(variables["raw_schema"]), int(variables["minor_age_years"])
    script = statements(raw, as_of, minor_age, f"{arguments.schema}_")
    print("\n".join(f"{statement};" for statement in script))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
