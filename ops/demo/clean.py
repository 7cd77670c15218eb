"""The clean part of the demo shop: every table filled with rows that are all accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from ops.demo.books import (
    END,
    LAST_DAY,
    Shop,
    cents,
    mixed_stamp,
    parse_stamp,
    stamp,
)
from ops.demo.buying import (
    ACQUISITION,
    CATEGORIES,
    PRODUCTS,
    Customer,
    Order,
    later,
    pick,
    spend_tiers,
)

GBP_CHF_START = {"GBP": 1.18, "CHF": 1.03}
ETHNICITIES = {
    "white": 0.66,
    "asian": 0.13,
    "black": 0.1,
    "mixed": 0.04,
    "roma": 0.005,
    "unknown": 0.065,
}
AGE_BANDS = {  # ages on the last day; the youth of low spenders is the planted Simpson case
    "under_18": (15, 17),
    "18-24": (18, 24),
    "25-39": (25, 39),
    "40-64": (40, 64),
    "65+": (65, 88),
}
AGE_SHARES = {
    "high": (0.004, 0.08, 0.3, 0.45, 0.166),
    "middle": (0.008, 0.2, 0.36, 0.33, 0.102),
    "low": (0.012, 0.42, 0.32, 0.19, 0.058),
}


def write_products(shop: Shop) -> None:
    """The catalogue; costs in EUR."""
    rng = shop.stream("products")
    for product_id, name, category, _, cost, is_consumable in PRODUCTS:
        shop.add("products", {
            "product_id": product_id, "name": name, "category": category, "unit_cost": cost,
            "is_consumable": str(is_consumable).lower(),
            "stock_quantity": str(rng.randrange(0, 400)),
        })  # fmt: skip


def write_rates(shop: Shop) -> None:
    """Weekly rates with gaps of up to three weeks, so that the last earlier rate matters."""
    rng = shop.stream("rates")
    for currency, start in GBP_CHF_START.items():
        rate, day, rates = start, date(2024, 6, 24), []
        while day <= LAST_DAY:
            rate *= 1 + rng.gauss(0, 0.004)
            if day == date(2024, 6, 24) or rng.random() > 0.15:
                rates.append((day, Decimal(f"{rate:.6f}")))
                shop.add("exchange_rates", {
                    "currency": currency, "rate_date": day.isoformat(), "rate": f"{rate:.6f}",
                })  # fmt: skip
            day += timedelta(days=7)
        shop.rates[currency] = rates


def write_customers(shop: Shop, customers: Sequence[Customer]) -> None:
    """People, their protected attributes, the birth dates that fit, and their consents."""
    rng = shop.stream("people")
    ages = draw_age_bands(shop, customers)
    for number, customer in enumerate(customers):
        company = rng.random() < 0.06
        born = draw_birth_date(rng, ages[customer.customer_id])
        shop.add("customers", {
            "customer_id": customer.customer_id,
            "created_at": mixed_stamp(customer.created_at, rng),
            "email": f"{customer.customer_id.lower()}@example.org" if rng.random() < 0.96 else "",
            "phone": f"+49 30 {rng.randrange(10**6):06d}" if rng.random() < 0.3 else "",
            "birth_date": born.isoformat() if born else "",
            "country": customer.country,
            "region": customer.place[0],
            "city": customer.place[1],
            "acquisition_channel": customer.acquisition_channel,
            "acquisition_cost": ACQUISITION[customer.acquisition_channel][1],
            "account_id": f"B{number % 40:03d}" if company else "",
            "industry": rng.choice(("hospitality", "office", "retail")) if company else "",
            "company_size": rng.choice(("1-9", "10-49", "50-249")) if company else "",
            "referred_by": customers[rng.randrange(number)].customer_id
            if customer.acquisition_channel == "referral" and number else "",
        })  # fmt: skip
        attributes = {
            "gender": customer.gender,
            "age_band": ages[customer.customer_id] if born else "unknown",
            "ethnicity": pick(rng, ETHNICITIES),
        }
        for attribute, value in attributes.items():
            shop.add("customer_attributes", {
                "customer_id": customer.customer_id, "attribute": attribute, "value": value,
            })  # fmt: skip
        write_consents(shop, customer, rng)


def draw_age_bands(shop: Shop, customers: Sequence[Customer]) -> dict[str, str]:
    """Age bands that depend on what a customer spent: the young are rare among high spenders."""
    rng = shop.stream("ages")
    tiers = spend_tiers(shop, customers, END)
    return {
        customer_id: rng.choices(list(AGE_BANDS), AGE_SHARES[tier])[0]
        for customer_id, tier in tiers.items()
    }


def draw_birth_date(rng: Random, age_band: str) -> date | None:
    """A birth date of the age band as of the last day; some are unknown, some on 29 February."""
    if rng.random() < 0.1:
        return None
    youngest, oldest = AGE_BANDS[age_band]
    days = rng.randrange(int(youngest * 365.25) + 1, int((oldest + 1) * 365.25) - 1)
    born = LAST_DAY - timedelta(days=days)
    if born.year % 4 == 0 and born.month in (2, 3) and rng.random() < 0.2:
        return date(born.year, 2, 29)
    return born


def write_consents(shop: Shop, customer: Customer, rng: Random) -> None:
    """Grants at sign-up, withdrawals later; no row at all for those who were never asked."""
    changes: list[tuple[str, datetime, str]] = []
    if customer.email_from:
        changes.append(("email", customer.email_from, "granted"))
    if customer.email_until:
        changes.append(("email", customer.email_until, "withdrawn"))
    for channel, share in (("sms", 0.18), ("push", 0.14)):
        if rng.random() < share:
            changes.append((channel, customer.created_at, "granted"))
            if rng.random() < 0.12:
                changes.append((channel, later(rng, customer.created_at), "withdrawn"))
    for channel, at, status in changes:
        shop.add("consents", {
            "customer_id": customer.customer_id, "channel": channel, "purpose": "marketing",
            "changed_at": stamp(at), "status": status, "source": "account",
        })  # fmt: skip


def write_ad_consents(shop: Shop, customers: Sequence[Customer]) -> None:
    """Whether ad platforms may be told of somebody: asked apart, and granted by fewer.

    Written last: what is planted draws copies from all rows, and would draw others.
    """
    rng = shop.stream("ad consents")
    for customer in customers:
        if rng.random() >= 0.22:
            continue
        changes = [(customer.created_at, "granted")]
        if rng.random() < 0.1:
            changes.append((later(rng, customer.created_at), "withdrawn"))
        for at, status in changes:
            shop.add("consents", {
                "customer_id": customer.customer_id, "channel": "ads", "purpose": "advertising",
                "changed_at": stamp(at), "status": status, "source": "account",
            })  # fmt: skip


def write_orders(shop: Shop, customers: Sequence[Customer]) -> None:
    """Orders in the order of time, with their lines and refunds."""
    rng = shop.stream("orders")
    orders = sorted(
        (order for customer in customers for order in customer.orders),
        key=lambda order: (order.at, order.customer.customer_id),
    )
    for order in orders:
        order.order_id = shop.next_id("O")
        gross, discount = order.gross, order.discount
        late = rng.random() < 0.02
        loaded = order.at + timedelta(
            seconds=rng.randrange(300, 3600), days=rng.randrange(8, 40) if late else 0
        )
        status = rng.choices(("completed", "shipped", "paid", "pending"), (80, 12, 7, 1))[0]
        shop.add("orders", {
            "order_id": order.order_id,
            "customer_id": order.customer.customer_id,
            "ordered_at": mixed_stamp(order.at, rng),
            "gross_amount": str(gross),
            "currency": order.customer.currency,
            "status": "cancelled" if order.is_cancelled else status,
            "discount_amount": str(discount) if discount else "",
            "shipping_amount": "4.90" if gross < 60 else "0.00",
            "tax_amount": str(cents((gross - discount) * Decimal("0.19"))),
            "promotion_id": order.promotion_id,
            "channel": rng.choices(("web", "app", "store"), (70, 20, 10))[0],
            "loaded_at": stamp(loaded),
        })  # fmt: skip
        for number, line in enumerate(order.lines, 1):
            shop.add("order_items", {
                "order_id": order.order_id, "line_number": str(number),
                "product_id": line.product_id, "quantity": str(line.quantity),
                "unit_price": str(line.price),
                "unit_cost": str(line.cost) if rng.random() < 0.5 else "",
            })  # fmt: skip
        if not order.is_cancelled and rng.random() < 0.05:
            write_refund(shop, order, rng)


def write_refund(shop: Shop, order: Order, rng: Random) -> None:
    """One refund of what was paid for the goods, whole or in part, days or weeks later."""
    at = order.at + timedelta(seconds=rng.randrange(2 * 86400, 60 * 86400))
    paid = order.gross - order.discount
    share = Decimal(1) if rng.random() < 0.5 else Decimal(rng.randrange(10, 90)) / 100
    if at < END:
        shop.add("refunds", {
            "refund_id": shop.next_id("R"), "order_id": order.order_id,
            "refunded_at": stamp(at), "amount": str(cents(paid * share)),
            "reason": rng.choice(("damaged", "not_as_expected", "late", "")),
        })  # fmt: skip


def write_surveys(shop: Shop, customers: Sequence[Customer]) -> None:
    """Net promoter answers (0 to 10) of one buyer in five, declared interests of one in eight."""
    rng = shop.stream("surveys")
    for customer in customers:
        if customer.orders and rng.random() < 0.2:
            last = max(order.at for order in customer.orders)
            at = last + timedelta(days=rng.randrange(2, 15), seconds=rng.randrange(86400))
            score = rng.choices(range(11), (1, 1, 1, 2, 2, 4, 6, 13, 22, 26, 22))[0]
            if at < END:
                add_answer(shop, customer.customer_id, at, "nps", str(score), str(score))
        if rng.random() < 0.12:
            at = later(rng, customer.created_at)
            interest = customer.category if rng.random() < 0.7 else rng.choice(CATEGORIES)
            add_answer(shop, customer.customer_id, at, "interest", interest, "")


def add_answer(
    shop: Shop, customer_id: str, at: datetime, question: str, answer: str, score: str
) -> None:
    """One answer to one question."""
    shop.add("surveys", {
        "response_id": shop.next_id("Q"), "customer_id": customer_id, "responded_at": stamp(at),
        "question": question, "answer": answer, "score": score,
    })  # fmt: skip


def add_event(shop: Shop, at: datetime, event_type: str, **values: str) -> None:
    """One event before the end."""
    if at < END:
        reason = "unmapped_event_type" if event_type == "wishlist_shared" else ""
        shop.add("events", {
            "event_id": shop.next_id("E"), "occurred_at": stamp(at), "event_type": event_type,
            **values,
        }, reason=reason)  # fmt: skip


def write_events(shop: Shop, customers: Sequence[Customer]) -> None:
    """Visits, baskets and what follows; many first visits are anonymous and linked later."""
    rng = shop.stream("events")
    for customer in customers:
        for number, order in enumerate(sorted(customer.orders, key=lambda order: order.at)):
            who = {"customer_id": customer.customer_id}
            if number == 0 and customer.anonymous_id:
                who = {"anonymous_id": customer.anonymous_id}
                shop.add("identities", {
                    "anonymous_id": customer.anonymous_id, "customer_id": customer.customer_id,
                    "linked_at": stamp(order.at),
                })  # fmt: skip
            write_visit(shop, order, who, rng)
        write_loose_visits(shop, customer, rng)
    for _ in range(250):
        stranger = {"anonymous_id": shop.next_id("A", 5)}
        at = END - timedelta(seconds=rng.randrange(3600, 2 * 365 * 86400))
        for step in range(rng.randrange(1, 3)):
            add_event(shop, at + timedelta(minutes=step), view_name(rng), **stranger,
                      channel="web", product_id=rng.choice(PRODUCTS)[0])  # fmt: skip
    write_email_events(shop, rng)


def view_name(rng: Random) -> str:
    """The shop changed its tracker: two names for one thing."""
    return "page_view_product" if rng.random() < 0.4 else "product_viewed"


def write_visit(shop: Shop, order: Order, who: dict[str, str], rng: Random) -> None:
    """What was clicked before an order, and said after it."""
    before = timedelta(seconds=rng.randrange(300, 3000))
    product_id = order.lines[0].product_id
    session = {"session_id": f"S{order.order_id[1:]}", "channel": "web"}
    if rng.random() < 0.7:
        add_event(shop, order.at - before, view_name(rng), **who, **session, product_id=product_id)
    if rng.random() < 0.4:
        name = "Added to Cart" if rng.random() < 0.5 else "cart_updated"
        add_event(shop, order.at - before / 2, name, **who, **session, product_id=product_id)
    if rng.random() < 0.25:
        add_event(shop, order.at - before / 4, "checkout_started", **who, **session)
    customer = {"customer_id": order.customer.customer_id}
    for name, share, product in (
        ("review_posted", 0.035, product_id),
        ("referral_made", 0.012, ""),
        ("support_contacted", 0.02, ""),
        ("wishlist_shared", 0.004, product_id),
    ):
        if rng.random() < share:
            at = order.at + timedelta(seconds=rng.randrange(86400, 21 * 86400))
            add_event(shop, at, name, **customer, channel="web", product_id=product)


def write_loose_visits(shop: Shop, customer: Customer, rng: Random) -> None:
    """Visits without an order: prospects who look, buyers who leave a basket behind."""
    visits = rng.choice((0, 1, 1, 2, 3, 4)) if not customer.is_buyer else int(rng.random() < 0.2)
    for _ in range(visits):
        at = later(rng, customer.created_at)
        who = {"customer_id": customer.customer_id, "channel": "app"}
        product_id = rng.choice([p for p in PRODUCTS if p[2] == customer.category])[0]
        add_event(shop, at, view_name(rng), **who, product_id=product_id)
        if rng.random() < 0.4:
            add_event(shop, at + timedelta(minutes=3), "cart_updated", **who,
                      product_id=product_id)  # fmt: skip


def write_email_events(shop: Shop, rng: Random) -> None:
    """What happened to each delivered message."""
    for row in shop.rows["promotion_sends"]:
        if row["delivered"] != "true":
            continue
        sent = parse_stamp(row["sent_at"])
        for name, share, delay in (
            ("email_delivered", 1.0, 60),
            ("email_clicked", 0.16, 40000),
            ("unsubscribed", 0.006, 50000),
            ("complained", 0.002, 60000),
        ):
            if rng.random() < share:
                add_event(shop, sent + timedelta(seconds=rng.randrange(1, delay)), name,
                          customer_id=row["customer_id"], channel="email",
                          campaign=row["promotion_id"])  # fmt: skip
