"""What was published before comes back whole, without who left since, and allows nobody more."""

import os
import stat
from pathlib import Path

import duckdb
import pytest
from nights import Warehouse

from ops import erase, manifest, publish, rollback, versions
from ops.project import UserError

PEOPLE = ["CUST-ann", "CUST-bob", "CUST-cyd"]
MARTS = ("customers", "customer_segments", "customer_promotions")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A warehouse with two nights: three people, then another three, all of whom may be mailed."""
    monkeypatch.setenv("LIFETIME_BUILD_PATH", str(tmp_path / "build.duckdb"))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    warehouse = Warehouse(tmp_path)
    for run_id, people in (("first", PEOPLE), ("second", [*PEOPLE[:2], "CUST-new"])):
        warehouse.night(people, run_id=run_id)
        assert publish.main([]) == 0
    return warehouse


def people(home: Warehouse, mart: str = "customers", where: str = "true") -> list[str]:
    found = home.rows(f"select customer_id from marts.{mart} where {where} order by 1")
    return [person for (person,) in found]


def test_the_version_before_comes_back_with_its_manifest(
    home: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = versions.kept()
    assert home.version() == second
    assert rollback.main([]) == 0
    assert home.version() == first
    assert f"Readers see version {first} again, as of 2026-06-30" in capsys.readouterr().out
    assert [people(home, mart) for mart in MARTS] == [PEOPLE] * 3
    assert home.rows("select run_id from audit.publication") == [("first",)]
    read = manifest.read(home.published)
    assert read is not None
    assert rollback.published_contents(home.published) == read[1]
    runs = home.rows("select command, outcome, version from audit.run_history order by started_at")
    assert runs == [
        ("publish", "published", first),
        ("publish", "published", second),
        ("rollback", "published", first),
    ]


def test_a_named_version_is_taken_also_a_later_one(home: Warehouse) -> None:
    first, second = versions.kept()
    assert rollback.main(["--version", first]) == 0
    assert rollback.main(["--version", second]) == 0
    assert home.version() == second
    assert "CUST-new" in people(home)
    assert rollback.main([]) == 0
    assert home.version() == first


def test_what_was_rolled_back_from_is_not_the_version_before_the_next_night(
    home: Warehouse,
) -> None:
    first = versions.kept()[0]
    assert rollback.main([]) == 0
    home.night(PEOPLE, run_id="third")
    assert publish.main([]) == 0
    assert rollback.main([]) == 0
    assert home.version() == first


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("20200101T000000.000000Z", "is not kept, only: "),
        ("../build", "is not kept, only: "),
    ],
)
def test_a_version_that_is_not_there_is_refused_with_those_that_are(
    version: str, says: str, home: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    before = home.published.read_bytes()
    assert rollback.main(["--version", version]) == 2
    printed = capsys.readouterr().err
    assert says + ", ".join(versions.kept()) in printed
    assert home.published.read_bytes() == before


def test_there_is_no_version_before_the_first(
    home: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rollback.main([]) == 0
    assert rollback.main([]) == 2
    assert "There is no version before" in capsys.readouterr().err
    assert rollback.main(["--version", home.version()]) == 2
    assert "already" in capsys.readouterr().err


def test_a_version_costs_nothing_and_seven_are_kept(
    home: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert versions.place(home.version()).samefile(home.published)
    monkeypatch.setenv("LIFETIME_VERSIONS", "3")
    for number in range(4):
        home.night(PEOPLE, run_id=f"night-{number}")
        assert publish.main([]) == 0
    assert len(versions.kept()) == 4
    assert home.version() == versions.kept()[-1]
    monkeypatch.setenv("LIFETIME_VERSIONS", "many")
    with pytest.raises(UserError, match="LIFETIME_VERSIONS is 'many'"):
        versions.number_kept()


def test_where_there_are_no_hard_links_versions_are_copies(
    home: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: Path) -> None:
        raise OSError("Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    home.night(PEOPLE, run_id="third")
    assert publish.main([]) == 0
    place = versions.place(home.version())
    assert not place.samefile(home.published)
    assert place.read_bytes() == home.published.read_bytes()
    assert rollback.main([]) == 0


def test_a_damaged_version_is_not_published(
    home: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    first = versions.place(versions.kept()[0])
    with duckdb.connect(str(first)) as connection:
        connection.execute("update marts.customers set run_id = 'third'")
    before = home.published.read_bytes()
    assert rollback.main([]) == 3
    assert "does not hold what was published" in capsys.readouterr().err
    first.write_bytes(b"no database" * 1000)
    assert rollback.main([]) == 3
    assert "is damaged" in capsys.readouterr().err
    assert home.published.read_bytes() == before


def test_a_published_file_that_is_broken_is_replaced_and_allows_nothing(home: Warehouse) -> None:
    first = versions.kept()[0]
    home.published.unlink()
    home.published.write_bytes(b"no database" * 1000)
    assert rollback.main(["--version", first]) == 0
    assert people(home) == PEOPLE
    assert people(home, "customer_promotions", "is_selected") == []
    assert people(home, "customer_segments", "is_contactable") == []


# -- a rollback only takes away --------------------------------------------------------------------


def test_who_withdrew_since_is_not_mailed_again(home: Warehouse) -> None:
    home.night(PEOPLE, refusing=["CUST-ann"], run_id="third")
    assert publish.main([]) == 0
    assert rollback.main(["--version", versions.kept()[0]]) == 0
    for mart, column in (
        ("customer_segments", "is_contactable"),
        ("customer_promotions", "is_selected"),
    ):
        assert people(home, mart) == PEOPLE
        assert people(home, mart, column) == ["CUST-bob", "CUST-cyd"]
    assert home.rows("select customer_id, reason from marts.customer_promotions order by 1") == [
        ("CUST-ann", "rolled_back"),
        ("CUST-bob", "selected"),
        ("CUST-cyd", "selected"),
    ]


def test_nobody_gets_a_permission_back_by_way_of_two_rollbacks(home: Warehouse) -> None:
    first, second = versions.kept()
    home.night(PEOPLE, refusing=["CUST-ann"], run_id="third")
    assert publish.main([]) == 0
    assert rollback.main(["--version", second]) == 0
    assert rollback.main(["--version", first]) == 0
    assert people(home, "customer_segments", "is_contactable") == ["CUST-bob"]


def test_what_tools_may_know_stays_that_of_the_last_night(home: Warehouse) -> None:
    before = home.activation.read_bytes()
    assert rollback.main([]) == 0
    assert home.activation.read_bytes() == before


def test_who_asked_to_be_forgotten_since_does_not_come_back(home: Warehouse) -> None:
    """The history alone knows of it: a night that was not published."""
    home.night([*PEOPLE[1:], "CUST-new"], run_id="third")
    home.forget("CUST-ann")
    publish.keep_tombstones(home.build)
    assert "CUST-ann" in people(home)
    assert rollback.main([]) == 0
    assert people(home) == PEOPLE[1:]
    assert b"CUST-ann" not in home.published.read_bytes()
    assert home.rows("select forgotten_count from audit.publication") == [(1,)]


def test_the_night_that_forgets_somebody_clears_the_versions_too(home: Warehouse) -> None:
    files = [versions.place(version) for version in versions.kept()]
    assert all(b"CUST-ann" in file.read_bytes() for file in files)
    home.night([*PEOPLE[1:], "CUST-new"], run_id="third")
    home.forget("CUST-ann")
    assert publish.main([]) == 0
    for file in [versions.place(version) for version in versions.kept()]:
        assert b"CUST-ann" not in file.read_bytes()
        assert b"CUST-bob" in file.read_bytes()
    assert rollback.main([]) == 0
    assert people(home) == ["CUST-bob", "CUST-new"]


def test_make_erase_reaches_the_versions(
    home: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert erase.main(["--customer", "CUST-ann"]) == 0
    told = capsys.readouterr().out
    for version in versions.kept():
        place = versions.place(version)
        assert f"{version}.duckdb" in told
        assert b"CUST-ann" not in place.read_bytes()
        assert stat.S_IMODE(place.stat().st_mode) == stat.S_IMODE(home.published.stat().st_mode)
        read = manifest.read(place)
        assert read is not None
        assert rollback.published_contents(place) == read[1]
    assert rollback.main([]) == 0
    assert people(home) == PEOPLE[1:]
