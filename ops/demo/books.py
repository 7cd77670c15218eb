"""The books of the demo shop: its tables, and beside each row what has to become of it."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

FIRST_DAY, LAST_DAY = date(2024, 7, 1), date(2026, 6, 30)
END = datetime(2026, 6, 30, 22)  # UTC; midnight in Berlin after the last day
CONTRACT = {
    table: (*columns.split(), "updated_at", "loaded_at")
    for table, columns in {
        "orders": "order_id customer_id ordered_at gross_amount currency status discount_amount"
        " shipping_amount tax_amount promotion_id channel",
        "order_items": "order_id line_number product_id quantity unit_price unit_cost"
        " discount_amount",
        "products": "product_id name category unit_cost is_consumable stock_quantity",
        "refunds": "refund_id order_id refunded_at amount reason",
        "customers": "customer_id created_at email phone birth_date country region city"
        " acquisition_channel acquisition_cost account_id industry company_size referred_by",
        "customer_attributes": "customer_id attribute value source",
        "exchange_rates": "currency rate_date rate",
        "events": "event_id occurred_at event_type customer_id anonymous_id session_id channel"
        " product_id campaign",
        "identities": "anonymous_id customer_id linked_at",
        "consents": "customer_id channel purpose changed_at status source",
        "surveys": "response_id customer_id responded_at question answer score",
        "promotion_sends": "send_id customer_id promotion_id channel sent_at delivered cost",
        "promotion_assignments": "assignment_id customer_id promotion_id arm assigned_at"
        " assigned_by",
        "erasure_requests": "request_id requested_at customer_id customer_id_hash",
    }.items()
}
KEYS = {
    "orders": ("order_id",),
    "order_items": ("order_id", "line_number"),
    "products": ("product_id",),
    "refunds": ("refund_id",),
    "customers": ("customer_id",),
    "customer_attributes": ("customer_id", "attribute"),
    "exchange_rates": ("currency", "rate_date"),
    "events": ("event_id",),
    "identities": ("anonymous_id", "customer_id"),
    "consents": ("customer_id", "channel", "purpose", "changed_at", "status"),
    "surveys": ("response_id",),
    "promotion_sends": ("send_id",),
    "promotion_assignments": ("assignment_id",),
    "erasure_requests": ("request_id",),
}
AMOUNTS: dict[str, Callable[[dict[str, str]], Decimal]] = {  # a row's money, as delivered
    "orders": lambda row: Decimal(row["gross_amount"]),
    "order_items": lambda row: Decimal(row["quantity"]) * Decimal(row["unit_price"]),
    "refunds": lambda row: Decimal(row["amount"]),
}


def cents(amount: Decimal) -> Decimal:
    """Round half up to the cent, as numeric(18, 2) does."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def last_sunday(year: int, month: int) -> date:
    """The day on which Europe changes its clocks (at 01:00 UTC)."""
    day = date(year, month, 31)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def berlin_offset(at: datetime) -> int:
    """Hours from UTC to Berlin: 2 from the last Sunday of March to that of October, else 1."""
    one = timedelta(hours=1)
    start = datetime.combine(last_sunday(at.year, 3), datetime.min.time()) + one
    end = datetime.combine(last_sunday(at.year, 10), datetime.min.time()) + one
    return 2 if start <= at < end else 1


def berlin_date(at: datetime) -> date:
    """The business day of a UTC moment."""
    return (at + timedelta(hours=berlin_offset(at))).date()


def berlin_to_utc(day: date, seconds: int) -> datetime:
    """A local time of day as UTC; Berlin nights that do not exist are never asked for."""
    local = datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds)
    return local - timedelta(hours=berlin_offset(local - timedelta(hours=1)))


def stamp(at: datetime) -> str:
    """A naive UTC timestamp."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def mixed_stamp(at: datetime, rng: Random) -> str:
    """The same moment in one of the spellings that shops deliver."""
    draw = rng.random()
    if draw < 0.94:
        return stamp(at)
    if draw < 0.97:
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
    hours = berlin_offset(at)
    return (at + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S") + f"+{hours:02d}:00"


def parse_stamp(text: str) -> datetime:
    """The UTC moment that a planted, readable timestamp means."""
    if len(text) == 10:
        return berlin_to_utc(date.fromisoformat(text), 0)
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    offset = at.utcoffset()
    return at if offset is None else at.replace(tzinfo=None) - offset


class Shop:
    """The rows of every table, and beside them what has to become of each."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rows: dict[str, list[dict[str, str]]] = {table: [] for table in CONTRACT}
        self.outcomes: dict[str, Counter[str]] = {table: Counter() for table in CONTRACT}
        self.cases: dict[str, dict[str, Any]] = {}
        self.accepted_amounts = dict.fromkeys(AMOUNTS, Decimal(0))
        self.accepted_gross_eur = Decimal(0)
        self.rates: dict[str, list[tuple[date, Decimal]]] = {}
        self.numbers: Counter[str] = Counter()
        self.facts: dict[str, Any] = {}

    def stream(self, name: str) -> Random:
        """A random stream of its own for each part, so that one edit does not reshuffle all."""
        return Random(f"{self.seed}:{name}")

    def next_id(self, prefix: str, width: int = 6) -> str:
        """The next short id of a kind."""
        self.numbers[prefix] += 1
        return f"{prefix}{self.numbers[prefix]:0{width}d}"

    def add(
        self,
        table: str,
        values: dict[str, str],
        outcome: str = "accepted",
        reason: str = "",
        case: str = "",
        why: str = "",
    ) -> dict[str, str]:
        """Plant one row with its outcome; a named case is also written to the truth file."""
        unknown = set(values) - set(CONTRACT[table])
        if unknown:
            raise ValueError(f"{table} has no column {sorted(unknown)}")
        row = dict.fromkeys(CONTRACT[table], "") | values
        self.rows[table].append(row)
        self.outcomes[table][f"{outcome}/{reason}"] += 1
        if table in AMOUNTS and outcome == "accepted":
            self.accepted_amounts[table] += AMOUNTS[table](row)
        if table == "orders" and outcome == "accepted":
            at = parse_stamp(row["ordered_at"])
            self.accepted_gross_eur += self.in_eur(
                Decimal(row["gross_amount"]), row["currency"], berlin_date(at)
            )
        if case:
            key = {column: row[column] for column in KEYS[table]}
            entry = self.cases.setdefault(case, {"table": table, "key": key, "rows": []})
            entry["rows"].append({"outcome": outcome, "reason": reason})
            if why:
                entry["why"] = why
        return row

    def in_eur(self, amount: Decimal, currency: str, day: date) -> Decimal:
        """An amount at the last rate on or before its day, rounded half up to the cent."""
        if currency in ("", "EUR"):
            return cents(amount)
        rates = self.rates[currency]
        place = bisect.bisect_right(rates, (day, Decimal(10**9)))
        return cents(amount * rates[max(place, 1) - 1][1])
