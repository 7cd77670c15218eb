"""The facts in the policy seeds are true, by independent sources."""

import csv
import zoneinfo
from pathlib import Path

import duckdb
import pytest
import pytz

POLICY = Path(__file__).resolve().parents[2] / "seeds" / "policy"


def calling_codes() -> dict[str, dict[str, str]]:
    """How each spelling of a country numbers its telephones."""
    with (POLICY / "calling_codes.csv").open(encoding="utf-8", newline="") as file:
        return {row["country"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def zones() -> dict[str, str]:
    """The time zone of each spelling of a country."""
    with (POLICY / "country_time_zones.csv").open(encoding="utf-8", newline="") as file:
        return {row["country"]: row["time_zone"] for row in csv.DictReader(file)}


def test_every_time_zone_is_one(zones: dict[str, str]) -> None:
    assert sorted(set(zones.values()) - zoneinfo.available_timezones()) == []


def test_the_warehouse_knows_every_time_zone(zones: dict[str, str]) -> None:
    """An unknown one would stop the build."""
    with duckdb.connect() as connection:
        for zone in sorted(set(zones.values())):
            connection.execute("select timezone(?, timestamptz '2026-01-01 00:00:00Z')", [zone])


def test_every_country_with_people_is_there(zones: dict[str, str]) -> None:
    """By its two letters, in one of its own zones; Kosovo's XK is in wide use, not in ISO 3166."""
    codes = {country: zone for country, zone in zones.items() if len(country) == 2}
    del codes["XK"], codes["UK"], codes["EL"]
    own_zones = dict(pytz.country_timezones.items())
    assert codes.keys() == own_zones.keys()
    assert [code for code in codes if codes[code] not in own_zones[code]] == []


def test_spellings_of_a_country_agree(zones: dict[str, str]) -> None:
    for spellings in (
        ["DE", "DEU", "GERMANY", "DEUTSCHLAND"],
        ["GB", "GBR", "UK", "UNITED KINGDOM", "GREAT BRITAIN", "ENGLAND"],
        ["US", "USA", "UNITED STATES", "UNITED STATES OF AMERICA"],
        ["IE", "IRL", "IRELAND", "EIRE"],
        ["NZ", "NZL", "NEW ZEALAND"],
        ["CI", "CÔTE D'IVOIRE", "IVORY COAST"],
    ):
        assert len({zones[spelling] for spelling in spellings}) == 1


def test_the_warehouse_finds_each_spelling_whatever_its_case(zones: dict[str, str]) -> None:
    with duckdb.connect() as connection:
        for country in zones:
            found = connection.execute("select upper(lower(?))", [country]).fetchone()
            assert found == (country,)


NO_TELEPHONES = {"AQ", "GS", "PN", "TF", "UM"}  # no numbering plan of their own


def test_every_spelling_of_a_country_has_its_calling_code(zones: dict[str, str]) -> None:
    codes = calling_codes()
    assert codes.keys() <= zones.keys()
    assert {country for country in zones.keys() - codes.keys() if len(country) == 2} == (
        NO_TELEPHONES
    )
    alike: dict[str, set[str]] = {}
    for country in codes:
        alike.setdefault(zones[country], set()).add(codes[country]["calling_code"])
    # countries that share a time zone in the seed, and no calling code
    assert {zone for zone, found in alike.items() if len(found) > 1} == {"Europe/Belgrade"}


def test_calling_codes_are_those_of_the_numbering_plans() -> None:
    codes = calling_codes()
    for country, code, trunk in (
        ("DE", "49", "0"),
        ("AT", "43", "0"),
        ("CH", "41", "0"),
        ("GB", "44", "0"),
        ("FR", "33", "0"),
        ("NL", "31", "0"),
        ("AU", "61", "0"),
        ("JP", "81", "0"),
        ("IN", "91", "0"),
        ("IT", "39", ""),
        ("ES", "34", ""),
        ("DK", "45", ""),
        ("PL", "48", ""),
        ("CZ", "420", ""),
        ("US", "1", "1"),
        ("CA", "1", "1"),
        ("JM", "1", "1"),
        ("RU", "7", "8"),
        ("KZ", "7", "8"),
        ("HU", "36", "06"),
        ("XK", "383", "0"),
    ):
        assert (codes[country]["calling_code"], codes[country]["trunk_prefix"]) == (code, trunk)
