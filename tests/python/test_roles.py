"""The roles of a PostgreSQL warehouse: who builds cannot read a protected attribute at all.

The demo's rows are loaded, the script of `python -m ops.roles` is run, and each role tries.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from postgres import Server
from psycopg import sql
from shop import CONTRACT, read_demo_shop

from ops.proof import Proof
from ops.roles import ROLES, main

AS_OF = "2026-06-30"
VIEW = "raw.customers_without_birth_date"


@pytest.fixture(scope="module")
def warehouse(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    """A database with the demo's tables as text in schema raw, and the roles of the script."""
    with postgres.connect() as owner:
        owner.execute("create database roles")
    with postgres.connect("roles") as connection:
        connection.execute("create schema raw")
        for table, rows in read_demo_shop().items():
            columns = sql.SQL(", ").join(
                sql.SQL("{} text").format(sql.Identifier(name)) for name in rows.columns
            )
            name = sql.Identifier("raw", table)
            connection.execute(sql.SQL("create table {} ({})").format(name, columns))
            with connection.cursor().copy(sql.SQL("copy {} from stdin").format(name)) as copy:
                for row in rows.itertuples(index=False):
                    copy.write_row([value or None for value in row])
        # a column that is no part of the contract
        connection.execute("alter table raw.customers add column gender text")
        run(connection, script())
        yield connection


def script() -> str:
    """What the command prints."""
    printed: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.print", lambda *words: printed.append(" ".join(words)))
        assert main(["--as-of", AS_OF]) == 0
    return "\n".join(printed)


def run(connection: psycopg.Connection[Any], text: str) -> list[tuple[Any, ...]]:
    """Statements that this file or the project wrote."""
    cursor = connection.execute(text)
    return cursor.fetchall() if cursor.description else []


def as_role(connection: psycopg.Connection[Any], role: str, text: str) -> list[tuple[Any, ...]]:
    """The answer that a role gets."""
    run(connection, f"set role {role}")
    try:
        return run(connection, text)
    finally:
        run(connection, "reset role")


def is_denied(connection: psycopg.Connection[Any], role: str, text: str) -> bool:
    """Whether a role is sent away."""
    try:
        as_role(connection, role, text)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


@pytest.mark.parametrize(
    "query",
    [
        "select value from raw.customer_attributes",
        "select customer_id from raw.customer_attributes",
        "select * from raw.customer_attributes",
        "select count(*) from raw.customer_attributes",
        "select 1 where exists (select 1 from raw.customer_attributes)",
        "select birth_date from raw.customers",
        "select * from raw.customers",
        "select gender from raw.customers",
        "select count(*) from raw.customers where birth_date < '1980'",
        "select customer_id from raw.customers order by birth_date",
        "select birth_date from raw.customers_without_birth_date",
        "create table build_protected.stg_customer_attributes (value text)",
        "select plausible_birth_date from raw.customers",
        "create or replace view raw.customers_without_birth_date as select 1 as a",
        "create table raw.copy (a int)",
    ],
)
def test_who_builds_is_denied(query: str, warehouse: psycopg.Connection[Any]) -> None:
    if query.startswith("select birth_date from raw.customers_"):
        with pytest.raises(psycopg.errors.UndefinedColumn):
            as_role(warehouse, "builder", query)
    elif "plausible" in query:
        with pytest.raises((psycopg.errors.UndefinedColumn, psycopg.errors.InsufficientPrivilege)):
            as_role(warehouse, "builder", query)
    else:
        assert is_denied(warehouse, "builder", query)


def test_the_catalogue_says_the_same(warehouse: psycopg.Connection[Any]) -> None:
    held = run(
        warehouse,
        "select has_table_privilege('builder', 'raw.customer_attributes', 'select'),"
        " has_any_column_privilege('builder', 'raw.customer_attributes', 'select'),"
        " has_column_privilege('builder', 'raw.customers', 'birth_date', 'select'),"
        " has_column_privilege('builder', 'raw.customers', 'gender', 'select'),"
        " has_schema_privilege('builder', 'build_protected', 'usage'),"
        " has_schema_privilege('public', 'raw', 'usage'),"
        " has_schema_privilege('public', 'public', 'usage'),"
        " pg_has_role('builder', 'auditor', 'member')",
    )
    assert held == [(False,) * 8]
    assert run(warehouse, "select has_column_privilege('builder', 'raw.customers', 'email', "
               "'select')") == [(True,)]  # fmt: skip


def test_who_builds_may_read_all_that_decisions_read(
    proven: Proof, warehouse: psycopg.Connection[Any]
) -> None:
    """Where both proofs meet: the compiled models need no column that the warehouse withholds."""
    wanted = proven.report.raw_columns
    assert ("orders", "gross_amount") in wanted
    assert ("customers", "birth_date") in wanted
    assert not [column for table, column in wanted if table == "customer_attributes"]
    for table, column in sorted(wanted - {("customers", "birth_date")}):
        assert column in CONTRACT[table]
        as_role(warehouse, "builder", f'select "{column}" from raw."{table}" limit 1')
    as_role(warehouse, "builder", f"select birth_month_day, is_minor from {VIEW} limit 1")


def test_the_view_has_birthday_and_minority_and_no_more(
    warehouse: psycopg.Connection[Any],
) -> None:
    born = {row["customer_id"]: row["birth_date"] for _, row in
            read_demo_shop()["customers"].iterrows()}  # fmt: skip
    rows = as_role(
        warehouse, "builder", f"select customer_id, birth_month_day, is_minor from {VIEW}"
    )
    assert len(rows) == len(read_demo_shop()["customers"])
    seen = {customer: (day, is_minor) for customer, day, is_minor in rows}
    of_age = next(name for name, day in born.items() if day == "2008-06-30")
    minor = next(name for name, day in born.items() if day == "2008-07-01")
    unreadable = next(name for name, day in born.items() if day == "1990-02-30")
    leap = next(name for name, day in born.items() if day == "1996-02-29")
    assert seen[of_age] == ("06-30", False)
    assert seen[minor] == ("07-01", True)
    assert seen[unreadable] == (None, None)
    assert seen[leap] == ("02-29", False)
    owner, options = run(
        warehouse,
        "select pg_get_userbyid(relowner), reloptions from pg_class"
        f" where oid = '{VIEW}'::regclass",
    )[0]
    assert owner == "auditor"
    assert options == ["security_barrier=true"]


def test_the_others_read_their_own_schema(warehouse: psycopg.Connection[Any]) -> None:
    for schema in ("intermediate", "marts", "activation"):
        as_role(warehouse, "builder", f"create table build_{schema}.built as select 1 as a")
    as_role(warehouse, "auditor", "create table build_audit.built as select 1 as a")
    for schema in ("marts", "audit", "activation"):
        run(warehouse, f"create table {schema}.published as select 1 as a")
    run(warehouse, script())
    as_role(warehouse, "auditor", "select value, birth_date from raw.customer_attributes as a"
            " inner join raw.customers as c on a.customer_id = c.customer_id limit 1")  # fmt: skip
    readers = {
        "build_intermediate.built": {"builder", "auditor"},
        "build_marts.built": {"builder", "auditor"},
        "build_activation.built": {"builder", "auditor"},
        "build_audit.built": {"auditor"},
        "marts.published": {"auditor", "analyst"},
        "audit.published": {"auditor"},
        "activation.published": {"auditor", "activation"},
        "raw.customers": {"auditor"},
        "raw.customer_attributes": {"auditor"},
        VIEW: {"builder", "auditor"},
    }
    for relation, allowed in readers.items():
        query = f"select * from {relation} limit 1"
        assert {r for r in ROLES if not is_denied(warehouse, r, query)} == allowed, relation
    assert is_denied(warehouse, "analyst", "insert into marts.published values (2)")
    run(warehouse, "create role stranger login")
    for relation in readers:
        assert is_denied(warehouse, "stranger", f"select * from {relation} limit 1")


def test_the_script_may_run_again_and_takes_back_what_was_granted_besides(
    warehouse: psycopg.Connection[Any],
) -> None:
    run(warehouse, "grant select on raw.customer_attributes to builder, public")
    run(warehouse, "grant select (birth_date) on raw.customers to builder")
    assert not is_denied(warehouse, "builder", "select birth_date from raw.customers limit 1")
    run(warehouse, script())
    assert is_denied(warehouse, "builder", "select birth_date from raw.customers limit 1")
    assert is_denied(warehouse, "builder", "select 1 from raw.customer_attributes limit 1")
    assert not is_denied(warehouse, "builder", f"select is_minor from {VIEW} limit 1")


def test_the_verdicts_come_back_and_nothing_else(warehouse: psycopg.Connection[Any]) -> None:
    for name in ("int_promotion_verdicts", "int_promotion_rates"):
        as_role(warehouse, "auditor", f"create table build_protected.{name} as select 1 as a")
    run(warehouse, script())
    as_role(warehouse, "builder", "select a from build_protected.int_promotion_verdicts")
    assert is_denied(warehouse, "builder", "select a from build_protected.int_promotion_rates")
    assert is_denied(warehouse, "builder", "delete from build_protected.int_promotion_verdicts")
    for role in ("analyst", "activation"):
        assert is_denied(warehouse, role, "select a from build_protected.int_promotion_verdicts")


def test_a_mistake_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--as-of", "soon"]) == 2
    assert "is not a calendar day" in capsys.readouterr().err
