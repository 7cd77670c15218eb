"""Who asked to be forgotten is nowhere: in no relation, no published file, no history, no log.

One shop of several nights. Two people are in every table it has, in rows of every fate: one asks
by id, one by hash. The search itself is proven on the night before they ask.
"""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from shop import CONTRACT, REPOSITORY, Build, Builder, write_tables

from ops import erase, lock, publish
from ops.project import UserError

GONE, HASHED = "CUST-gone-7", "CUST-hashed-8"
STAYING = [f"CUST-stays-{number}" for number in range(40)]
FORGOTTEN = {GONE: "+49 171 5550107", HASHED: "+49 171 5550108"}
FIRST, SECOND, THIRD = "2025-06-28", "2025-06-29", "2025-06-30"
SALT = "select salt from protected_history.stg_erasure_salt"
TOMBSTONES = "select * from protected_history.stg_erasure_tombstones order by all"
ARMS = "history.int_promotion_arm_history"
# what holds people, without what is computed of all of them
PEOPLE = "+customers +int_promotion_arm_history +stg_customer_attributes"

Tables = dict[str, list[dict[str, str]]]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def rows_of(person: str, phone: str) -> Tables:
    """A person in every table; every id of a row holds the person's, as in many a shop."""
    at, order, visitor = "2025-06-01T10:00:00Z", f"{person}/1", f"visitor of {person}"
    who = {"customer_id": person}
    return {
        "orders": [who | {"order_id": order, "ordered_at": at, "gross_amount": "30.00"}],
        "order_items": [
            {"order_id": order, "line_number": "1", "product_id": "P1", "quantity": "2"}
            | {"unit_price": "15.00"}
        ],
        "refunds": [
            {"refund_id": f"{order}r", "order_id": order, "refunded_at": at, "amount": "5"}
        ],
        "customers": [
            who
            | {"created_at": "2025-01-02", "email": f"{person}@example.org", "phone": phone}
            | {"birth_date": "1980-06-30", "city": "Bremen", "acquisition_cost": "1.50"}
        ],
        "customer_attributes": [who | {"attribute": "gender", "value": "a", "source": person}],
        "events": [
            who | {"event_id": f"{person}e1", "occurred_at": at, "event_type": "product_viewed"},
            {"event_id": f"{person}e2", "occurred_at": at, "event_type": "product_viewed"}
            | {"anonymous_id": visitor, "session_id": f"session of {person}"},
        ],
        "identities": [who | {"anonymous_id": visitor, "linked_at": at}],
        "consents": [
            who
            | {"channel": "email", "purpose": "marketing", "changed_at": "2025-01-02"}
            | {"status": "granted", "source": person}
        ],
        "surveys": [
            who
            | {"response_id": f"{person}s", "responded_at": at, "question": "nps"}
            | {"answer": f"call {phone}", "score": "9"}
        ],
        "promotion_sends": [
            who
            | {"send_id": f"{person}m", "promotion_id": "win_back_gift", "channel": "email"}
            | {"sent_at": at, "delivered": "true", "cost": "0.02"}
        ],
        "promotion_assignments": [
            who
            | {"assignment_id": f"{person}a", "promotion_id": "welcome_guide"}
            | {"arm": "treatment", "assigned_at": at, "assigned_by": "tool"}
        ],
    }


def odd_rows_of(person: str) -> Tables:
    """More of a person: copies, older and later versions, and rows that staging would refuse."""
    usual = rows_of(person, FORGOTTEN[person])
    copies = {table: [dict(row) for row in rows] for table, rows in usual.items()}
    versions = {
        table: [row | {"updated_at": "2025-06-02T10:00:00Z"} for row in rows]
        for table, rows in usual.items()
    }
    later = {
        table: [row | {"updated_at": "2025-07-02T10:00:00Z"} for row in rows]
        for table, rows in usual.items()
    }
    who = {"customer_id": person}
    broken: Tables = {
        "orders": [
            who | {"order_id": f"{person}/2", "ordered_at": f"{person} day", "gross_amount": "7"},
            who | {"ordered_at": "2025-06-01", "gross_amount": person},
        ],
        "order_items": [{"order_id": f"{person}/2", "line_number": "1", "unit_price": person}],
        "refunds": [{"order_id": f"{person}/2", "refunded_at": person, "amount": "1"}],
        "customers": [who | {"created_at": "", "email": f"{person}@example.org"}],
        "customer_attributes": [who | {"attribute": "ethnicity"}],
        "events": [
            who | {"occurred_at": "2025-06-01", "event_type": "product_viewed"},
            # a shop that names its visitors after its customers
            {"event_id": "named", "anonymous_id": person, "occurred_at": "2025-06-01T10:00:00Z"}
            | {"event_type": "product_viewed"},
        ],
        "identities": [
            who | {"linked_at": "2025-06-01"},
            {"anonymous_id": person, "customer_id": STAYING[3], "linked_at": "2025-06-01"},
        ],
        "consents": [who | {"channel": "sms", "status": "withdrawn", "source": person}],
        "surveys": [who | {"response_id": f"{person}s2", "question": person}],
        "promotion_sends": [who | {"send_id": f"{person}m2", "cost": "-1"}],
        "promotion_assignments": [who | {"assignment_id": f"{person}a2"}],
    }
    return joined(copies, versions, later, broken)


def joined(*shops: Tables) -> Tables:
    tables: Tables = defaultdict(list)
    for shop in shops:
        for table, rows in shop.items():
            tables[table] += rows
    return dict(tables)


LEAVE = joined(
    *(rows_of(person, phone) for person, phone in FORGOTTEN.items()),
    *(odd_rows_of(person) for person in FORGOTTEN),
)
STAY = joined(*(rows_of(person, "") for person in STAYING))
STAY["customers"][0]["referred_by"] = GONE
STAY["customers"][1]["referred_by"] = HASHED
STAY["customers"][2]["account_id"] = GONE
REQUESTS = [
    {"request_id": f"forget {GONE}", "requested_at": "2025-06-29", "customer_id": GONE},
    {"request_id": f"forget {GONE}", "requested_at": "2025-06-29", "customer_id": GONE},
    {"request_id": "again", "requested_at": f"asap, {GONE}", "customer_id": GONE},
    {"request_id": HASHED, "requested_at": "2025-07-15", "customer_id_hash": sha256(HASHED)},
    {"request_id": "3", "requested_at": "", "customer_id_hash": sha256(HASHED).upper()},
]

# what nobody may find: the id, the address, the number, in any case, and hashes that anybody can
# make of them
NEEDLES = [
    *(text for pair in FORGOTTEN.items() for text in pair),
    *(f"{person}@example.org" for person in FORGOTTEN),
    *(text.removeprefix("+").replace(" ", "") for text in FORGOTTEN.values()),
    *(
        hashlib.new(function, text.encode()).hexdigest()
        for function in ("md5", "sha1", "sha256")
        for person in FORGOTTEN
        for text in (person, person.lower(), f"{person}@example.org".lower())
    ),
]


def in_relations(database: Path) -> list[str]:
    """Where a needle is in a relation of a build file, the shop's own delivery left out."""
    found = []
    with duckdb.connect(str(database), read_only=True) as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where table_schema not in ('raw_views', 'demo_raw') order by all"
        ).fetchall()
        assert {"staging", "protected", "history", "marts"} <= {schema for schema, _, _ in columns}
        for schema, table, column in columns:
            text = f'lower(cast("{column}" as varchar))'
            is_found = " or ".join([f"contains({text}, ?)"] * len(NEEDLES))
            (count,) = connection.execute(
                f'select count(*) from "{schema}"."{table}" where {is_found}',
                [needle.lower() for needle in NEEDLES],
            ).fetchone() or (0,)
            if count:
                found.append(f"{schema}.{table}.{column}: {count}")
    return found


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query on a file, whose name may be that of a schema in it."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as opened (read_only); use opened")
        return connection.execute(query).fetchall()


def in_bytes(*paths: Path) -> list[str]:
    """Which needles are among the bytes of which file."""
    return [
        f"{needle} in {path.name}"
        for path in paths
        for needle in NEEDLES
        if needle.lower().encode() in path.read_bytes().lower()
    ]


def readable(folder: Path) -> list[Path]:
    """The files that outlast a build: what is published and the history."""
    return [folder / "lifetime_segments.duckdb", folder / "history.duckdb"]


def deliver(folder: Path, requests: list[dict[str, str]], with_gone: bool = True) -> Path:
    tables = joined(STAY, LEAVE if with_gone else {}, {"erasure_requests": requests})
    frames = {
        table: pd.DataFrame(rows, columns=CONTRACT[table], dtype=str).fillna("")
        for table, rows in tables.items()
    }
    return write_tables(folder / "raw", frames)


class Nights:
    """A folder in which one build follows another, as `make build` has it."""

    def __init__(self, builder: Builder, folder: Path) -> None:
        self.builder, self.folder = builder, folder
        folder.mkdir(parents=True, exist_ok=True)

    def night(
        self,
        day: str,
        requests: list[dict[str, str]],
        *,
        with_gone: bool = True,
        by_hand: bool = False,
        is_published: bool = True,
        **options: Any,
    ) -> Build:
        """Restore the history, build, publish; by hand is dbt alone on the file that is there."""
        database = self.folder / "build.duckdb"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LIFETIME_BUILD_PATH", str(database))
            if not by_hand:
                database.unlink(missing_ok=True)
                publish.restore_history(database)
            raw = deliver(self.folder, requests, with_gone)
            build = self.builder.build(raw, self.folder, as_of=day, **{"checks": False, **options})
            assert not build.problems, "\n".join(build.problems)
            if not by_hand:
                publish.record_build(day, is_published, "an-invocation")
                publish.publish() if is_published else publish.keep_tombstones(database)
        return build

    def copy(self, folder: Path) -> "Nights":
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Nights(self.builder, folder)

    def erase(self, *arguments: str) -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LIFETIME_BUILD_PATH", str(self.folder / "build.duckdb"))
            return erase.main(list(arguments))


@pytest.fixture(scope="module")
def before(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """The night before anybody asks."""
    nights = Nights(builder, tmp_path_factory.mktemp("before"))
    nights.night(FIRST, [])
    return nights


@pytest.fixture(scope="module")
def asked(before: Nights, tmp_path_factory: pytest.TempPathFactory) -> tuple[Nights, Build]:
    """The night on which both are asked for, with every data test."""
    nights = before.copy(tmp_path_factory.mktemp("asked"))
    return nights, nights.night(SECOND, REQUESTS, checks=True)


@pytest.fixture(scope="module")
def unpublished(before: Nights, tmp_path_factory: pytest.TempPathFactory) -> tuple[Nights, Build]:
    """The night on which both are asked for, and a test fails, so that nothing is published."""
    nights = before.copy(tmp_path_factory.mktemp("unpublished"))
    return nights, nights.night(SECOND, REQUESTS, is_published=False)


def test_the_search_finds_people_who_did_not_ask(before: Nights) -> None:
    """Everywhere where they must not be afterwards: a search that finds nothing proves nothing."""
    found = in_relations(before.folder / "build.duckdb")
    for table in LEAVE:
        assert any(f".stg_{table}_checked." in place for place in found), table
    for place in ("staging.source_rows", "staging.quarantined_rows", "marts.customers", ARMS):
        assert any(text.startswith(place) for text in found), place
    for path in readable(before.folder):
        assert {f"{person} in {path.name}" for person in FORGOTTEN} <= set(in_bytes(path))


def test_no_relation_and_no_byte_holds_who_asked(asked: tuple[Nights, Build]) -> None:
    nights, build = asked
    assert in_relations(build.database) == []
    assert in_bytes(*readable(nights.folder)) == []
    people = build.rows("select customer_id from marts.customers order by 1")
    assert [person for (person,) in people] == sorted(STAYING)


def test_an_erased_row_is_an_amount_and_nothing_else(asked: tuple[Nights, Build]) -> None:
    _, build = asked
    for table in LEAVE:
        schema = "protected" if table == "customer_attributes" else "staging"
        checked = build.frame(
            f"select * exclude (outcome, row_amount) from {schema}.stg_{table}_checked"
            " where outcome = 'erased'"
        )
        assert len(checked) == len(LEAVE[table])
        assert checked.isna().all(axis=None), table


def test_rows_and_money_are_those_delivered(asked: tuple[Nights, Build]) -> None:
    """Every row of theirs is counted as erased, with its money, and nobody else's is."""
    _, build = asked
    found = {
        source: (count, amount)
        for source, count, amount in build.rows(
            "select source, sum(row_count), sum(amount) from audit.source_quality"
            " where outcome = 'erased' group by 1"
        )
    }
    assert {source: count for source, (count, _) in found.items()} == {
        table: len(rows) for table, rows in LEAVE.items()
    }
    prices = {"orders": "gross_amount", "refunds": "amount", "customers": "acquisition_cost"}
    for table, column in prices.items():
        money = sum(
            Decimal(row[column])
            for row in LEAVE[table]
            if row.get(column, "").replace(".", "").isdigit()
        )
        assert found[table][1] == money
    total = build.rows("select source, sum(row_count) from audit.source_quality group by 1")
    assert dict(total) == {
        table: len(rows)
        for table, rows in joined(STAY, LEAVE, {"erasure_requests": REQUESTS}).items()
    }


def test_others_lose_only_what_names_them(asked: tuple[Nights, Build]) -> None:
    _, build = asked
    others = build.rows(
        "select customer_id, referred_by, account_id from staging.stg_customers order by 1"
    )
    assert others == [(person, None, None) for person in sorted(STAYING)]
    events = build.rows("select count(*) from staging.stg_events")
    assert events == [(len(STAY["events"]),)]


def test_the_history_lets_them_go_and_keeps_the_others(
    before: Nights, asked: tuple[Nights, Build]
) -> None:
    nights, build = asked
    drawn = f"select distinct customer_id from {ARMS} order by 1"
    assert {*FORGOTTEN} <= {person for (person,) in rows(before.folder / "history.duckdb", drawn)}
    kept = rows(nights.folder / "history.duckdb", drawn)
    assert kept == build.rows(drawn)
    assert [person for (person,) in kept] == sorted(STAYING)


def test_a_tombstone_is_a_hash_with_a_salt_that_only_the_owner_reads(
    asked: tuple[Nights, Build],
) -> None:
    nights, build = asked
    salt = build.value(SALT)
    assert len(salt) == 36
    hashes = {row[0] for row in build.rows(TOMBSTONES)}
    assert hashes == {sha256(f"{salt}|{sha256(person)}") for person in FORGOTTEN}
    published, history = readable(nights.folder)
    assert salt.encode() not in published.read_bytes()
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    schemas = rows(published, "select distinct schema_name from duckdb_tables()")
    assert {schema for (schema,) in schemas} == {"audit", "marts"}


def test_who_arrives_again_without_a_request_stays_out(
    asked: tuple[Nights, Build], tmp_path: Path
) -> None:
    """By the carried history, by dbt alone on the same file, and on a full refresh."""
    nights, build = asked
    salt, tombstones = build.value(SALT), build.rows(TOMBSTONES)
    later = nights.copy(tmp_path)
    for options in ({}, {"by_hand": True}, {"by_hand": True, "full_refresh": True}):
        again = later.night(THIRD, [], is_published=False, only=PEOPLE, **options)
        assert in_relations(again.database) == []
        assert again.value(SALT) == salt
        assert again.rows(TOMBSTONES) == tombstones
    assert in_bytes(*readable(later.folder)) == []


def test_a_build_that_is_not_published_leaves_its_tombstones(
    unpublished: tuple[Nights, Build],
) -> None:
    """The request may be gone tomorrow. What was drawn that night is no history, though."""
    nights, build = unpublished
    history = nights.folder / "history.duckdb"
    assert rows(history, TOMBSTONES) == build.rows(TOMBSTONES)
    assert rows(history, SALT) == [(build.value(SALT),)]
    days = rows(history, f"select distinct as_of_date from {ARMS}")
    assert [str(day) for (day,) in days] == [FIRST]
    assert in_bytes(history) == []


def test_a_history_that_still_names_them_is_restored_without_them(
    before: Nights, asked: tuple[Nights, Build], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an old copy does that somebody put back: not even the bytes reach the build file."""
    history, build_file = tmp_path / "history.duckdb", tmp_path / "build.duckdb"
    shutil.copy(asked[0].folder / "history.duckdb", history)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{history}' as new")
        connection.execute(f"attach '{before.folder / 'history.duckdb'}' as old (read_only)")
        connection.execute(f"insert into new.{ARMS} select * from old.{ARMS}")
    monkeypatch.setenv("LIFETIME_BUILD_PATH", str(build_file))
    publish.restore_history(build_file)
    assert in_bytes(build_file) == []
    people = rows(build_file, f"select distinct customer_id from {ARMS}")
    assert {person for (person,) in people} == set(STAYING)


# -- make erase, between two nights ----------------------------------------------------------------


@pytest.fixture
def between(before: Nights, tmp_path: Path) -> Nights:
    """Between two nights, with every kind of file that can lie about."""
    nights = before.copy(tmp_path)
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{nights.folder / 'activation.duckdb'}' as file;"
            " create table file.partners as from"
            f" (values ('{GONE}', 'x'), ('{STAYING[0]}', '{GONE}')) as t (customer_id, partner)"
        )
    (nights.folder / "activation.duckdb").chmod(0o600)
    published = nights.folder / "lifetime_segments.duckdb"
    for leftover in (".next", ".previous"):
        shutil.copy(published, published.with_name(published.name + leftover))
    return nights


def left_of(person: str, folder: Path) -> list[str]:
    """The files of the warehouse that hold a person's id."""
    return [
        path.name
        for path in sorted(folder.iterdir())
        if path.is_file() and person.encode() in path.read_bytes()
    ]


def pseudonyms(nights: Nights, person: str) -> set[str]:
    """How each tool knows a person."""
    ((salt,),) = rows(nights.folder / "history.duckdb", SALT)
    destinations = rows(
        nights.folder / "activation.duckdb", "select destination from audience_sync"
    )
    return {sha256(f"{salt}|{destination}|{person}") for (destination,) in destinations}


def synced(file: Path, told_of: set[str]) -> list[tuple[Any, ...]]:
    """What tools are told of somebody, and with which address."""
    found = rows(file, "select external_id, action, email from audience_sync order by all")
    return [(action, email) for key, action, email in found if key in told_of]


def test_make_erase_forgets_at_once_and_for_good(
    between: Nights, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(left_of(GONE, between.folder)) >= 4
    activated, told_of = between.folder / "activation.duckdb", pseudonyms(between, GONE)
    assert synced(activated, told_of) == [("add", f"{GONE}@example.org")]
    assert between.erase("--customer", GONE) == 0
    told = capsys.readouterr().out
    assert "marts.customers " in told
    assert f"{ARMS} " in told
    assert re.search(r"main\.partners +1 +1\n", told)
    assert re.search(r"main\.audience_sync +1 +·\n", told)
    assert "next make build" in told
    assert left_of(GONE, between.folder) == []
    assert left_of(HASHED, between.folder) == [
        *("activation.duckdb", "history.duckdb", "lifetime_segments.duckdb")
    ]
    assert sorted(path.name for path in between.folder.glob("*.*")) == [
        *("activation.duckdb", "build.lock", "history.duckdb", "lifetime_segments.duckdb")
    ]
    for name, mode in (("activation", 0o600), ("history", 0o600), ("lifetime_segments", 0o644)):
        assert stat.S_IMODE((between.folder / f"{name}.duckdb").stat().st_mode) == mode
    assert rows(activated, "from partners") == [(STAYING[0], None)]
    assert synced(activated, told_of) == []
    assert synced(activated, pseudonyms(between, HASHED))

    build = between.night(SECOND, [])  # delivered as ever, and asked for by nobody
    assert [place for place in in_relations(build.database) if GONE in place] == []
    people = {person for (person,) in build.rows("select customer_id from marts.customers")}
    assert people == {*STAYING, HASHED}
    assert left_of(GONE, between.folder) == []
    assert synced(activated, told_of) == [("remove", None)]


def test_make_erase_keeps_every_other_row(between: Nights) -> None:
    published = between.folder / "lifetime_segments.duckdb"
    before = all_rows(published)
    assert between.erase("--customer", GONE) == 0
    after = all_rows(published)
    assert after.keys() == before.keys()
    for table, delivered in before.items():
        others = [row for row in delivered if row[0] != GONE and row[1] != GONE]
        emptied = [tuple(None if value == GONE else value for value in row) for row in others]
        assert Counter(after[table]) == Counter(emptied)


def all_rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    tables = rows(path, "select schema_name, table_name from duckdb_tables() order by all")
    return {
        f"{schema}.{table}": rows(path, f"from {schema}.{table} order by all")
        for schema, table in tables
        if f"{schema}.{table}" not in publish.SAID_OF_THE_RUN
    }


def test_make_erase_without_a_name_forgets_who_the_last_delivery_names(
    unpublished: tuple[Nights, Build], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a night whose build failed: both are in the published file still."""
    nights = unpublished[0].copy(tmp_path)
    assert "lifetime_segments.duckdb" in left_of(HASHED, nights.folder)
    assert nights.erase() == 0
    assert "2 requested in the last delivery; 0 new" in capsys.readouterr().out
    assert in_bytes(*readable(nights.folder)) == []


def test_an_id_that_nobody_has_is_told_and_stays_out(
    between: Nights, capsys: pytest.CaptureFixture[str]
) -> None:
    assert between.erase("--customer", "CUST-unknown") == 0
    told = capsys.readouterr().out
    assert "Nothing was found" in told
    assert "The tombstones stand" in told
    assert len(rows(between.folder / "history.duckdb", TOMBSTONES)) == 1
    assert between.erase("--customer", "CUST-unknown") == 0
    assert "0 new" in capsys.readouterr().out


def test_without_a_history_one_is_made_and_a_hash_counts_before_its_person_is_known(
    builder: Builder, tmp_path: Path
) -> None:
    """One by make erase before the first build; one whose request came a night too early."""
    nights = Nights(builder, tmp_path)
    assert nights.erase("--customer", GONE) == 0
    assert stat.S_IMODE((tmp_path / "history.duckdb").stat().st_mode) == 0o600
    by_hash = [request for request in REQUESTS if "customer_id" not in request]
    part: dict[str, Any] = {"is_published": False, "only": PEOPLE}
    early = nights.night(FIRST, by_hash, with_gone=False, **part)
    assert early.value(f"select count(*) from ({TOMBSTONES})") == 2
    assert in_relations(nights.night(SECOND, [], **part).database) == []


def test_without_a_build_a_name_is_needed(
    builder: Builder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Nights(builder, tmp_path).erase() == 2
    assert "CUSTOMER=id" in capsys.readouterr().err


def test_the_demo_shops_requests_are_nobodys(
    builder: Builder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect(str(tmp_path / "build.duckdb")) as connection:
        connection.execute("create schema demo_raw; create table demo_raw.demo_orders (a int)")
    assert Nights(builder, tmp_path).erase() == 2
    assert "demo shop" in capsys.readouterr().err
    assert not (tmp_path / "history.duckdb").exists()


def test_bytes_that_are_left_are_told(
    between: Nights, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_file = publish.replace_file

    def leave_some(target: Path, *arguments: Any, **options: Any) -> None:
        replace_file(target, *arguments, **options)
        with target.open("ab") as file:
            file.write(GONE.encode())

    monkeypatch.setattr(publish, "replace_file", leave_some)
    assert between.erase("--customer", GONE) == 1
    assert "holds the bytes of" in capsys.readouterr().err


def test_an_id_within_another_is_no_trace(
    between: Nights, capsys: pytest.CaptureFixture[str]
) -> None:
    assert between.erase("--customer", "CUST-stays-1") == 0
    assert "is a part of other values" in capsys.readouterr().out


# -- what dbt leaves beside the database -----------------------------------------------------------


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder with all that dbt writes, compiled SQL, manifest and logs, and the salt."""
    folder = tmp_path_factory.mktemp("artefacts")
    shutil.copy(REPOSITORY / "profiles.yml.example", folder / "profiles.yml")
    command = [sys.executable, "-m", "dbt.cli.main", "--log-level-file", "debug", "build"]
    command += ["--project-dir", str(REPOSITORY), "--profiles-dir", str(folder)]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    command += ["--select", "+stg_erasure_requests", "+stg_surveys"]
    command += ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    environment = {**os.environ, "LIFETIME_BUILD_PATH": str(folder / "build.duckdb")}
    for _ in range(2):
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=folder)
    with duckdb.connect(str(folder / "build.duckdb"), read_only=True) as connection:
        ((salt,),) = connection.execute(SALT).fetchall()
    yield folder, str(salt)


def test_the_salt_is_in_no_file_but_the_database(artefacts: tuple[Path, str]) -> None:
    folder, salt = artefacts
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert {"manifest.json", "run_results.json", "dbt.log", "stg_surveys_checked.sql"} <= {
        path.name for path in written
    }
    assert [path.name for path in written if salt.encode() in path.read_bytes()] == ["build.duckdb"]


def test_a_history_that_cannot_be_read_says_so(
    builder: Builder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "history.duckdb").write_bytes(b"no database" * 1000)
    assert Nights(builder, tmp_path).erase("--customer", GONE) == 3
    assert "history.duckdb is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("change", ["delete from", "insert into"])
def test_tombstones_without_their_one_salt_stop_everything(
    change: str, before: Nights, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another salt would let everybody in again who was ever forgotten."""
    nights = before.copy(tmp_path)
    assert nights.erase("--customer", GONE) == 0
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'history.duckdb'}' as kept")
        value = " values ('another')" if change == "insert into" else ""
        connection.execute(f"{change} kept.protected_history.stg_erasure_salt{value}")
    assert nights.erase("--customer", HASHED) == 2
    assert "Put back a copy" in capsys.readouterr().err
    with pytest.raises(UserError, match="nobody can tell who is forgotten"):
        nights.night(SECOND, [])


def test_no_erasure_while_a_build_is_at_work(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFETIME_BUILD_PATH", str(tmp_path / "build.duckdb"))
        with lock.one_at_a_time("build"):
            assert erase.main(["--customer", GONE]) == 4
