"""Arms are drawn once: a stored arm beats the hash, in later nights and on a full refresh."""

import hashlib
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from shop import Build, Builder, write_tables

PEOPLE = [f"P{number:03}" for number in range(300)]
SALTS = {"universal": "universal|1", "welcome_guide": "welcome_guide"}
SHARES = {"universal": 0.05, "welcome_guide": 0.1}
HISTORY = "history.int_promotion_arm_history"
SELECTIONS = "history.int_promotion_selection_history"
FIRST_NIGHT, SECOND_NIGHT = "2025-06-29", "2025-06-30"


def in_share(draw: str, person: str) -> bool:
    """Whether the published rule puts a person into the held-out share of a draw."""
    digest = hashlib.md5(f"{SALTS[draw]}|{person}".encode()).hexdigest()
    return int(digest[:8], 16) % 10_000 < 10_000 * SHARES[draw]


UNIVERSAL = {person for person in PEOPLE if in_share("universal", person)}
CONTROL = {person for person in PEOPLE if in_share("welcome_guide", person)} - UNIVERSAL
TREATED = set(PEOPLE) - UNIVERSAL - CONTROL


def build(
    builder: Builder, folder: Path, day: str, forget: str = "", full_refresh: bool = False
) -> Build:
    """A shop of prospects who may all be mailed, built into the folder's file as of a day."""
    tables = {
        "orders": pd.DataFrame(columns=["order_id", "customer_id", "ordered_at", "gross_amount"]),
        "customers": pd.DataFrame(
            {
                "customer_id": PEOPLE,
                "created_at": "2025-01-02",
                "email": [f"{person}@example.org" for person in PEOPLE],
            }
        ),
        "consents": pd.DataFrame(
            {
                "customer_id": PEOPLE,
                "channel": "email",
                "purpose": "marketing",
                "changed_at": "2025-01-02",
                "status": "granted",
            }
        ),
    }
    if forget:
        request = {"request_id": ["1"], "requested_at": ["2025-06-30"], "customer_id": [forget]}
        tables["erasure_requests"] = pd.DataFrame(request)
    raw = write_tables(folder / "raw", tables)
    result = builder.build(
        raw,
        folder,
        as_of=day,
        checks=False,
        full_refresh=full_refresh,
        only="+customer_promotions +int_promotion_selection_history",
    )
    assert not result.problems, "\n".join(result.problems)
    return result


def arms(build: Build, draw: str) -> dict[str, str]:
    """The stored arms of a draw; whoever is stored twice is an error."""
    rows = build.rows(f"select customer_id, arm from {HISTORY} where draw_id = '{draw}'")
    assert len(rows) == len(dict(rows))
    return dict(rows)


def outcomes(build: Build) -> dict[str, set[str]]:
    """Who ended with which reason for the one promotion that is for prospects."""
    found: dict[str, set[str]] = {}
    for person, reason in build.rows(
        "select customer_id, reason from marts.customer_promotions"
        " where promotion_id = 'welcome_guide' and channel = 'email'"
    ):
        found.setdefault(reason, set()).add(person)
    return found


@pytest.fixture(scope="module")
def first_night(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build(builder, tmp_path_factory.mktemp("nights"), FIRST_NIGHT)


@pytest.fixture
def folder(first_night: Build, tmp_path: Path) -> Path:
    """A copy of the first night's file, for a second night."""
    shutil.copy(first_night.database, tmp_path / "build.duckdb")
    return tmp_path


def test_arms_are_those_of_the_published_rule(first_night: Build) -> None:
    assert UNIVERSAL and CONTROL
    universal = arms(first_night, "universal")
    assert {person for person, arm in universal.items() if arm == "control"} == UNIVERSAL
    assert set(universal) == set(PEOPLE)
    drawn = arms(first_night, "welcome_guide")
    assert {person for person, arm in drawn.items() if arm == "control"} == CONTROL
    assert {person for person, arm in drawn.items() if arm == "treatment"} == TREATED
    assert outcomes(first_night) == {
        "selected": TREATED,
        "promotion_holdout": CONTROL,
        "universal_holdout": UNIVERSAL,
    }


def test_controls_are_marked_who_would_be_selected(first_night: Build) -> None:
    marked = first_night.rows(
        "select customer_id from marts.customer_promotions where would_be_selected"
    )
    assert {person for (person,) in marked} == TREATED | CONTROL


def selections(build: Build) -> dict[str, str]:
    """The first night on which the promotion would have gone to each; nobody has two."""
    rows = build.rows(f"select customer_id, cast(as_of_date as varchar) from {SELECTIONS}")
    assert len(rows) == len(dict(rows))
    return dict(rows)


def test_who_would_be_selected_is_remembered_in_both_arms(first_night: Build) -> None:
    assert selections(first_night) == dict.fromkeys(TREATED | CONTROL, FIRST_NIGHT)


def test_the_first_night_of_a_selection_stays(builder: Builder, folder: Path) -> None:
    """Over later nights, full refreshes and the same night again; who is forgotten leaves."""
    later, forgotten = min(CONTROL), min(TREATED)
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        connection.execute(f"delete from {SELECTIONS} where customer_id = ?", [later])
    second = build(builder, folder, SECOND_NIGHT, forget=forgotten)
    expected = dict.fromkeys((TREATED | CONTROL) - {later, forgotten}, FIRST_NIGHT)
    expected[later] = SECOND_NIGHT
    assert selections(second) == expected
    again = build(builder, folder, SECOND_NIGHT, forget=forgotten, full_refresh=True)
    assert selections(again) == expected


def test_a_stored_arm_beats_the_hash_and_is_written_once(builder: Builder, folder: Path) -> None:
    """As if other shares had held on the first night: what was drawn then stays."""
    moved, freed, let_in = min(TREATED), min(CONTROL), min(UNIVERSAL)
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        for person, draw, arm in (
            (moved, "welcome_guide", "control"),
            (freed, "welcome_guide", "treatment"),
            (let_in, "universal", "treatment"),
        ):
            connection.execute(
                f"update {HISTORY} set arm = ? where customer_id = ? and draw_id = ?",
                [arm, person, draw],
            )
    second = build(builder, folder, SECOND_NIGHT)
    assert arms(second, "welcome_guide")[moved] == "control"
    assert arms(second, "welcome_guide")[freed] == "treatment"
    found = outcomes(second)
    assert moved in found["promotion_holdout"]
    assert freed in found["selected"]
    assert let_in not in found["universal_holdout"]
    days = second.rows(f"select as_of_date, count(*) from {HISTORY} group by 1 order by 1")
    newly_drawn = 1  # the one let in, who had no arm of the promotion before
    assert [(str(day), rows) for day, rows in days] == [
        (FIRST_NIGHT, 2 * len(PEOPLE) - len(UNIVERSAL)),
        (SECOND_NIGHT, newly_drawn),
    ]


def test_the_same_night_again_replaces_itself(builder: Builder, folder: Path) -> None:
    with duckdb.connect(str(folder / "build.duckdb"), read_only=True) as connection:
        before = sorted(connection.sql(f"select * from {HISTORY}").fetchall())
    again = build(builder, folder, FIRST_NIGHT)
    assert sorted(again.rows(f"select * from {HISTORY}")) == before


def test_a_full_refresh_keeps_the_history(builder: Builder, folder: Path) -> None:
    person = min(TREATED)
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        connection.execute(
            f"update {HISTORY} set arm = 'control' where customer_id = ?"
            " and draw_id = 'welcome_guide'",
            [person],
        )
    build(builder, folder, SECOND_NIGHT)
    refreshed = build(builder, folder, SECOND_NIGHT, full_refresh=True)
    assert arms(refreshed, "welcome_guide")[person] == "control"


def test_who_asked_to_be_forgotten_leaves_the_history(builder: Builder, folder: Path) -> None:
    person = min(TREATED)
    second = build(builder, folder, SECOND_NIGHT, forget=person)
    assert person not in arms(second, "welcome_guide")
    assert person not in arms(second, "universal")
    assert (
        second.value(
            f"select count(*) from marts.customer_promotions where customer_id = '{person}'"
        )
        == 0
    )
