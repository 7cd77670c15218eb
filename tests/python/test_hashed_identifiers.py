"""Hashed identifiers: the macros' own SQL against vectors of the platforms and hashlib.

Meta publishes the hashes of john_smith@gmail.com, 16505551212, mary, valéry and 정 ("Customer
Information Parameters"). Google publishes how addresses are written ("Get started with Customer
Match"), and which hash stands for them: SHA-256 in lower-case hex, as everywhere.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shop import Builder
from test_hash_buckets import inline
from test_policy_seeds import calling_codes

META = {
    "john_smith@gmail.com": "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
    "16505551212": "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    "mary": "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec",
    "valéry": "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c",
    "정": "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14",
}
OF_NOTHING = hashlib.sha256(b"").hexdigest()
COUNTRIES = calling_codes()

# An engine runs a query with one row of texts per parameter set, and returns the first column.
Engine = Callable[[str, Sequence[Sequence[str | None]]], list[Any]]


DUCKDB = duckdb.connect()


def on_duckdb(query: str, rows: Sequence[Sequence[str | None]]) -> list[Any]:
    """The query's only value for each row of parameters."""
    return [
        found[0] if (found := DUCKDB.execute(query, list(row)).fetchone()) else None for row in rows
    ]


ENGINES: dict[str, Engine] = {"duckdb": on_duckdb}


@pytest.fixture(scope="module")
def macros(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each macro is in SQL, for columns of these names."""
    builder = Builder(tmp_path_factory.mktemp("identifiers"))
    country = "'calling_code', 'trunk_prefix', 'minimum_digits', 'maximum_digits'"
    asked = {
        "email": "email_address('email')",
        "google": "email_for_google('email')",
        "meta": "email_for_meta('email')",
        "text": "phone_text('phone')",
        "digits": f"phone_digits('phone_text', {country})",
        "hashed": "hashed_identifier('identifier')",
    }
    split = "\n-- next --\n"
    text = inline(builder, split.join(f"{{{{ {call} }}}}" for call in asked.values()))
    return dict(zip(asked, text.split(split), strict=True))


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


def query(expression: str, *names: str) -> str:
    """A query of an expression over parameters that have these names."""
    columns = ", ".join(f"cast(? as varchar) as {name}" for name in names)
    return f"select {expression} from (select {columns}) as given"


@pytest.fixture(scope="module")
def emails(macros: dict[str, str], engine: Engine) -> Callable[[Sequence[str | None]], list[Any]]:
    """Each address as it is read, as Google and as Meta write it."""

    def run(given: Sequence[str | None]) -> list[Any]:
        read = engine(query(macros["email"], "email"), [[text] for text in given])
        rows = [[text] for text in read]
        google = engine(query(macros["google"], "email"), rows)
        meta = engine(query(macros["meta"], "email"), rows)
        return list(zip(read, google, meta, strict=True))

    return run


@pytest.fixture(scope="module")
def phones(
    macros: dict[str, str], engine: Engine
) -> Callable[[Sequence[tuple[str | None, str | None]]], list[Any]]:
    """The international digits of each number and country."""
    names = ("calling_code", "trunk_prefix", "minimum_digits", "maximum_digits")
    given_columns = ", ".join(f"cast(? as varchar) as {name}" for name in ("phone", *names))
    numbers = ", ".join(f"cast({name} as int) as {name}" for name in names[2:])
    read_once = (
        f"select {macros['text']} as phone_text, calling_code, trunk_prefix, {numbers}"
        f" from (select {given_columns}) as given"
    )
    outer = f"select {macros['digits']} from ({read_once}) as read_once"

    def run(given: Sequence[tuple[str | None, str | None]]) -> list[Any]:
        rows = [
            [phone, *(COUNTRIES.get(country or "", {}).get(name) or None for name in names)]
            for phone, country in given
        ]
        return engine(outer, rows)

    return run


def test_hashes_are_those_that_meta_publishes(macros: dict[str, str], engine: Engine) -> None:
    found = engine(query(macros["hashed"], "identifier"), [[text] for text in META])
    assert found == list(META.values())


def test_nothing_is_never_hashed(macros: dict[str, str], engine: Engine) -> None:
    assert engine(query(macros["hashed"], "identifier"), [[""], [None]]) == [None, None]


EMAILS = [
    # delivered, as Google writes it, as Meta writes it
    ("john_smith@gmail.com", "john_smith@gmail.com", "john_smith@gmail.com"),
    (" John_Smith@gmail.com ", "john_smith@gmail.com", "john_smith@gmail.com"),
    ("\t\u00a0John_Smith@gmail.com\u00a0\r\n", "john_smith@gmail.com", "john_smith@gmail.com"),
    ("\ufeffjane@example.org\u200b", "jane@example.org", "jane@example.org"),
    ("Jane.Doe@gmail.com", "janedoe@gmail.com", "jane.doe@gmail.com"),
    ("Jane.Doe+news@GMAIL.COM", "janedoe@gmail.com", "jane.doe+news@gmail.com"),
    ("j.d.+a.b+c@googlemail.com", "jd@googlemail.com", "j.d.+a.b+c@googlemail.com"),
    ("jane.doe+news@example.org", "jane.doe+news@example.org", "jane.doe+news@example.org"),
    ("jane.doe@gmail.com.example", "jane.doe@gmail.com.example", "jane.doe@gmail.com.example"),
    ("jane.doe@mail.gmail.com", "jane.doe@mail.gmail.com", "jane.doe@mail.gmail.com"),
    ("ISTVAN@EXAMPLE.ORG", "istvan@example.org", "istvan@example.org"),
    ("VALÉRY@example.org", "valéry@example.org", "valéry@example.org"),
    ("vale\u0301ry@example.org", "valéry@example.org", "valéry@example.org"),
    ("+news@gmail.com", None, "+news@gmail.com"),
    ("...@gmail.com", None, "...@gmail.com"),
]
NO_EMAILS = ["", " ", "unknown", "@", "jane@", "@example.org", "a@b@c", "jane doe@example.org"]


def test_addresses_are_written_as_each_platform_asks(
    emails: Callable[[Sequence[str | None]], list[Any]],
) -> None:
    found = emails([delivered for delivered, _, _ in EMAILS])
    assert [written for _, *written in found] == [written for _, *written in EMAILS]


def test_what_is_no_address_is_none(
    emails: Callable[[Sequence[str | None]], list[Any]],
) -> None:
    asked = [*NO_EMAILS, "jane\u00a0doe@example.org", None]
    assert emails(asked) == [(None, None, None)] * len(asked)


PHONES = [
    # as delivered, country, digits of the international number; hand-made from the numbering plans
    ("+1 650 555 1212", None, "16505551212"),
    ("(650) 555-1212", "US", "16505551212"),
    ("1 650 555 1212", "USA", "16505551212"),
    ("001 650-555-1212", "DE", "16505551212"),
    ("+49 30 123456", "GB", "4930123456"),
    ("+49 (0)30 123456", None, "4930123456"),
    ("+49(0) 30 / 12 34 56", None, "4930123456"),
    ("(+49) 30 123456", None, "4930123456"),
    ("0049 (0) 30-123456", None, "4930123456"),
    ("\u00a0030\u202f123\u00a0456\t", "DE", "4930123456"),
    ("(030) 12 34\u201356", "DEUTSCHLAND", "4930123456"),
    ("(0)30 123456", "DE", "4930123456"),
    ("030.123456", "AT", "4330123456"),
    ("020 7946 0123", "GB", "442079460123"),
    ("06 12345678", "IT", "390612345678"),  # Italy keeps its zero
    ("06 20 123 4567", "HU", "36201234567"),
    ("8 912 345-67-89", "RU", "79123456789"),
    ("612 345 678", "ES", "34612345678"),
    ("20 12 34 56", "DK", "4520123456"),
]
NO_PHONES = [
    ("030 123456", None),  # whose 030?
    ("030 123456", "ATLANTIS"),
    ("30 123456", "DE"),  # a local number, or one that lost its zero
    ("49 30 123456", "DE"),  # one that lost its plus, or a local number
    ("34 612 345 678", "ES"),
    ("555-1212", "US"),  # a local number
    ("0 650 555 1212", "US"),
    ("011 49 30 123456", "US"),
    ("00 0 30 123456", "DE"),
    ("+0049 30 123456", "DE"),
    ("030 123456 / 0171 1234567", "DE"),  # two numbers
    ("030 123456 ext. 7", "DE"),
    ("+49 30 CALLME", "DE"),
    ("\uff10\uff13\uff10 123456", "DE"),
    ("+49 30 1234567890123", "DE"),  # longer than E.164 knows
    ("+49 30", "DE"),
    ("+", "DE"),
    ("(0)", "DE"),
    ("-", "DE"),
    ("", "DE"),
    (None, "DE"),
]


def test_numbers_become_international_where_that_is_certain(
    phones: Callable[[Sequence[tuple[str | None, str | None]]], list[Any]],
) -> None:
    found = phones([(phone, country) for phone, country, _ in PHONES])
    assert dict(zip(PHONES, found, strict=True)) == {row: row[2] for row in PHONES}


def test_a_number_that_is_not_certain_is_none(
    phones: Callable[[Sequence[tuple[str | None, str | None]]], list[Any]],
) -> None:
    assert dict(zip(NO_PHONES, phones(NO_PHONES), strict=True)) == dict.fromkeys(NO_PHONES)


@given(st.text(), st.sampled_from([*COUNTRIES, None]))
@example("\u0660\u0661\u0662", "DE")
@settings(max_examples=300, deadline=None)
def test_a_number_is_digits_with_a_calling_code_or_none(
    phones: Callable[[Sequence[tuple[str | None, str | None]]], list[Any]],
    text: str,
    country: str | None,
) -> None:
    (found,) = phones([(text.replace("\0", ""), country)])
    assert found is None or (
        found.isascii() and found.isdigit() and found[0] != "0" and 7 <= len(found) <= 15
    )


@given(st.text(), st.text(), st.sampled_from(["gmail.com", "GoogleMail.com", "example.org", ""]))
@settings(max_examples=300, deadline=None)
def test_an_address_is_what_python_makes_of_it_or_none(
    emails: Callable[[Sequence[str | None]], list[Any]], before: str, name: str, domain: str
) -> None:
    """By another hand: str.lower, str.split and unicodedata."""
    text = f"{before}{name}@{domain}".replace("\0", "")
    ((read, google, meta),) = emails([text])
    if read is None:
        assert (google, meta) == (None, None)
        return
    assert read in unicodedata.normalize("NFC", text)
    assert unicodedata.is_normalized("NFC", read)
    mailbox, host = meta.split("@")
    assert mailbox and host and not (meta.isascii() and meta != read.lower())
    if host in ("gmail.com", "googlemail.com"):
        mailbox = mailbox.split("+")[0].replace(".", "")
        assert google == (f"{mailbox}@{host}" if mailbox else None)
    else:
        assert google == meta


def test_no_hash_of_nothing_and_no_plain_address_is_in_the_demo(demo_build: Any) -> None:
    with duckdb.connect(str(demo_build), read_only=True) as connection:
        rows = connection.sql(
            "select email_sha256 from activation.audience_sync where kind = 'ads' union all "
            "select phone_sha256 from activation.audience_sync where kind = 'ads'"
        ).fetchall()
    hashes = {text for (text,) in rows if text is not None}
    assert len(hashes) > 500
    assert OF_NOTHING not in hashes
    assert all(len(text) == 64 and set(text) <= set("0123456789abcdef") for text in hashes)
