"""What tools are told over some nights: add, update, keep, remove; and what of it is remembered.

The nights are built as a shop builds them: a new file each night, begun with the history that the
last publication left.
"""

import datetime
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from shop import Build, Builder, write_tables

from ops import publish
from ops.project import activation_file, build_file, history_file, published_files

FIRST, SECOND, THIRD, LATE = "2025-06-28", "2025-06-29", "2025-06-30", "2025-07-29"
PEOPLE = [
    *("keeper", "buyer", "mover", "withdrew", "took_back_later", "complained_later"),
    *("erased", "gone", "silent", "e-mail alone", "minor", "prospect"),
]
GRANTS = ("email", "sms", "ads")
Action = tuple[str, str]


def person(name: str) -> dict[str, str]:
    number = PEOPLE.index(name) if name in PEOPLE else 99
    return {
        "customer_id": f"<{name}>",
        "created_at": "2025-01-02",
        "email": f"{name.replace(' ', '_')}@mail.example",
        "phone": f"+49 30 5550{number:02}",
        "birth_date": "2015-01-01" if name == "minor" else "",
    }


def grant(
    name: str, channel: str, at: str = "2025-01-02", status: str = "granted"
) -> dict[str, str]:
    purpose = {"ads": "advertising", "all": "all"}.get(channel, "marketing")
    return {
        "customer_id": f"<{name}>",
        "channel": channel,
        "purpose": purpose,
        "changed_at": at,
        "status": status,
    }


class Delivery:
    """The tables of a night, as plain rows that a test changes."""

    def __init__(self) -> None:
        self.customers = {name: person(name) for name in PEOPLE}
        self.consents = [
            grant(name, channel)
            for name in PEOPLE
            for channel in GRANTS
            if name != "silent" and (name != "e-mail alone" or channel == "email")
        ]
        # whoever got the guide for prospects gets no promotion, so that nothing changes at night
        self.sends = [
            {
                "send_id": name,
                "customer_id": f"<{name}>",
                "promotion_id": "welcome_guide",
                "channel": "email",
                "sent_at": "2025-06-01",
            }
            for name in PEOPLE
            if name != "prospect"
        ]
        self.orders: list[dict[str, str]] = []
        self.events: list[dict[str, str]] = []
        self.erasures: list[dict[str, str]] = []

    def write(self, folder: Path) -> Path:
        tables = {
            "orders": (self.orders, ["order_id", "customer_id", "ordered_at", "gross_amount"]),
            "customers": (list(self.customers.values()), list(person("keeper"))),
            "consents": (self.consents, list(grant("keeper", "email"))),
            "promotion_sends": (self.sends, list(self.sends[0])),
            "events": (self.events, ["event_id", "occurred_at", "event_type", "customer_id"]),
            "erasure_requests": (self.erasures, ["request_id", "requested_at", "customer_id"]),
        }
        frames = {
            name: pd.DataFrame(rows, columns=columns) for name, (rows, columns) in tables.items()
        }
        return write_tables(folder, frames)


class Shop:
    """Builds and publishes nights in a folder of its own."""

    def __init__(self, builder: Builder, home: Path) -> None:
        self.builder, self.home = builder, home
        self.delivery = Delivery()
        self.nights: dict[str, dict[str, dict[str, Action]]] = {}
        self.first_rows: list[dict[str, Any]] = []
        self.traces: dict[str, list[str]] = {}

    def night(self, day: str, checks: bool = False) -> Build:
        """One night; the file of the last one is gone, as in ops.build."""
        build_file().unlink(missing_ok=True)
        publish.restore_history(build_file())
        raw = self.delivery.write(self.home / "raw")
        built = self.builder.build(raw, self.home, as_of=day, checks=checks)
        assert not built.problems, "\n".join(built.problems)
        publish.record_build(day, True, "an-invocation")
        publish.publish()
        return built

    def told(self, destination: str) -> dict[str, Action]:
        """What the published file tells a tool of each person whose id the test can compute."""
        names = {external_id(destination, name): name for name in [*PEOPLE, "newcomer"]}
        with duckdb.connect(str(activation_file()), read_only=True) as connection:
            rows = connection.execute(
                "select external_id, action, action_reason from audience_sync"
                " where destination = ?",
                [destination],
            ).fetchall()
        assert len({row[0] for row in rows}) == len(rows)
        return {names[key]: (action, reason) for key, action, reason in rows}

    def row(self, destination: str, name: str) -> dict[str, Any]:
        with duckdb.connect(str(activation_file()), read_only=True) as connection:
            found = connection.execute(
                "select * from audience_sync where destination = ? and external_id = ?",
                [destination, external_id(destination, name)],
            ).df()
        assert len(found) == 1
        return dict(json.loads(found.to_json(orient="records", date_format="iso"))[0])


def external_id(destination: str, name: str, salt: str = "") -> str:
    text = f"{salt or Salt.value}|{destination}|<{name}>"
    return hashlib.sha256(text.encode()).hexdigest()


class Salt:
    """The salt of the shop under test, read from its first night."""

    value = ""


@pytest.fixture(scope="module")
def shop(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Four nights in a row, and what each told each tool."""
    home = tmp_path_factory.mktemp("nights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFETIME_BUILD_PATH", str(home / "build.duckdb"))
        shop = Shop(builder, home)
        for day, change in ((FIRST, nothing), (SECOND, second), (THIRD, third), (LATE, nothing)):
            change(shop.delivery)
            built = shop.night(day, checks=day == SECOND)
            Salt.value = built.value("select salt from protected_history.stg_erasure_salt")
            tools = ("email_tool", "sms_tool", "google_ads")
            shop.nights[day] = {name: shop.told(name) for name in tools}
            if day == FIRST:
                asked = (("email_tool", "prospect"), ("google_ads", "keeper"))
                shop.first_rows = [shop.row(*one) for one in asked]
            if day == SECOND:
                shop.traces = traces("erased")
        yield shop


def nothing(delivery: Delivery) -> None:
    """A night on which nothing is new."""


def second(delivery: Delivery) -> None:
    """Somebody buys, moves, withdraws, complains, asks to be forgotten, disappears, arrives."""
    order = {"order_id": "1", "customer_id": "<buyer>", "ordered_at": SECOND, "gross_amount": "20"}
    delivery.orders.append(order)
    delivery.customers["mover"]["email"] = "moved@mail.example"
    delivery.consents += [
        grant("withdrew", "email", SECOND, "withdrawn"),
        grant("took_back_later", "all", "2025-07-10", "withdrawn"),
    ]
    delivery.events.append(
        {
            "event_id": "1",
            "occurred_at": "2025-07-10",
            "event_type": "complained",
            "customer_id": "<complained_later>",
        }
    )
    delivery.erasures.append({"request_id": "1", "requested_at": SECOND, "customer_id": "<erased>"})
    del delivery.customers["gone"]
    delivery.consents = [row for row in delivery.consents if row["customer_id"] != "<gone>"]
    delivery.sends = [row for row in delivery.sends if row["customer_id"] != "<gone>"]
    delivery.customers["newcomer"] = person("newcomer")
    delivery.consents.append(grant("newcomer", "email"))


def third(delivery: Delivery) -> None:
    """Who withdrew has second thoughts."""
    delivery.consents.append(grant("withdrew", "email", THIRD))


def traces(name: str) -> dict[str, list[str]]:
    """Where a person can still be found: in any byte of any published file, and in any value."""
    needles = [f"<{name}>", f"{name}@mail.example", *phone_forms(person(name)["phone"])]
    found = {}
    for path in published_files():
        text = path.read_bytes() + repr(values(path)).encode()
        found[path.name] = [needle for needle in needles if needle.encode() in text]
    return found


def values(path: Path) -> list[Any]:
    """Every row of every table: what the bytes of a file hold compressed."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as published (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        assert tables
        return [
            connection.execute(f'from published."{schema}"."{table}"').fetchall()
            for schema, table in tables
        ]


def phone_forms(phone: str) -> list[str]:
    digits = phone.replace(" ", "").removeprefix("+")
    return [phone, digits, digits[2:]]


def test_on_the_first_night_everybody_who_allowed_it_is_added_and_nobody_else(
    shop: Shop,
) -> None:
    told = shop.nights[FIRST]
    allowed = {name: ("add", "new") for name in PEOPLE if name not in ("silent", "minor")}
    assert told["email_tool"] == allowed
    del allowed["e-mail alone"]
    assert told["sms_tool"] == told["google_ads"] == allowed


def test_a_message_tool_gets_address_and_promotion_an_ad_platform_hash_and_segment(
    shop: Shop,
) -> None:
    promoted, keeper = shop.first_rows
    assert promoted["email"] == "prospect@mail.example"
    assert promoted["segment"] == "prospect"
    assert promoted["promotion_id"] == "welcome_guide"
    assert promoted["message_key"] == "welcome_guide_email"
    assert promoted["send_from_at"].startswith("2025-06-29")
    assert promoted["email_sha256"] is promoted["phone_sha256"] is promoted["phone"] is None
    assert keeper["email_sha256"] == hashlib.sha256(b"keeper@mail.example").hexdigest()
    assert keeper["phone_sha256"] == hashlib.sha256(b"+4930555000").hexdigest()
    assert {name for name, value in keeper.items() if value is not None} == {
        *("destination", "external_id", "kind", "as_of_date", "action", "action_reason"),
        *("email_sha256", "phone_sha256", "segment", "payload_hash"),
    }


def test_on_the_second_night_only_the_difference_is_told(shop: Shop) -> None:
    told = shop.nights[SECOND]
    assert told["email_tool"] == {
        "keeper": ("keep", "unchanged"),
        "e-mail alone": ("keep", "unchanged"),
        "buyer": ("update", "changed"),
        "mover": ("update", "changed"),
        "prospect": ("update", "changed"),
        "newcomer": ("add", "new"),
        "withdrew": ("remove", "consent_withdrawn"),
        "took_back_later": ("remove", "withdrawn_after_as_of"),
        "complained_later": ("remove", "withdrawn_after_as_of"),
        "erased": ("remove", "not_known"),
        "gone": ("remove", "not_known"),
    }
    assert told["google_ads"] == {
        "keeper": ("keep", "unchanged"),
        "prospect": ("keep", "unchanged"),
        "withdrew": ("keep", "unchanged"),  # from e-mail alone
        "complained_later": ("keep", "unchanged"),  # about e-mail
        "buyer": ("update", "changed"),
        "mover": ("update", "changed"),
        "took_back_later": ("remove", "withdrawn_after_as_of"),
        "erased": ("remove", "not_known"),
        "gone": ("remove", "not_known"),
    }


def test_an_erased_person_is_removed_and_nowhere_in_any_published_byte(shop: Shop) -> None:
    assert shop.traces == {path.name: [] for path in published_files()}
    assert all(traces("keeper")[name] for name in ("lifetime_segments.duckdb", "activation.duckdb"))
    assert shop.nights[SECOND]["sms_tool"]["erased"] == ("remove", "not_known")


def test_a_new_grant_adds_again_and_a_removal_is_told_again(shop: Shop) -> None:
    told = shop.nights[THIRD]["email_tool"]
    assert told["withdrew"] == ("add", "new")
    assert told["erased"] == told["gone"] == ("remove", "not_known")
    assert told["took_back_later"] == ("remove", "withdrawn_after_as_of")
    assert told["buyer"] == ("keep", "unchanged")
    assert told["newcomer"] == ("update", "changed")  # the guide, in tomorrow's window


def test_after_thirty_nights_a_removal_is_not_told_any_more_and_nothing_remembers_it(
    shop: Shop,
) -> None:
    told = shop.nights[LATE]["email_tool"]
    assert "erased" not in told and "gone" not in told
    assert told["keeper"] == ("keep", "unchanged")
    remembered = repr(values(history_file()))
    assert external_id("email_tool", "erased") not in remembered
    assert external_id("email_tool", "keeper") in remembered


def test_the_same_night_again_tells_the_same_and_takes_back_what_its_first_build_told(
    shop: Shop,
) -> None:
    """Nobody knows whether the tool has read the first build; it is right for it either way."""
    day = str(datetime.date.fromisoformat(LATE) + datetime.timedelta(days=1))
    shop.delivery.customers["keeper"]["email"] = "kept@mail.example"
    shop.delivery.consents += [grant("silent", "email")]
    shop.night(day)
    first = shop.told("email_tool")
    assert first["keeper"] == ("update", "changed")
    assert first["silent"] == ("add", "new")

    shop.delivery.consents.append(grant("silent", "email", "2025-08-01", "withdrawn"))
    shop.night(day)
    again = shop.told("email_tool")
    assert again.pop("silent") == ("remove", "withdrawn_after_as_of")
    del first["silent"]
    assert again == first


def test_the_demo_has_no_history_so_everything_is_new(demo: Build) -> None:
    rows = demo.rows("select action, count(*) from activation.audience_sync group by 1")
    assert [action for action, _ in rows] == ["add"]


def test_what_was_taken_back_in_july_is_honoured_in_the_demo_of_june(demo: Build) -> None:
    """Two people of the demo are selected by their consent of June, and withdrew in July."""
    said_no = (
        "select customer_id, is_selected from intermediate.int_later_withdrawals"
        " join intermediate.int_customers using (customer_key)"
        " join marts.customer_promotions using (customer_id, channel) where channel = 'email'"
    )
    assert demo.value(f"select count(*) from ({said_no}) where is_selected") > 0
    salt = demo.value("select salt from protected_history.stg_erasure_salt")
    known = {row for (row,) in demo.rows("select external_id from activation.audience_sync")}
    for (customer,) in demo.rows(f"select distinct customer_id from ({said_no})"):
        text = f"{salt}|email_tool|{customer}"
        assert hashlib.sha256(text.encode()).hexdigest() not in known
