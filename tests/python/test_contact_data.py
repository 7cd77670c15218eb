"""Contact data is where it belongs: no analyst's file holds an address, a number or a birthday."""

import re
from pathlib import Path

import duckdb
import pytest
from shop import Build
from test_activation import values

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
    return {str(value).strip().lower() for (value,) in rows if value}


def digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def test_no_address_or_number_is_in_what_analysts_read(demo: Build, analysts: Path) -> None:
    """Neither in the bytes of the file nor in what they hold compressed."""
    text = repr(values(analysts)).lower() + analysts.read_bytes().decode("latin-1").lower()
    emails, phones = delivered(demo, "email"), delivered(demo, "phone")
    assert len(emails) > 2500 and len(phones) > 800
    written = set(re.findall(r"[^\s'\"\\]+@[^\s'\"\\]+", text))
    assert not {email for email in emails if "@" in email} & written
    numbers = {digits(found) for found in NUMBER.findall(repr(values(analysts)))}
    assert not {digits(phone) for phone in phones} & numbers
    assert not [phone for phone in phones if phone in text]


def test_no_birth_date_and_no_column_of_contact_data_is_there(demo: Build, analysts: Path) -> None:
    births = delivered(demo, "birth_date")
    with duckdb.connect(str(analysts), read_only=True) as connection:
        columns = connection.execute(
            "select table_name || '.' || column_name from information_schema.columns"
            " where regexp_matches(column_name, '(^|_)(email|phone|birth|address)(_|$)')"
            " and not regexp_matches(column_name, '_count_')"
        ).fetchall()
        customers = repr(connection.execute("from marts.customers").fetchall())
    assert columns == []
    before_any_order = {date for date in births if date < "2020"}
    assert len(before_any_order) > 1000
    assert not [date for date in before_any_order if date in customers]


def test_the_tools_file_does_hold_addresses(demo: Build, tmp_path: Path) -> None:
    """The search above would find them."""
    path = tmp_path / "activation.duckdb"
    publish._copy([(demo.database, publish.ACTIVATION_SCHEMAS)], path)
    text = repr(values(path))
    assert text.count("@example.org") > 1000
    assert len(NUMBER.findall(text)) > 100
