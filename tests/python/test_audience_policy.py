"""The tests of audiences: each passes a sound state, and finds the fault planted in it."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from shop import Builder

POLICY = "assert_policy_audiences_are_valid"
LARGE = "assert_audiences_are_large_enough"
MEMBERS = "assert_inactive_audiences_have_no_members"

# Every table that the tests read, in a sound state.
TABLES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "policy.audience_names": (
        "audience_name varchar, minimum_customer_count int, meaning varchar",
        [("tea", 20, "like tea"), ("shops", 50, "buy for a shop")],
    ),
    "policy.audience_rules": (
        "audience_name varchar, trait varchar, value varchar, is_excluded boolean",
        [
            ("tea", "interest", "green tea", False),
            ("tea", "company_size", "any", True),
            ("shops", "industry", "retail", False),
        ],
    ),
    "policy.protected_attributes": (
        "attribute varchar, meaning varchar",
        [("gender", "sex"), ("age_band", "age")],
    ),
    "marts.audiences": (
        "audience_name varchar, is_active boolean, customer_count bigint,"
        " minimum_customer_count int",
        [("tea", True, 20, 20), ("shops", False, None, 50)],
    ),
    "intermediate.int_audience_matches": (
        "audience_name varchar, customer_key bigint",
        [("tea", key) for key in range(20)],
    ),
    "intermediate.int_customer_audiences": (
        "customer_key bigint, audience_name varchar",
        [(key, "tea") for key in range(20)],
    ),
}

Find = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def find(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Find]:
    """Runs a test's own SQL on the sound state with some tables' rows replaced or added to."""
    home = tmp_path_factory.mktemp("audiences")
    compiled = builder.compile(
        home,
        [POLICY, LARGE, MEMBERS],
        audience_smallest_minimum=20,
        maximum_audience_count=3,
    )
    (home / "build.duckdb").unlink(missing_ok=True)
    connection = duckdb.connect(str(home / "build.duckdb"))
    for schema in ("policy", "marts", "intermediate"):
        connection.execute(f"create schema {schema}")

    def run(
        test: str,
        added: dict[str, list[tuple[Any, ...]]] | None = None,
        replaced: dict[str, list[tuple[Any, ...]]] | None = None,
    ) -> list[dict[str, Any]]:
        for table, (columns, sound) in TABLES.items():
            rows = (replaced or {}).get(table, sound) + (added or {}).get(table, [])
            connection.execute(f"create or replace table {table} ({columns})")
            for row in rows:
                places = ", ".join("?" * len(row))
                connection.execute(f"insert into {table} values ({places})", row)
        found = connection.sql(compiled[test])
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    yield run
    connection.close()


@pytest.mark.parametrize("test", [POLICY, LARGE, MEMBERS])
def test_a_sound_state_passes(find: Find, test: str) -> None:
    assert find(test) == []


@pytest.mark.parametrize(
    ("table", "row", "remedy"),
    [
        ("audience_names", ("lonely", 20, "x"), "asks for a trait"),
        ("audience_names", ("tiny", 19, "x"), "at least 20 (var audience_smallest_minimum)"),
        ("audience_names", ("blank", None, "x"), "give it a minimum"),
        ("audience_names", ("mute", 20, None), "say in meaning"),
        ("audience_rules", ("nobody", "interest", "tea", False), "not in seed audience_names"),
        ("audience_rules", ("tea", "gender", "any", True), "protected_attributes"),
        ("audience_rules", ("tea", "what_is_your_gender?", "f", False), "protected_attributes"),
        ("audience_rules", ("tea", "your_age_band_today", "30", False), "protected_attributes"),
        ("audience_rules", ("tea", "Main Interest", "tea", False), "write trait in lower case"),
        ("audience_rules", ("tea", "interest", "Tea", False), "write value in lower case"),
        ("audience_rules", ("tea", "interest", "tea;coffee", False), "a row of its own"),
        ("audience_rules", ("tea", "interest", "tea", None), "is_excluded is true or false"),
        ("protected_attributes", ("Gender Identity", "x"), "write attribute in lower case"),
    ],
)
def test_a_fault_in_the_policy_is_named_with_its_remedy(
    find: Find, table: str, row: tuple[Any, ...], remedy: str
) -> None:
    added: dict[str, list[tuple[Any, ...]]] = {f"policy.{table}": [row]}
    if table == "audience_names" and row[0] != "lonely":
        added["policy.audience_rules"] = [(row[0], "interest", "tea", False)]
    (failure,) = find(POLICY, added)
    assert failure["seed"] == table
    assert failure["seed_row"].startswith(row[0])
    assert remedy in failure["remedy"]


def test_an_audience_that_only_excludes_is_refused(find: Find) -> None:
    added: dict[str, list[tuple[Any, ...]]] = {
        "policy.audience_names": [("others", 20, "x")],
        "policy.audience_rules": [("others", "interest", "tea", True)],
    }
    (failure,) = find(POLICY, added)
    assert failure["seed_row"] == "others"
    assert "asks for a trait" in failure["remedy"]


def test_too_many_audiences_are_refused_from_the_first_one_too_many(find: Find) -> None:
    def policy(count: int) -> dict[str, list[tuple[Any, ...]]]:
        names = [f"a{number}" for number in range(count)]
        return {
            "policy.audience_names": [(name, 20, "x") for name in names],
            "policy.audience_rules": [(name, "interest", "tea", False) for name in names],
        }

    assert find(POLICY, replaced=policy(3)) == []
    (failure,) = find(POLICY, replaced=policy(4))
    assert failure["seed_row"] == "all 4 rows"
    assert "maximum_audience_count" in failure["remedy"]


def test_an_audience_that_is_too_small_warns_and_does_not_say_how_small(find: Find) -> None:
    matches = {"intermediate.int_audience_matches": [("shops", 7777)]}
    (failure,) = find(LARGE, matches)
    assert failure["audience_name"] == "shops"
    assert set(failure) == {"audience_name", "minimum_customer_count", "remedy"}


@pytest.mark.parametrize(
    ("added", "replaced"),
    [
        ({"intermediate.int_customer_audiences": [(1, "shops")]}, {}),
        ({"intermediate.int_customer_audiences": [(1, "unheard_of")]}, {}),
        ({}, {"intermediate.int_customer_audiences": [(key, "tea") for key in range(19)]}),
        ({}, {"intermediate.int_customer_audiences": []}),
        ({}, {"marts.audiences": [("tea", True, 20, 21)]}),
        ({"marts.audiences": [("small", False, 3, 20)]}, {}),
    ],
    ids=["inactive", "unknown", "fewer_than_counted", "none", "below_minimum", "count_shown"],
)
def test_members_that_contradict_the_status_are_found(
    find: Find,
    added: dict[str, list[tuple[Any, ...]]],
    replaced: dict[str, list[tuple[Any, ...]]],
) -> None:
    assert len(find(MEMBERS, added, replaced)) == 1
