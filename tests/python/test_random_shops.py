"""Random shops, with any rubbish in any column: the build never fails for data reasons.

Hypothesis draws a shop's size, date, policy, seed and single cells of free text; the rows are
made from the seed, since thousands of cells a shop would leave hypothesis no room. Both formats
and every share of rubbish have their turn. `pytest -m long` builds 504 shops, and prints so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from shop import CONTRACT, REPOSITORY, Build, Builder, write_tables

AS_OF = date(2025, 6, 30)
FIRST_DAY = date(2024, 1, 1)
RAW_ZONE = ZoneInfo("America/New_York")
BUSINESS_ZONE = ZoneInfo("Europe/Berlin")
Row = dict[str, Any]
Tables = dict[str, list[Row]]
Add = Callable[..., None]
Column = Callable[[], pa.Array]

CHANNELS = ["email", "sms", "push"]
PROMOTIONS = ["welcome_guide", "second_order_nudge", "win_back_gift", "birthday_gift", "unknown"]
CAP_HOURS = sorted(
    set(pd.read_csv(REPOSITORY / "seeds" / "policy" / "contact_caps.csv")["window_hours"])
)
EVENTS = [
    *("product_viewed", "product_viewed", "cart_updated", "checkout_started", "email_delivered"),
    *("email_clicked", "push_clicked", "email_bounced", "unsubscribed", "complained"),
    *("back_in_stock_requested", "review_posted", "support_contacted", "Own Name"),
]

RUBBISH: list[str | None] = [
    *(None, "", " ", "\t\n", "0", "-1", "-0.005", "NaN", "nan", "inf", "-Infinity", "1e400"),
    *("1e18", "1e-30", "99999999999999.99999", "999999999", "1" * 30, "0x1F", "1,5", "€ 12"),
    *("\uff11\uff12", "true", "null", "NULL", "2024-02-30", "0000-00-00", "9999-12-31", "now"),
    *("0001-01-01", "294247-01-10 04:00:54", "1969-12-31T23:59:59Z", "-4712-01-01", "infinity"),
    *("2025-03-30 02:30:00", "2024-02-29T12:00:00+14:00", "2024-05-05T25:00", "1718000000"),
    *("2024-06-01 10:00 Europe/Berlin", "2024-06-01T10:00:00-99:00", "epoch", "5881580-07-11"),
    *("'; drop table orders; --", "' or 1=1", '"', '""', 'a"b,c;d|e', "two\nlines", "a\rb"),
    *("\\", "\\N", "{{ ref('x') }}", "{% endif %}", "${HOME}", "%s", "-- x", "/*", "\x00nul"),
    *("\N{PILE OF POO}\u200d", "\u202eabc", "\u05d0\u05d1", "\ufeffbom", "e\u0301", "\U0010ffff"),
    *("x" * 10_000, "EUR", "eur", "XXX", "completed", "refund requested", "granted", "C1"),
]
SHARES_OF_RUBBISH = [0, 0.01, 0.1, 1]
FORMATS = ["csv", "parquet"]
TIMES = {
    *("ordered_at", "refunded_at", "created_at", "occurred_at", "linked_at", "changed_at"),
    *("responded_at", "sent_at", "assigned_at", "requested_at", "updated_at", "loaded_at"),
    *("rate_date", "birth_date"),
}
NUMBERS = {
    *("gross_amount", "discount_amount", "shipping_amount", "tax_amount", "quantity", "unit_price"),
    *("unit_cost", "stock_quantity", "amount", "acquisition_cost", "rate", "score", "cost"),
}


@dataclass(frozen=True)
class Knobs:
    """What hypothesis decides about a shop."""

    seed: int
    customers: int
    rubbish: float
    suffix: str
    as_of: date
    policy: dict[str, Any]
    cells: list[tuple[str, str, int, str]]


POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "segment_map": st.sampled_from(["classic", "shopify", "klaviyo"]),
        "rfm_scoring": st.sampled_from(["percent_rank", "cume_dist", "thresholds"]),
        "rfm_frequency": st.sampled_from(["orders", "occasions"]),
        "rfm_monetary": st.sampled_from(["total", "average"]),
        "rfm_window_days": st.sampled_from([0, 1, 90]),
        "cadence_minimum_gaps": st.integers(1, 4),
        "minimum_order_amount": st.sampled_from([0, 0.01, 100]),
        "count_cancelled_orders": st.booleans(),
    },
)


@st.composite
def knobs(draw: st.DrawFn, suffix: str, rubbish: float) -> Knobs:
    """A shop's size, date and policy, and a few cells of free text."""
    columns = [(table, column) for table, names in CONTRACT.items() for column in names]
    cell = st.tuples(st.sampled_from(columns), st.integers(0, 50), st.text(max_size=30))
    cells = draw(st.lists(cell, max_size=4)) if rubbish else []
    return Knobs(
        seed=draw(st.integers(0, 2**32 - 1)),
        customers=200 - draw(st.integers(0, 200)),  # hypothesis begins with the simplest: 200
        rubbish=rubbish,
        suffix=suffix,
        as_of=draw(st.sampled_from([AS_OF, date(2024, 9, 15)])),
        policy=draw(POLICIES),
        cells=[(*place, row, text) for place, row, text in cells],
    )


def make_shop(random: Random, customers: int, as_of: date) -> Tables:
    """A realistic shop: every table, nothing that staging would refuse."""
    tables: Tables = {table: [] for table in CONTRACT}

    def add(table: str, columns: str, *values: str | None) -> None:
        given = dict(zip(columns.split(), values, strict=True))
        tables[table].append({column: given.get(column) for column in CONTRACT[table]})

    for day in range(-49, (AS_OF - FIRST_DAY).days, 7):
        rate = f"{random.uniform(1.1, 1.3):.5f}"
        add(
            "exchange_rates",
            "currency rate_date rate",
            "GBP",
            f"{FIRST_DAY + timedelta(day)}",
            rate,
        )
    for number in range(6):
        known = (f"P{number}", "Thing", "abc"[number % 3], f"{random.uniform(1, 9):.2f}")
        stock = (random.choice(["true", "false", None]), random.choice(["0", "7", None]))
        columns = "product_id name category unit_cost is_consumable stock_quantity"
        add("products", columns, *known, *stock)
    for number in range(customers):
        add_customer(random, f"C{number}", as_of, add)
        for _ in range(min(int(random.expovariate(0.4)), 12)):
            add_order(random, f"O{len(tables['orders'])}", f"C{number}", as_of, add)
        for _ in range(random.randint(0, 4)):
            add_event(random, f"E{len(tables['events'])}", f"C{number}", as_of, add)
    return tables


def some_time(random: Random) -> str:
    """A time in the shop's life, in one of the ways in which times are written."""
    seconds = random.randrange((AS_OF - FIRST_DAY).days * 86_400)
    at = datetime(FIRST_DAY.year, 1, 1) + timedelta(seconds=seconds)
    return at.isoformat(random.choice(" T")) + random.choice(["", "Z", "+00:00", "+05:30"])


def end_of(as_of: date) -> datetime:
    """The first instant after the last day that the build sees."""
    return datetime.combine(as_of + timedelta(1), time(0), BUSINESS_ZONE).astimezone(UTC)


def recent_time(random: Random, as_of: date, days: int) -> str:
    """A time in the last days that the build sees, or a minute beyond."""
    seconds = random.randint(-60, days * 86_400)
    return (end_of(as_of) - timedelta(seconds=seconds)).isoformat()


def time_at_a_cap(random: Random, as_of: date) -> str:
    """The edge of a frequency cap's window, to the second."""
    hours = random.choice(CAP_HOURS)
    at = end_of(as_of) - timedelta(hours=hours, seconds=random.choice([-1, 0, 1]))
    return at.isoformat()


def add_customer(random: Random, person: str, as_of: date, add: Add) -> None:
    """A person with what the shop may know of one, and what was said to them and by them."""
    if random.random() < 0.8:
        add_profile(random, person, as_of, add)
    if random.random() < 0.5:
        group = random.choice("ab")
        add("customer_attributes", "customer_id attribute value", person, "gender", group)
        linked = (f"A{person}", person, some_time(random))
        add("identities", "anonymous_id customer_id linked_at", *linked)
    if random.random() < 0.5:
        said = (f"S{person}", person, some_time(random), "nps", "x", str(random.randint(0, 10)))
        add("surveys", "response_id customer_id responded_at question answer score", *said)
    if random.random() < 0.6:
        answer = random.choice(["tea", "Coffee", "tea; garden", "kitchen"])
        told = (f"I{person}", person, some_time(random), "Interest", answer)
        add("surveys", "response_id customer_id responded_at question answer", *told)
    if random.random() < 0.8:
        add_consents(random, person, as_of, add)
        add_contacts(random, person, as_of, add)


def add_profile(random: Random, person: str, as_of: date, add: Add) -> None:
    """Addresses known or not; birthdays about the day on which is sent."""
    near = as_of + timedelta(random.randint(-2, 9))
    day = random.choice(["02-28", "02-29", f"{near:%m-%d}", f"{near:%m-%d}"])
    born = f"{random.choice([1948, 1976, 2000, 2000, 2012])}-{day}"  # leap years have every day
    add(
        "customers",
        "customer_id created_at email phone birth_date country acquisition_cost industry",
        *(person, some_time(random), random.choice([f"{person}@example.org"] * 3 + [None])),
        *(random.choice(["+49 30 1234567", "+49 30 1", None]), born),
        *(random.choice(["DE", "AT", "FR", None]), "3.10", random.choice(["retail", None])),
    )


def add_consents(random: Random, person: str, as_of: date, add: Add) -> None:
    """Mostly granted; some taken back, later or at the very instant of the grant."""
    columns = "customer_id channel purpose changed_at status"
    for channel in [*CHANNELS, "all"]:
        if random.random() < (0.1 if channel == "all" else 0.75):
            at = some_time(random)
            status = random.choice(["granted"] * 4 + ["withdrawn"])
            add("consents", columns, person, channel, "marketing", at, status)
            if random.random() < 0.15:
                later = random.choice([at, recent_time(random, as_of, 3)])
                purpose = random.choice(["marketing", "all"])
                add("consents", columns, person, channel, purpose, later, "withdrawn")


def add_contacts(random: Random, person: str, as_of: date, add: Add) -> None:
    """What was sent lately, mostly with room under the caps, and arms that another tool drew."""
    for number in range(random.choice([0, 0, 0, 1, 2, 3, 6])):
        edge = random.random() < 0.5
        at = time_at_a_cap(random, as_of) if edge else recent_time(random, as_of, 14)
        add(
            "promotion_sends",
            "send_id customer_id promotion_id channel sent_at delivered cost",
            *(f"M{person}-{number}", person, random.choice(PROMOTIONS), random.choice(CHANNELS)),
            *(at, random.choice(["true", "false", None]), random.choice(["0.02", None])),
        )
    for promotion in random.sample(PROMOTIONS, random.choice([0, 0, 1, 2])):
        for number in range(random.choice([1, 1, 2])):  # of two, the first one holds
            add(
                "promotion_assignments",
                "assignment_id customer_id promotion_id arm assigned_at assigned_by",
                *(f"X{person}-{promotion}-{number}", person, promotion),
                *(random.choice(["treatment", "treatment", "control"]), some_time(random), "tool"),
            )


def add_order(random: Random, order: str, person: str, as_of: date, add: Add) -> None:
    """An order with lines, a discount and a refund that it can bear; some are of the last days."""
    at = recent_time(random, as_of, 7) if random.random() < 0.1 else some_time(random)
    gross = Decimal(random.randint(1, 30_000)) / 100
    discount = random.choice([None, "0", str(gross / 10)])
    currency, status = random.choice(["EUR", "GBP", None]), random.choice(["completed", None])
    add(
        "orders",
        "order_id customer_id ordered_at gross_amount discount_amount currency status promotion_id",
        *(order, person, at, str(gross), discount, currency, status),
        random.choice([*PROMOTIONS, *[None] * 10]),
    )
    for line in range(random.randint(0, 3)):
        product, quantity = f"P{random.randint(0, 5)}", str(random.randint(1, 4))
        bought = (order, str(line), product, quantity, "2.50")
        add("order_items", "order_id line_number product_id quantity unit_price", *bought)
    if random.random() < 0.2:
        paid_back = (f"R{order}", order, some_time(random), str(gross / 2))
        add("refunds", "refund_id order_id refunded_at amount", *paid_back)


def add_event(random: Random, event: str, person: str, as_of: date, add: Add) -> None:
    """Something that a customer did, known by name or not yet; half of it in the last days."""
    lately = random.random() < 0.5
    add(
        "events",
        "event_id occurred_at event_type customer_id anonymous_id product_id channel",
        *(event, recent_time(random, as_of, 5) if lately else some_time(random)),
        random.choice(EVENTS),
        *random.choice([(person, None), (person, None), (None, f"A{person}")]),
        *(f"P{random.randint(0, 5)}", random.choice([*CHANNELS, None])),
    )


def spoil(random: Random, tables: Tables, share: float) -> None:
    """Rubbish in a share of the cells, rows twice, rows in two versions, people to forget."""
    for table, rows in tables.items():
        for row in list(rows):
            if random.random() < share:
                rows.append(dict(row))
            for column in CONTRACT[table]:
                if random.random() < share:
                    row[column] = random.choice(RUBBISH)
    for number in range(random.randint(0, 2)):
        request = dict.fromkeys(CONTRACT["erasure_requests"])
        request |= {"request_id": f"Q{number}", "customer_id": f"C{number}"}
        tables["erasure_requests"].append(request | {"requested_at": "2025-07-05"})


def shop_of(drawn: Knobs) -> Tables:
    """The shop that hypothesis asked for."""
    random = Random(f"{drawn}")
    tables = make_shop(random, drawn.customers, drawn.as_of)
    if drawn.rubbish:
        spoil(random, tables, drawn.rubbish)
    for table, column, row, text in drawn.cells:
        if tables[table]:
            tables[table][row % len(tables[table])][column] = text
    return tables


def odd_column(random: Random, column: str, values: list[str | None]) -> pa.Array:
    """A column in a type that some tool might have written, the same for all its rows."""

    def each(convert: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
        def safe(text: str | None) -> Any:
            try:
                return None if text is None else pa.scalar(convert(text), kind).as_py()
            except (ValueError, ArithmeticError):
                return None

        return pa.array([safe(value) for value in values], kind)

    def digits(text: str) -> int:
        return int("".join(c for c in text if c in "0123456789")) % 2**62

    def when(text: str) -> datetime:
        return datetime.fromisoformat(text)

    whole: list[Column] = [
        lambda: each(digits, pa.int64()),
        lambda: each(lambda text: float(digits(text)), pa.float64()),
        lambda: each(lambda text: random.random() < 0.5, pa.bool_()),
        lambda: each(str.encode, pa.binary()),
        lambda: each(lambda text: [text], pa.list_(pa.string())),
        lambda: pa.nulls(len(values)),
    ]
    moments: list[Column] = [
        lambda: each(lambda text: when(text).date(), pa.date32()),
        lambda: each(lambda text: when(text).replace(tzinfo=None), pa.timestamp("us")),
        lambda: each(lambda text: when(text).replace(tzinfo=None), pa.timestamp("ms")),
        lambda: each(lambda text: when(text).replace(tzinfo=None), pa.timestamp("ns")),
        lambda: each(lambda text: when(text).replace(tzinfo=UTC), pa.timestamp("us", "Asia/Tokyo")),
        lambda: each(lambda text: int(when(text).timestamp()), pa.int64()),
        lambda: each(lambda text: random.choice([0, 2**31 - 2, -(2**31) + 9]), pa.date32()),
        lambda: each(lambda text: random.choice([0, 2**62, -(2**62)]), pa.timestamp("us")),
    ]
    amounts: list[Column] = [
        lambda: each(float, pa.float64()),
        lambda: each(float, pa.float32()),
        lambda: each(Decimal, pa.decimal128(38, 10)),
        lambda: each(lambda text: random.choice([float("nan"), float("inf"), 1e300]), pa.float64()),
    ]
    text = pa.array(values, pa.string())
    odd = moments if column in TIMES else amounts if column in NUMBERS else whole
    if random.random() < 0.5:
        return text
    return random.choice([*odd, *odd, *whole])()


def deliver(folder: Path, drawn: Knobs, tables: Tables) -> None:
    """Write the shop as text, or as Parquet in odd types (as text too when it is clean)."""
    frames = {
        table: pd.DataFrame(rows, columns=CONTRACT[table], dtype=object)
        for table, rows in tables.items()
    }
    write_tables(folder, frames if drawn.suffix == "csv" else {}, "csv")
    if drawn.suffix == "parquet":
        random = Random(f"{drawn}")
        for table, rows in tables.items():
            columns = {}
            for column in CONTRACT[table]:
                values = [row[column] for row in rows]
                plain = pa.array(values, pa.string())
                name = random.choice([column, column.upper()])
                columns[name] = plain if not drawn.rubbish else odd_column(random, column, values)
            columns["Not of the contract"] = plain
            parquet.write_table(pa.table(columns), folder / f"{table}.parquet")


def gross_in_euros(tables: Tables, as_of: date) -> Decimal:
    """The clean shop's gross, each order in cents at the last rate up to its day."""
    rates = sorted((row["rate_date"], Decimal(row["rate"])) for row in tables["exchange_rates"])
    gross = Decimal(0)
    for order in tables["orders"]:
        at = datetime.fromisoformat(order["ordered_at"])
        day = at.replace(tzinfo=at.tzinfo or RAW_ZONE).astimezone(BUSINESS_ZONE).date()
        rate = Decimal(1)
        if order["currency"] == "GBP":
            rate = [rate for known, rate in rates if known <= f"{day}"][-1]
        if day <= as_of:
            amount = Decimal(order["gross_amount"]) * rate
            gross += amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return gross


def assert_reconciled(build: Build, tables: Tables) -> None:
    """Every delivered row has one outcome, and nothing else has one."""
    counted = dict(
        build.rows(
            "select source, sum(row_count) from audit.source_quality"
            " group by 1 having sum(row_count) > 0"
        )
    )
    assert counted == {table: len(rows) for table, rows in tables.items() if rows}


def assert_partitioned(build: Build) -> None:
    """Every known customer has exactly one segment."""
    segments = build.rows("select customer_id, segment from marts.customer_segments")
    known = build.rows("select customer_id from intermediate.int_customers")
    assert all(segment for _, segment in segments)
    assert sorted(person for person, _ in segments) == sorted(person for (person,) in known)
    assert len({person for person, _ in segments}) == len(segments)


def assert_scores_follow_values(build: Build) -> None:
    """A higher value never gets a lower score, and an equal value gets an equal one."""
    buyers = build.frame(
        "select -recency_days as recency, frequency, cast(monetary_amount as double) as monetary,"
        " recency_score, frequency_score, monetary_score from intermediate.int_customer_rfm"
    )
    for name in ("recency", "frequency", "monetary"):
        scores = buyers.groupby(name)[f"{name}_score"].agg(["min", "max"])
        assert (scores["min"] == scores["max"]).all(), f"equal {name}, unequal score"
        assert scores["min"].is_monotonic_increasing, f"higher {name}, lower score"
        assert scores["min"].between(1, 5).all()


def assert_shop_holds(builder: Builder, folder: Path, drawn: Knobs) -> None:
    """Build one random shop and check every property."""
    tables = shop_of(drawn)
    deliver(folder / "raw", drawn, tables)
    (folder / "build.duckdb").unlink(missing_ok=True)
    build = builder.build(
        folder / "raw",
        folder,
        as_of=f"{drawn.as_of}",
        suffix=drawn.suffix,
        raw_timezone=RAW_ZONE.key,
        business_timezone=BUSINESS_ZONE.key,
        **drawn.policy,
    )
    assert not build.problems, "\n".join(build.problems)
    assert_reconciled(build, tables)
    assert_partitioned(build)
    assert_scores_follow_values(build)
    if not drawn.rubbish:
        found = build.value("select sum(gross_amount) from intermediate.int_orders_net")
        assert (found or 0) == gross_in_euros(tables, drawn.as_of)
        assert build.value("select count(*) from staging.quarantined_rows") == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all shops: each takes the place of the one before."""
    return tmp_path_factory.mktemp("random_shops")


def build_shops(builder: Builder, folder: Path, suffix: str, rubbish: float, count: int) -> None:
    """Build so many shops of one format and share of rubbish, always the same ones.

    Nothing is shrunk: a failing shop is named by its knobs, and each further try is a build.
    The first that hypothesis draws is the simplest of all: other tests build it, it is left out.
    """
    drawn_before: list[Knobs] = []

    @settings(
        max_examples=count + 1,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=knobs(suffix, rubbish))
    def run(drawn: Knobs) -> None:
        if drawn_before:
            assert_shop_holds(builder, folder, drawn)
        drawn_before.append(drawn)

    run()
    assert len(drawn_before) == count + 1


@pytest.mark.parametrize(("suffix", "rubbish"), zip(FORMATS * 2, SHARES_OF_RUBBISH, strict=True))
def test_4_random_shops(builder: Builder, folder: Path, suffix: str, rubbish: float) -> None:
    build_shops(builder, folder, suffix, rubbish, 1)


@pytest.mark.long
@pytest.mark.parametrize("rubbish", SHARES_OF_RUBBISH)
@pytest.mark.parametrize("suffix", FORMATS)
def test_504_random_shops(
    builder: Builder,
    folder: Path,
    suffix: str,
    rubbish: float,
    capsys: pytest.CaptureFixture[str],
) -> None:
    build_shops(builder, folder, suffix, rubbish, 63)
    with capsys.disabled():
        print(f"\n63 shops built from {suffix}, {rubbish:.0%} rubbish: every property held")
