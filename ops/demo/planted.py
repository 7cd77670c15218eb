"""The planted part of the demo shop: rows that each have to come out in one known way."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from ops.demo.books import END, Shop, cents, parse_stamp, stamp
from ops.demo.clean import add_event

PLAIN: dict[str, dict[str, str]] = {  # a good row of each table; {n} is a running number
    "orders": {
        "order_id": "O9{n}", "customer_id": "C90001", "ordered_at": "2026-05-04 10:00:00",
        "gross_amount": "40.00", "currency": "EUR", "status": "completed",
        "discount_amount": "0.00", "channel": "web", "loaded_at": "2026-05-04 11:00:00",
    },
    "order_items": {
        "order_id": "O990001", "line_number": "9{n}", "product_id": "P001", "quantity": "1",
        "unit_price": "10.00", "unit_cost": "5.00", "discount_amount": "0.00",
    },
    "products": {
        "product_id": "P9{n}", "name": "Discontinued", "category": "garden", "unit_cost": "3.00",
        "is_consumable": "false", "stock_quantity": "0",
    },
    "refunds": {
        "refund_id": "R9{n}", "order_id": "O990002", "refunded_at": "2026-05-04 10:00:00",
        "amount": "0.01", "loaded_at": "2026-05-04 11:00:00",
    },
    "customers": {
        "customer_id": "C99{n}", "created_at": "2026-05-04 10:00:00", "country": "DE",
        "acquisition_channel": "organic", "acquisition_cost": "0.00",
        "loaded_at": "2026-05-04 11:00:00",
    },
    "customer_attributes": {"customer_id": "C90001", "attribute": "extra_{n}", "value": "yes"},
    "exchange_rates": {"currency": "GBP", "rate_date": "", "rate": "1.18"},
    "events": {
        "event_id": "E9{n}", "occurred_at": "2026-05-04 10:00:00", "event_type": "product_viewed",
        "customer_id": "C90001", "channel": "web", "product_id": "P001",
        "loaded_at": "2026-05-04 11:00:00",
    },
    "identities": {
        "anonymous_id": "A9{n}", "customer_id": "C90001", "linked_at": "2026-05-04 10:00:00",
        "loaded_at": "2026-05-04 11:00:00",
    },
    "consents": {
        "customer_id": "C90001", "channel": "push", "purpose": "purpose_{n}",
        "changed_at": "2026-05-04 10:00:00", "status": "granted", "source": "account",
        "loaded_at": "2026-05-04 11:00:00",
    },
    "surveys": {
        "response_id": "Q9{n}", "customer_id": "C90001", "responded_at": "2026-05-04 10:00:00",
        "question": "nps", "answer": "8", "score": "8", "loaded_at": "2026-05-04 11:00:00",
    },
    "promotion_sends": {
        "send_id": "M9{n}", "customer_id": "C90001", "promotion_id": "review_request",
        "channel": "email", "sent_at": "2026-05-04 10:00:00", "delivered": "true", "cost": "0.02",
        "loaded_at": "2026-05-04 11:00:00",
    },
    "promotion_assignments": {
        "assignment_id": "G9{n}", "customer_id": "C90001", "promotion_id": "planted_rows",
        "arm": "control", "assigned_at": "2026-05-04 10:00:00", "assigned_by": "demo_tool",
        "loaded_at": "2026-05-04 11:00:00",
    },
    "erasure_requests": {
        "request_id": "X9{n}", "requested_at": "2026-05-04 10:00:00", "customer_id": "C89999",
        "loaded_at": "2026-05-04 11:00:00",
    },
}  # fmt: skip
EVENT_TIMES = {
    "orders": "ordered_at", "refunds": "refunded_at", "customers": "created_at",
    "events": "occurred_at", "identities": "linked_at", "consents": "changed_at",
    "surveys": "responded_at", "promotion_sends": "sent_at",
    "promotion_assignments": "assigned_at", "erasure_requests": "requested_at",
}  # fmt: skip
FAULTS: tuple[tuple[str, str, dict[str, str]], ...] = (  # table, reason, what is wrong
    ("orders", "missing_key", {"order_id": ""}),
    ("orders", "missing_customer", {"customer_id": ""}),
    ("orders", "missing_customer", {"customer_id": "   "}),
    ("orders", "unparsable_timestamp", {"ordered_at": "2025-02-30 10:00:00"}),
    ("orders", "unparsable_timestamp", {"ordered_at": "yesterday"}),
    ("orders", "invalid_amount", {"gross_amount": ""}),
    ("orders", "invalid_amount", {"gross_amount": "NaN"}),
    ("orders", "invalid_amount", {"gross_amount": "inf"}),
    ("orders", "invalid_amount", {"gross_amount": "1e400"}),
    ("orders", "invalid_amount", {"gross_amount": "12,50"}),
    ("orders", "invalid_amount", {"discount_amount": "ten"}),
    ("orders", "invalid_amount", {"shipping_amount": "free"}),
    ("orders", "negative_amount", {"gross_amount": "-40.00"}),
    ("orders", "negative_amount", {"tax_amount": "-0.01"}),
    ("orders", "amount_out_of_range", {"gross_amount": "1000000000"}),
    ("orders", "amount_out_of_range", {"gross_amount": "950000000", "currency": "GBP"}),
    ("orders", "discount_above_gross", {"discount_amount": "40.01"}),
    ("orders", "unknown_currency", {"currency": "ZZZ"}),
    ("orders", "unknown_status", {"status": "lost in space"}),
    ("order_items", "missing_key", {"order_id": ""}),
    ("order_items", "missing_key", {"line_number": ""}),
    ("order_items", "missing_value", {"product_id": ""}),
    ("order_items", "invalid_amount", {"unit_price": ""}),
    ("order_items", "invalid_amount", {"unit_price": "ten"}),
    ("order_items", "invalid_amount", {"unit_cost": "NaN"}),
    ("order_items", "negative_amount", {"unit_price": "-10.00"}),
    ("order_items", "negative_amount", {"discount_amount": "-1.00"}),
    ("order_items", "invalid_quantity", {"quantity": ""}),
    ("order_items", "invalid_quantity", {"quantity": "0"}),
    ("order_items", "invalid_quantity", {"quantity": "-2"}),
    ("order_items", "invalid_quantity", {"quantity": "a dozen"}),
    ("order_items", "amount_out_of_range", {"quantity": "100", "unit_price": "10000000"}),
    ("order_items", "orphan_line", {"order_id": "O777777"}),
    ("products", "missing_key", {"product_id": ""}),
    ("products", "missing_value", {"name": ""}),
    ("products", "missing_value", {"category": ""}),
    ("products", "invalid_amount", {"unit_cost": "cheap"}),
    ("products", "negative_amount", {"unit_cost": "-3.00"}),
    ("refunds", "missing_key", {"refund_id": ""}),
    ("refunds", "unparsable_timestamp", {"refunded_at": "soon"}),
    ("refunds", "invalid_amount", {"amount": ""}),
    ("refunds", "invalid_amount", {"amount": "-inf"}),
    ("refunds", "negative_amount", {"amount": "-5.00"}),
    ("refunds", "unknown_order", {"order_id": "O777777"}),
    ("refunds", "unknown_order", {"order_id": ""}),
    ("customers", "missing_key", {"customer_id": ""}),
    ("customers", "unparsable_timestamp", {"created_at": "2025-13-01"}),
    ("customers", "invalid_amount", {"acquisition_cost": "n/a"}),
    ("customers", "negative_amount", {"acquisition_cost": "-1.00"}),
    ("customer_attributes", "missing_key", {"attribute": ""}),
    ("customer_attributes", "missing_customer", {"customer_id": ""}),
    ("customer_attributes", "missing_value", {"value": ""}),
    ("exchange_rates", "missing_key", {"currency": ""}),
    ("exchange_rates", "unparsable_timestamp", {"rate_date": "2026-02-29"}),
    ("exchange_rates", "impossible_timestamp", {"rate_date": "1899-12-30"}),
    ("exchange_rates", "invalid_amount", {"rate": ""}),
    ("exchange_rates", "invalid_amount", {"rate": "par"}),
    ("exchange_rates", "negative_amount", {"rate": "0"}),
    ("exchange_rates", "negative_amount", {"rate": "-1.1"}),
    ("exchange_rates", "amount_out_of_range", {"rate": "9999999999"}),
    ("events", "missing_key", {"event_id": ""}),
    ("events", "missing_customer", {"customer_id": ""}),
    ("events", "missing_value", {"event_type": ""}),
    ("events", "unparsable_timestamp", {"occurred_at": ""}),
    ("identities", "missing_key", {"anonymous_id": ""}),
    ("identities", "missing_customer", {"customer_id": ""}),
    ("identities", "unparsable_timestamp", {"linked_at": "25:61"}),
    ("consents", "missing_customer", {"customer_id": ""}),
    ("consents", "missing_value", {"channel": ""}),
    ("consents", "missing_value", {"purpose": ""}),
    ("consents", "missing_value", {"status": ""}),
    ("consents", "unparsable_timestamp", {"changed_at": "never"}),
    ("consents", "unknown_status", {"status": "maybe"}),
    ("surveys", "missing_key", {"response_id": ""}),
    ("surveys", "missing_customer", {"customer_id": ""}),
    ("surveys", "missing_value", {"question": ""}),
    ("surveys", "missing_value", {"answer": ""}),
    ("surveys", "unparsable_timestamp", {"responded_at": "2026-06-31"}),
    ("promotion_sends", "missing_key", {"send_id": ""}),
    ("promotion_sends", "missing_customer", {"customer_id": ""}),
    ("promotion_sends", "missing_value", {"promotion_id": ""}),
    ("promotion_sends", "missing_value", {"channel": ""}),
    ("promotion_sends", "unparsable_timestamp", {"sent_at": "noon"}),
    ("promotion_sends", "invalid_amount", {"cost": "two cents"}),
    ("promotion_sends", "negative_amount", {"cost": "-0.02"}),
    ("promotion_assignments", "missing_key", {"assignment_id": ""}),
    ("promotion_assignments", "missing_customer", {"customer_id": ""}),
    ("promotion_assignments", "missing_value", {"promotion_id": ""}),
    ("promotion_assignments", "missing_value", {"arm": ""}),
    ("promotion_assignments", "unparsable_timestamp", {"assigned_at": "2026-05-04 25:00:00"}),
    ("erasure_requests", "missing_key", {"request_id": ""}),
    ("erasure_requests", "missing_customer", {"customer_id": ""}),
    ("erasure_requests", "unparsable_timestamp", {"requested_at": "asap"}),
    *(
        (table, reason, {column: text})
        for table, column in EVENT_TIMES.items()
        for reason, text in (
            ("impossible_timestamp", "1970-01-01 00:00:00"),
            ("impossible_timestamp", "2200-01-01 00:00:00"),
            ("impossible_timestamp", "9999-12-31 00:00:00"),
            ("after_load_time", "2026-05-04 11:05:01"),
        )
    ),
)
NOTES: tuple[tuple[str, str, dict[str, str]], ...] = (  # accepted, with a note
    ("orders", "unparsed_optional_value", {"updated_at": "last week"}),
    ("products", "unparsed_optional_value", {"is_consumable": "perhaps"}),
    ("products", "unparsed_optional_value", {"stock_quantity": "plenty"}),
    ("customers", "unparsed_optional_value", {"birth_date": "1990-02-30"}),
    ("surveys", "unparsed_optional_value", {"score": "eight"}),
    ("promotion_sends", "unparsed_optional_value", {"delivered": "maybe"}),
    ("events", "unmapped_event_type", {"event_type": "wishlist_shared"}),
)
CHANGED: dict[str, tuple[str, str]] = {  # a column that an older version had otherwise
    "orders": ("status", "pending"),
    "order_items": ("quantity", "9"),
    "products": ("unit_cost", "1.00"),
    "refunds": ("amount", "0.02"),
    "customers": ("city", "Potsdam"),
    "customer_attributes": ("value", "no"),
    "exchange_rates": ("rate", "0.99"),
    "events": ("campaign", "draft"),
    "identities": ("linked_at", "2026-05-03 10:00:00"),
    "consents": ("source", "import"),
    "surveys": ("answer", "7"),
    "promotion_sends": ("delivered", "false"),
    "promotion_assignments": ("arm", "treatment"),
    "erasure_requests": ("requested_at", "2026-05-03 10:00:00"),
}
CLOCK_CASES = (  # delivered as, and the day in Berlin on which it falls
    ("2025-01-15 22:59:59", "2025-01-15"),
    ("2025-01-15 23:00:00", "2025-01-16"),
    ("2025-07-15 21:59:59", "2025-07-15"),
    ("2025-07-15 22:00:00", "2025-07-16"),
    ("2025-07-15T22:00:00Z", "2025-07-16"),
    ("2025-07-16T00:30:00+02:00", "2025-07-16"),
    ("2025-12-31 20:00:00-05:00", "2026-01-01"),
    ("2025-03-29 22:59:59", "2025-03-29"),
    ("2025-03-29 23:00:00", "2025-03-30"),
    ("2025-03-30 21:59:59", "2025-03-30"),
    ("2025-03-30 22:00:00", "2025-03-31"),
    ("2025-10-25 21:59:59", "2025-10-25"),
    ("2025-10-25 22:00:00", "2025-10-26"),
    ("2025-10-26T02:30:00+02:00", "2025-10-26"),
    ("2025-10-26T02:30:00+01:00", "2025-10-26"),
    ("2025-10-26 22:59:59", "2025-10-26"),
    ("2025-10-26 23:00:00", "2025-10-27"),
    ("2025-06-01", "2025-06-01"),
    ("2025-03-30", "2025-03-30"),
    ("2025-10-26", "2025-10-26"),
    ("2026-06-30 21:59:59", "2026-06-30"),
)


def plain(shop: Shop, table: str, **changes: str) -> dict[str, str]:
    """A good row with a key of its own, changed as asked."""
    number = f"{shop.numbers[f'plain {table}']:04d}"
    shop.numbers[f"plain {table}"] += 1
    if table == "exchange_rates":  # a rate's key is its day: years before any order
        number = ""
        day = date(2020, 1, 1) + timedelta(days=shop.numbers[f"plain {table}"])
        changes = {"rate_date": day.isoformat()} | changes
    row = {column: text.replace("{n}", number) for column, text in PLAIN[table].items()}
    return row | changes


def case_customer(shop: Shop, **changes: str) -> str:
    """A person of the planted part, known since early 2025."""
    row = plain(shop, "customers", customer_id=shop.next_id("C9", 4), loaded_at="",
                created_at="2025-01-02 10:00:00") | changes  # fmt: skip
    return shop.add("customers", row)["customer_id"]


def case_order(shop: Shop, case: str = "", why: str = "", **changes: str) -> dict[str, str]:
    """An accepted order of the planted part with one line, by a person of its own."""
    values = plain(shop, "orders", loaded_at="") | changes
    if "customer_id" not in changes:
        values["customer_id"] = case_customer(shop)
    row = shop.add("orders", values, case=case, why=why)
    case_line(shop, row)
    return row


def case_line(shop: Shop, order: dict[str, str], outcome: str = "accepted", reason: str = "",
              case: str = "", why: str = "") -> None:  # fmt: skip
    """The one line of a planted order."""
    shop.add("order_items", {
        "order_id": order["order_id"], "line_number": "1", "product_id": "P009", "quantity": "1",
        "unit_price": order["gross_amount"] or "1.00", "unit_cost": "1.00",
    }, outcome, reason, case, why)  # fmt: skip


def plant_copies(shop: Shop) -> None:
    """Exact duplicates of clean rows; then older, repeated and future versions in every table."""
    rng = shop.stream("copies")
    for table, (column, old_value) in CHANGED.items():
        clean = list(shop.rows[table])
        for row in rng.sample(clean, min(40 if table == "orders" else 5, len(clean))):
            again = stamp(END - timedelta(seconds=rng.randrange(86400)))
            shop.add(table, row | {"loaded_at": again if row["loaded_at"] else ""}, "duplicate")
        base = plain(shop, table, updated_at="2026-05-10 08:00:00", loaded_at="2026-05-10 09:00:00")
        case = f"{table}_versions"
        shop.add(table, base, "accepted", "", case, "the latest version wins")
        old = base | {column: old_value, "updated_at": "2026-05-05 08:00:00"}
        shop.add(table, old, "superseded", "", case)
        shop.add(table, old, "duplicate", "", case)
        if table != "erasure_requests":  # requests count whatever the day
            future = {column: old_value, "updated_at": "2026-07-02 08:00:00"}
            shop.add(table, base | future, "after_as_of", "", case)
    tied = plain(shop, "orders")
    why = "without updated_at the version loaded last wins, and a late copy of it is a copy"
    shop.add("orders", tied | {"loaded_at": "2026-05-06 00:00:00"}, case="orders_by_load", why=why)
    shop.add("orders", tied | {"status": "pending"}, "superseded", case="orders_by_load")
    late = tied | {"loaded_at": "2026-05-08 00:00:00"}
    shop.add("orders", late, "duplicate", case="orders_by_load")
    shop.facts["latest_statuses"] = {
        shop.cases[case]["key"]["order_id"]: "completed"
        for case in ("orders_versions", "orders_by_load")
    }


def plant_holders(shop: Shop) -> None:
    """The person and the two orders to which faulty rows point."""
    holder = case_customer(shop)
    case_order(shop, customer_id=holder, order_id="O990002", ordered_at="2026-05-01 10:00:00")
    shop.add("orders", plain(shop, "orders", order_id="O990001", gross_amount="10.00"))


def plant_faults(shop: Shop) -> None:
    """At least one row for each reason that a table can be refused for."""
    numbers: Counter[str] = Counter()
    for outcome, plants in (("quarantined", FAULTS), ("accepted", NOTES)):
        for table, reason, changes in plants:
            numbers[f"{table}_{reason}"] += 1
            case = f"{table}_{reason}_{numbers[f'{table}_{reason}']}"
            wrong = ", ".join(f"{column} is {text!r}" for column, text in changes.items())
            shop.add(table, plain(shop, table, **changes), outcome, reason, case, wrong)


def plant_clock(shop: Shop) -> None:
    """Orders around midnight in Berlin, on the days when clocks change, and around the end."""
    days = {}
    for number, (text, day) in enumerate(CLOCK_CASES, 1):
        row = case_order(shop, f"clock_{number:02d}", f"{text} is {day} in Berlin",
                         ordered_at=text)  # fmt: skip
        days[row["order_id"]] = day
    shop.facts["business_dates"] = days
    case_order(shop, "load_tolerance", "five minutes after its load: clocks differ",
               ordered_at="2026-05-04 11:05:00", loaded_at="2026-05-04 11:00:00")  # fmt: skip
    case_order(shop, "late_row", "arrived seven weeks after it happened",
               ordered_at="2026-05-04 11:05:00", loaded_at="2026-06-25 03:00:00")  # fmt: skip


def plant_after_end(shop: Shop) -> None:
    """What happened after the last day: seen by no build of that day."""
    for text in ("2026-06-30 22:00:00", "2026-07-01T00:00:00+02:00", "2026-07-01", "2026-07-20"):
        row = plain(shop, "orders", ordered_at=text, loaded_at="")
        case = f"order_after_end_{row['order_id']}"
        shop.add("orders", row, "after_as_of", "", case, f"{text} is after the last day")
        case_line(shop, row, "after_as_of", "", f"line_{case}", "shares the fate of its order")
    for table, column in EVENT_TIMES.items():
        if table not in ("orders", "erasure_requests"):
            values = plain(shop, table, **{column: "2026-07-03 09:00:00", "loaded_at": ""})
            shop.add(table, values, "after_as_of", "", f"{table}_after_end", "in July 2026")
    values = {"currency": "GBP", "rate_date": "2026-07-06", "rate": "1.5"}
    shop.add("exchange_rates", values, "after_as_of", "", "exchange_rates_after_end")


def plant_orders(shop: Shop) -> None:
    """Orders that are accepted although something about them is unusual."""
    case_order(shop, "order_of_unknown_customer", "no row in customers: the order makes one",
               customer_id="C98000")  # fmt: skip
    case_order(shop, "order_of_nothing", "accepted, and no purchase", gross_amount="0.00")
    case_order(shop, "order_all_discount", "accepted, and no purchase", discount_amount="40.00")
    case_order(shop, "order_of_a_test", "accepted, and no purchase", status="test")
    case_order(shop, "order_cancelled", "accepted, and no purchase", status="cancelled")
    case_order(shop, "order_without_currency", "in the reporting currency", currency="")
    case_order(shop, "order_without_status", "completed, for nothing else is said", status="")
    for currency, rates in shop.rates.items():
        gap = next(d for d, e in pairwise(rates) if (e[0] - d[0]).days > 7)
        row = case_order(shop, f"order_in_rate_gap_{currency}", "the last earlier rate counts",
                         currency=currency, gross_amount="123.45",
                         ordered_at=f"{gap[0] + timedelta(days=9)} 12:00:00")  # fmt: skip
        shop.facts.setdefault("gross_in_eur", {})[row["order_id"]] = str(
            cents(Decimal("123.45") * gap[1])
        )
    refused = plain(shop, "orders", currency="ZZZ")
    shop.add("orders", refused, "quarantined", "unknown_currency", "order_with_orphans")
    case_line(shop, refused, "quarantined", "orphan_line", "line_of_refused_order",
              "its order is in quarantine")  # fmt: skip
    refund = plain(shop, "refunds", order_id=refused["order_id"])
    shop.add("refunds", refund, "quarantined", "unknown_order", "refund_of_refused_order")


def plant_refunds(shop: Shop) -> None:
    """Refunds over two periods, in full, to the last cent, and one cent above."""
    paid = {"gross_amount": "100.00", "discount_amount": "10.00", "shipping_amount": "5.00",
            "tax_amount": "17.10", "ordered_at": "2025-11-20 12:00:00"}  # fmt: skip
    stories = {
        "two_periods": (("2025-12-05", "30.00", ""), ("2026-01-09", "20.00", "")),
        "in_full": (("2025-12-05", "90.00", ""),),
        "to_the_cent": (("2025-12-05", "12.10", ""), ("2025-12-09", "100.00", "")),
        "cent_above": (("2025-12-05", "112.11", "refund_above_order"),),
        "sum_above": (("2025-12-05", "80.00", ""), ("2026-02-05", "32.11", "refund_above_order")),
    }
    for story, refunds in stories.items():
        order = case_order(shop, f"refunded_{story}", **paid)
        for number, (day, amount, reason) in enumerate(refunds, 1):
            values = plain(shop, "refunds", order_id=order["order_id"], amount=amount,
                           refunded_at=f"{day} 09:00:00", loaded_at="")  # fmt: skip
            outcome = "quarantined" if reason else "accepted"
            shop.add("refunds", values, outcome, reason, f"refund_{story}_{number}")
        shop.facts.setdefault("refunded_eur", {})[order["order_id"]] = str(
            sum((Decimal(amount) for _, amount, reason in refunds if not reason), Decimal("0.00"))
        )


def plant_people(shop: Shop) -> None:
    """Birthdays on 29 February, minors, consents at the last second, visitors."""
    people: dict[str, str] = {}
    for name, born in (
        ("leap_day_1996", "1996-02-29"),
        ("leap_day_2008", "2008-02-29"),
        ("eighteen_on_the_last_day", "2008-06-30"),
        ("minor_by_one_day", "2008-07-01"),
    ):
        people[name] = case_customer(shop, birth_date=born)
    consents = {
        "withdrawn_last_second": (("granted", "2026-01-05 09:00:00"),
                                  ("withdrawn", "2026-06-30 21:59:59")),
        "withdrawn_after_end": (("granted", "2026-01-05 09:00:00"),
                                ("withdrawn", "2026-06-30 22:00:00")),
        "granted_and_withdrawn_at_once": (("granted", "2026-03-01 09:00:00"),
                                          ("withdrawn", "2026-03-01 09:00:00")),
        "granted_again": (("granted", "2025-03-01 09:00:00"), ("withdrawn", "2025-05-01 09:00:00"),
                          ("granted", "2025-07-01 09:00:00")),
        "never_asked": (),
    }  # fmt: skip
    for name, changes in consents.items():
        people[name] = case_customer(shop)
        for status, at in changes:
            outcome = "after_as_of" if parse_stamp(at) >= END else "accepted"
            shop.add("consents", {
                "customer_id": people[name], "channel": "email", "purpose": "marketing",
                "changed_at": at, "status": status, "source": "account",
            }, outcome, "", f"consent_{name}_{status}_{at[5:7]}")  # fmt: skip
    shop.facts["people"] = people
    shop.add("events", plain(shop, "events", customer_id="C98001"),
             case="event_of_unknown_customer", why="an event alone makes a prospect")  # fmt: skip
    shared, lone = shop.next_id("A", 5), shop.next_id("A", 5)
    for number in (1, 2, 3):
        shop.add("identities", {
            "anonymous_id": shared, "customer_id": case_customer(shop),
            "linked_at": f"2026-02-0{number} 10:00:00",
        }, "accepted", "ambiguous_identity", f"shared_visitor_{number}")  # fmt: skip
    owner = case_customer(shop)
    link = {"anonymous_id": lone, "customer_id": owner, "linked_at": "2026-02-01 10:00:00"}
    shop.add("identities", link, case="linked_visitor")
    shop.facts["visitors"] = {"shared": shared, "linked": lone, "owner": owner}
    for visitor in (shared, lone):
        add_event(shop, datetime(2026, 1, 31, 10), "product_viewed", anonymous_id=visitor)


def plant_erasures(shop: Shop) -> None:
    """Three people who asked to be forgotten: by id, by hash, and after the last day."""
    people = {"by_id": "C80001", "by_hash": "C80002", "after_end": "C80003"}
    for story, customer_id in people.items():
        digest = hashlib.sha256(customer_id.encode()).hexdigest()
        at = "2026-07-10 09:00:00" if story == "after_end" else "2026-06-01 09:00:00"
        shop.add("erasure_requests", {
            "request_id": shop.next_id("X"), "requested_at": at,
            "customer_id": "" if story == "by_hash" else customer_id,
            "customer_id_hash": digest if story == "by_hash" else "",
        }, case=f"erasure_{story}")  # fmt: skip
        order, visitor = f"O8{customer_id[1:]}", f"A8{customer_id[1:]}"
        mine = {"customer_id": customer_id}
        rows = [(table, plain(shop, table, **mine)) for table in (
            "customers", "customer_attributes", "events", "consents", "surveys",
            "promotion_sends", "promotion_assignments",
        )]  # fmt: skip
        rows += [
            ("orders", plain(shop, "orders", **mine, order_id=order)),
            ("orders", plain(shop, "orders", **mine, order_id=order)),
            ("order_items", plain(shop, "order_items", order_id=order)),
            ("refunds", plain(shop, "refunds", order_id=order)),
            ("identities", plain(shop, "identities", **mine, anonymous_id=visitor)),
            ("events", plain(shop, "events", customer_id="", anonymous_id=visitor)),
        ]
        for table, row in rows:
            key = f"erased_{story}_{table}_{next(iter(row.values()))}"
            shop.add(table, row, "erased", "", key, "an erased person's row")
    shop.facts["erased_customers"] = list(people.values())


PLANTS = (  # copies first, for they copy clean rows
    plant_copies,
    plant_holders,
    plant_faults,
    plant_clock,
    plant_after_end,
    plant_orders,
    plant_refunds,
    plant_people,
    plant_erasures,
)
