"""Who buys in the demo shop, when, and what: people, seasons and purchases by known laws.

Purchases follow the BG/NBD process of Fader, Hardie & Lee 2005, "Counting your customers the easy
way", Marketing Science 24(2), section 3, on a clock that runs faster in season.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from ops.demo.books import END, FIRST_DAY, LAST_DAY, Shop, berlin_date, berlin_to_utc, cents

BUYERS, PROSPECTS = 2650, 350
BGNBD = {"r": 0.7, "alpha": 7.0, "a": 0.8, "b": 2.6}  # weeks; gamma rates, beta dropout
MONTH_WEIGHTS = (0.86, 0.86, 0.95, 0.96, 0.98, 0.95, 0.9, 0.88, 1.0, 1.06, 1.26, 1.34)
WEEKDAY_WEIGHTS = (1.05, 1.0, 1.0, 1.0, 0.95, 0.85, 1.15)
DRIFT_CHANNEL, DRIFT_FROM, DRIFT_KEEPS = "affiliate", date(2026, 4, 1), 0.25
PRICE_FACTORS = {"EUR": Decimal("1"), "GBP": Decimal("0.9"), "CHF": Decimal("1.1")}
COUNTRIES = {  # country: (share, currency, region and city pairs)
    "DE": (0.6, "EUR", (("Berlin", "Berlin"), ("Bayern", "München"), ("Hamburg", "Hamburg"))),
    "AT": (0.1, "EUR", (("Wien", "Wien"), ("Tirol", "Innsbruck"))),
    "GB": (0.16, "GBP", (("England", "London"), ("Scotland", "Glasgow"))),
    "CH": (0.14, "CHF", (("Zürich", "Zürich"), ("Genève", "Genève"))),
}
ACQUISITION = {  # channel: (share, cost of one customer in EUR)
    "organic": (0.34, "0.00"),
    "paid_search": (0.26, "14.00"),
    "social": (0.2, "9.50"),
    "affiliate": (0.12, "11.00"),
    "referral": (0.08, "5.00"),
}
PRODUCTS = (  # product, name, category, price, cost, consumable
    ("P001", "Espresso beans 1 kg", "coffee", "18.90", "9.80", True),
    ("P002", "Filter coffee 500 g", "coffee", "9.90", "4.90", True),
    ("P003", "Decaf beans 1 kg", "coffee", "19.90", "10.60", True),
    ("P004", "Green tea 250 g", "tea", "12.50", "5.20", True),
    ("P005", "Earl Grey 250 g", "tea", "11.50", "4.60", True),
    ("P006", "Herbal tea box", "tea", "14.90", "6.70", True),
    ("P007", "Hand cream", "beauty", "13.90", "4.80", True),
    ("P008", "Face oil", "beauty", "29.00", "10.20", True),
    ("P009", "Soap set", "beauty", "16.50", "6.10", True),
    ("P010", "French press", "kitchen", "34.90", "19.40", False),
    ("P011", "Electric grinder", "kitchen", "89.00", "52.00", False),
    ("P012", "Stoneware mugs", "kitchen", "27.50", "12.90", False),
    ("P013", "Herb planter", "garden", "24.90", "11.30", False),
    ("P014", "Watering can", "garden", "31.00", "15.80", False),
    ("P015", "Pruning shears", "garden", "42.00", "23.50", False),
)
CATEGORIES = ("coffee", "tea", "beauty", "kitchen", "garden")
CATEGORY_SHARES = {  # women buy beauty more often: what a category-based offer inherits
    "female": (0.26, 0.2, 0.3, 0.14, 0.1),
    "male": (0.38, 0.18, 0.05, 0.24, 0.15),
}
GENDERS = {"female": 0.5, "male": 0.44, "non_binary": 0.01, "unknown": 0.05}


@dataclass
class Line:
    """One product in a basket; money in the order's currency."""

    product_id: str
    quantity: int
    price: Decimal
    cost: Decimal


@dataclass
class Order:
    """One order of the clean part."""

    customer: Customer
    at: datetime
    lines: list[Line]
    promotion_id: str = ""
    discount_share: Decimal = Decimal(0)
    is_cancelled: bool = False
    order_id: str = ""

    @property
    def gross(self) -> Decimal:
        """What the lines cost before any discount."""
        return sum((line.price * line.quantity for line in self.lines), Decimal(0))

    @property
    def discount(self) -> Decimal:
        """What a promotion took off."""
        return cents(self.gross * self.discount_share)

    @property
    def contribution(self) -> Decimal:
        """Gross less discount and cost of goods."""
        cost = sum((line.cost * line.quantity for line in self.lines), Decimal(0))
        return self.gross - self.discount - cost


@dataclass
class Customer:
    """One person of the clean part, with the latent traits that drive what happens."""

    customer_id: str
    created_at: datetime
    country: str
    currency: str
    place: tuple[str, str]
    acquisition_channel: str
    gender: str
    category: str
    hour: float
    basket: float
    is_buyer: bool
    anonymous_id: str = ""
    email_from: datetime | None = None
    email_until: datetime | None = None
    orders: list[Order] = field(default_factory=list)

    def takes_email(self, at: datetime) -> bool:
        """Whether e-mail is allowed at a moment, by the clean part of the consent ledger."""
        granted = self.email_from is not None and self.email_from <= at
        return granted and (self.email_until is None or at < self.email_until)


class Seasons:
    """Calendar days weighted by season; weeks of weighted time tick evenly for the buyers.

    A Poisson process that runs in weighted time has the wished seasons in calendar time, and its
    parameters stay those of the evenly ticking clock (mean weight 1).
    """

    def __init__(self) -> None:
        self.days = [FIRST_DAY + timedelta(n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
        weights = [MONTH_WEIGHTS[d.month - 1] * WEEKDAY_WEIGHTS[d.weekday()] for d in self.days]
        scale = len(weights) / sum(weights) / 7
        self.until: list[float] = []
        total = 0.0
        for weight in weights:
            total += weight * scale
            self.until.append(total)

    @property
    def weeks(self) -> float:
        """The whole span in weeks."""
        return self.until[-1]

    def day(self, week: float) -> date:
        """The calendar day in which a moment of weighted time lies."""
        return self.days[min(bisect.bisect_right(self.until, week), len(self.days) - 1)]


def make_customers(shop: Shop) -> list[Customer]:
    """Draw the people of the clean part, without their purchases."""
    rng = shop.stream("customers")
    seasons = Seasons()
    firsts = sorted(rng.random() ** 0.9 * seasons.weeks for _ in range(BUYERS + PROSPECTS))
    prospects = set(rng.sample(range(len(firsts)), PROSPECTS))
    customers = []
    for number, week in enumerate(firsts):
        gender = pick(rng, GENDERS)
        country = pick(rng, {name: spec[0] for name, spec in COUNTRIES.items()})
        day = seasons.day(week)
        hour = min(max(rng.gauss(rng.choice((9, 13, 20)), 1.5), 6.5), 22.5)
        customer = Customer(
            customer_id=shop.next_id("C", 5),
            created_at=berlin_to_utc(day, int(hour * 3600) - rng.randrange(60, 1800)),
            country=country,
            currency=COUNTRIES[country][1],
            place=rng.choice(COUNTRIES[country][2]),
            acquisition_channel=pick(rng, {name: spec[0] for name, spec in ACQUISITION.items()}),
            gender=gender,
            category=rng.choices(
                CATEGORIES, CATEGORY_SHARES["male" if gender == "male" else "female"]
            )[0],
            hour=hour,
            basket=rng.gammavariate(3, 1 / 3),
            is_buyer=number not in prospects,
        )
        if rng.random() < 0.3:
            customer.anonymous_id = shop.next_id("A", 5)
        if rng.random() < 0.84:
            customer.email_from = customer.created_at
            if rng.random() < 0.1:
                customer.email_until = later(rng, customer.created_at)
        if customer.is_buyer:
            buy(customer, week, seasons, rng)
        customers.append(customer)
    return customers


def buy(customer: Customer, week: float, seasons: Seasons, rng: Random) -> None:
    """Purchases of one customer by BG/NBD: gamma rate, and a coin to leave after each repeat.

    After Fader, Hardie & Lee 2005, section 3: interpurchase times are exponential with a rate
    from gamma(r, alpha), and after each repeat purchase the customer leaves with a probability
    from beta(a, b). A repeat on the day of the one before is no purchase occasion of its own.
    """
    rate = rng.gammavariate(BGNBD["r"], 1 / BGNBD["alpha"])
    leaves = rng.betavariate(BGNBD["a"], BGNBD["b"])
    day, last = seasons.day(week), None
    while True:
        drifts = customer.acquisition_channel == DRIFT_CHANNEL and day >= DRIFT_FROM
        is_dropped = drifts and last is not None and rng.random() >= DRIFT_KEEPS
        if day != last and not is_dropped:
            add_order(customer, day, rng)
        if last is not None and rng.random() < leaves:
            return
        last = day
        week += rng.expovariate(rate)
        if week >= seasons.weeks:
            return
        day = seasons.day(week)


def add_order(customer: Customer, day: date, rng: Random) -> Order:
    """One basket on a day, at about the customer's own hour."""
    seconds = int(min(max(customer.hour + rng.gauss(0, 0.8), 6), 23.9) * 3600)
    factor = PRICE_FACTORS[customer.currency]
    liked = [p for p in PRODUCTS if p[2] == customer.category]
    chosen = {rng.choice(liked if rng.random() < 0.6 else PRODUCTS)}
    while rng.random() < 0.3 and len(chosen) < 4:
        chosen.add(rng.choice(PRODUCTS))
    lines = [
        Line(
            product_id=p[0],
            quantity=1 + min(int(rng.expovariate(1.6 / customer.basket)), 6),
            price=cents(Decimal(p[3]) * factor),
            cost=cents(Decimal(p[4]) * factor),
        )
        for p in sorted(chosen)
    ]
    at = max(berlin_to_utc(day, seconds), customer.created_at + timedelta(seconds=60))
    order = Order(customer, at, lines, is_cancelled=rng.random() < 0.015)
    if rng.random() < 0.05:
        order.discount_share = Decimal("0.10")
    customer.orders.append(order)
    return order


def later(rng: Random, at: datetime) -> datetime:
    """A moment between another and the end."""
    return at + timedelta(seconds=rng.randrange(1, max(2, int((END - at).total_seconds()))))


def pick(rng: Random, shares: dict[str, float]) -> str:
    """One name, drawn by its share."""
    return rng.choices(list(shares), list(shares.values()))[0]


def spend_tiers(shop: Shop, customers: Sequence[Customer], until: datetime) -> dict[str, str]:
    """The shop's own tiers by spend so far: the first fifth, the next three tenths, the rest."""
    spent = {
        c.customer_id: sum(
            (
                shop.in_eur(o.gross - o.discount, c.currency, berlin_date(o.at))
                for o in c.orders
                if not o.is_cancelled and o.at < until
            ),
            Decimal(0),
        )
        for c in customers
    }
    ranked = sorted(spent, key=lambda customer_id: (-spent[customer_id], customer_id))
    tiers = {}
    for place, customer_id in enumerate(ranked):
        share = place / BUYERS
        tiers[customer_id] = "high" if share < 0.2 else "middle" if share < 0.5 else "low"
    return {c.customer_id: tiers[c.customer_id] for c in customers}
