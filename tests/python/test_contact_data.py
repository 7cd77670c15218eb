"""Contact data is where it belongs: no analyst's file holds an address, a number, a birth date."""

import re
from pathlib import Path

import duckdb
import pytest
from shop import Build

from ops import publish

NUMBER = re.compile(r"\+?\d[\d ()/.-]{5,}\d")


@pytest.fixture(scope="module")
def analysts(demo: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's marts as they are published."""
    path = tmp_path_factory.mktemp("published") / "lifetime_segments.duckdb"
    publish._copy([(demo.database, publish.PUBLISHED_SCHEMAS)], path)
    return path


def delivered(demo: Build, column: str) -> set[str]:
    """What the demo's customers have in a column, as it was delivered."""
    rows = demo.rows(f"select distinct {column} from demo_raw.demo_customers")
    return {str(value).strip() for (value,) in rows if value}


def texts(path: Path) -> set[str]:
    """Every value of every column as text: what the bytes of a file hold compressed."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as published (read_only)")
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where database_name = 'published' and not internal order by all"
        ).fetchall()
        assert columns
        return {
            value
            for schema, table, column in columns
            for (value,) in connection.execute(
                f'select distinct cast("{column}" as varchar) from published."{schema}"."{table}"'
            ).fetchall()
            if value is not None
        }


def digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def contacts(found: set[str], emails: set[str], phones: set[str]) -> set[str]:
    """The addresses and numbers that stand anywhere in these texts, however they are spelt."""
    words = {word.lower() for text in found if "@" in text for word in re.split(r"[\s,;<>]", text)}
    numbers = {digits(number) for text in found for number in NUMBER.findall(text)}
    return ({email.lower() for email in emails if "@" in email} & words) | (
        {digits(phone) for phone in phones} & numbers
    )


def test_no_address_or_number_is_in_what_analysts_read(demo: Build, analysts: Path) -> None:
    """Neither in the bytes of the file nor in what they hold compressed."""
    emails, phones = delivered(demo, "email"), delivered(demo, "phone")
    assert len(emails) > 2500 and len(phones) > 800
    assert contacts(texts(analysts), emails, phones) == set()
    raw = analysts.read_bytes()
    assert b"@example" not in raw
    assert not {phone.encode() for phone in phones} & set(re.findall(rb"\+49 30 \d{6}", raw))


def test_no_birth_date_and_no_column_of_contact_data_is_there(demo: Build, analysts: Path) -> None:
    births = {date for date in delivered(demo, "birth_date") if date < "2020"}
    assert len(births) > 1000
    assert not births & texts(analysts)
    with duckdb.connect(str(analysts), read_only=True) as connection:
        columns = connection.execute(
            "select table_name || '.' || column_name from information_schema.columns"
            " where regexp_matches(column_name, '(^|_)(email|phone|birth|address)(_|$)')"
            " and not regexp_matches(column_name, '_count_')"
        ).fetchall()
    assert columns == []


def test_the_search_would_find_them(demo: Build, tmp_path: Path) -> None:
    """In the tools' file they are: every address, and the numbers as digits."""
    path = tmp_path / "activation.duckdb"
    publish._copy([(demo.database, publish.ACTIVATION_SCHEMAS)], path)
    emails, phones = delivered(demo, "email"), delivered(demo, "phone")
    found = contacts(texts(path), emails, phones)
    assert len([contact for contact in found if "@" in contact]) > 1000
    assert len([contact for contact in found if contact.isdigit()]) > 100
