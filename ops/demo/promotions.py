"""Promotions of the demo shop: experiments with known effect, and sends that are fair or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from ops.demo.books import END, Shop, berlin_date, cents, stamp
from ops.demo.buying import GENDERS, Customer, add_order, spend_tiers


@dataclass(frozen=True)
class Experiment:
    """A promotion with two arms. `response`: chance that it wins who would not have bought."""

    promotion_id: str
    start: datetime
    customer_count: int
    response: float
    discount_share: Decimal
    send_cost: Decimal
    window_days: int = 28
    is_paired: bool = False
    planned_treatment_share: float = 0.5
    actual_treatment_share: float = 0.5


EXPERIMENTS = (
    Experiment("second_order_nudge", datetime(2025, 9, 15, 6), 1000, 0.12, Decimal("0.10"),
               Decimal("0.02")),
    Experiment("bundle_offer", datetime(2025, 11, 3, 6), 900, 0.05, Decimal("0.05"),
               Decimal("0.02"), actual_treatment_share=0.62),
    Experiment("free_shipping_week", datetime(2026, 2, 2, 6), 1200, 0.09, Decimal("0.05"),
               Decimal("0.02")),
    Experiment("spring_sale_20", datetime(2026, 4, 13, 6), 1600, 0.0, Decimal("0.20"),
               Decimal("0.08"), window_days=56, is_paired=True),
)  # fmt: skip


def run_experiment(experiment: Experiment, customers: Sequence[Customer], shop: Shop) -> None:
    """Draw the arms, send to the treated, add the orders that the promotion wins, note the truth.

    The counterfactual is known: a treated customer's own orders would have come anyway, at full
    price, and an added order would not have come.
    """
    rng = shop.stream(experiment.promotion_id)
    start, end = experiment.start, experiment.start + timedelta(days=experiment.window_days)
    pool = [c for c in customers if any(o.at < start for o in c.orders) and c.takes_email(start)]
    sample = sorted(rng.sample(pool, experiment.customer_count), key=lambda c: c.customer_id)
    treated = draw_arms(experiment, sample, rng)
    counts: Counter[str] = Counter()
    money = Decimal(0)
    for number, customer in enumerate(sample):
        arm = "treatment" if number in treated else "control"
        counts[arm] += 1
        shop.add("promotion_assignments", {
            "assignment_id": shop.next_id("G"), "customer_id": customer.customer_id,
            "promotion_id": experiment.promotion_id, "arm": arm, "assigned_at": stamp(start),
            "assigned_by": "demo_tool",
        })  # fmt: skip
        own = [o for o in customer.orders if start <= o.at < end and not o.is_cancelled]
        counts[f"{arm}_buyers_anyway"] += bool(own)
        if arm == "control":
            continue
        send(shop, customer, experiment.promotion_id, start + timedelta(hours=2), rng)
        money -= experiment.send_cost
        if not own and rng.random() < experiment.response:
            day = berlin_date(start) + timedelta(days=rng.randrange(1, experiment.window_days))
            won = add_order(customer, day, rng)
            won.is_cancelled, won.discount_share = False, Decimal(0)
            counts["added_orders"] += 1
            money += shop.in_eur(won.contribution, customer.currency, day)
            own = [won]
        for order in own:
            money += shop.in_eur(order.discount, customer.currency, berlin_date(order.at))
            order.promotion_id = experiment.promotion_id
            order.discount_share = experiment.discount_share
            money -= shop.in_eur(order.discount, customer.currency, berlin_date(order.at))
    customers_by_arm = {arm: counts[arm] for arm in ("treatment", "control")}
    shop.facts.setdefault("experiments", {})[experiment.promotion_id] = {
        "assigned_at": stamp(start),
        "window_days": experiment.window_days,
        "planned_treatment_share": experiment.planned_treatment_share,
        "assigned_customers": customers_by_arm,
        "buyers_without_promotion": {
            arm: counts[f"{arm}_buyers_anyway"] for arm in customers_by_arm
        },
        "added_orders": counts["added_orders"],
        "purchase_probability_uplift": round(counts["added_orders"] / counts["treatment"], 6),
        "response_of_others": experiment.response,
        "incremental_margin_eur": str(cents(money)),
        "loses_money": money < 0,
        "is_broken": experiment.planned_treatment_share != experiment.actual_treatment_share,
    }


def draw_arms(experiment: Experiment, sample: Sequence[Customer], rng: Random) -> set[int]:
    """Numbers of the treated: anybody, or one of each two who would have bought alike.

    A single draw of a few hundred may hide a planted loss behind luck. One within pairs is as
    random, and shows what a draw shows on average.
    """
    start = experiment.start
    end = start + timedelta(days=experiment.window_days)
    if not experiment.is_paired:
        share = experiment.actual_treatment_share
        return set(rng.sample(range(len(sample)), round(len(sample) * share)))

    def own(number: int) -> tuple[Decimal, int]:
        orders = [o for o in sample[number].orders if start <= o.at < end and not o.is_cancelled]
        return sum((o.contribution for o in orders), Decimal(0)), number

    ranked = sorted(range(len(sample)), key=own)
    return {rng.choice(pair) for pair in zip(ranked[::2], ranked[1::2], strict=True)}


def send(shop: Shop, customer: Customer, promotion_id: str, at: datetime, rng: Random) -> None:
    """One e-mail of a promotion."""
    shop.add("promotion_sends", {
        "send_id": shop.next_id("M"), "customer_id": customer.customer_id,
        "promotion_id": promotion_id, "channel": "email", "sent_at": stamp(at),
        "delivered": "true" if rng.random() < 0.97 else "false", "cost": "0.02",
    })  # fmt: skip


def run_quota_sends(
    shop: Shop,
    customers: Sequence[Customer],
    promotion_id: str,
    at: datetime,
    cells: Mapping[str, tuple[str, ...]],
    share_of_cell: Mapping[str, float],
) -> None:
    """Send to an exact share of each cell (the first name of a cell sets its share)."""
    rng = shop.stream(promotion_id)
    pools: dict[tuple[str, ...], list[Customer]] = {}
    for customer in customers:
        if any(order.at < at for order in customer.orders) and customer.takes_email(at):
            pools.setdefault(cells[customer.customer_id], []).append(customer)
    for cell in sorted(pools):
        chosen = rng.sample(pools[cell], round(len(pools[cell]) * share_of_cell[cell[0]]))
        for customer in sorted(chosen, key=lambda c: c.customer_id):
            send(shop, customer, promotion_id, at, rng)
        shop.facts.setdefault("sends", {}).setdefault(promotion_id, {})[" / ".join(cell)] = {
            "eligible": len(pools[cell]),
            "sent": len(chosen),
        }


def write_campaigns(shop: Shop, customers: Sequence[Customer]) -> None:
    """Everyday sends, a fair one, the planted unfair one and the planted Simpson case."""
    rng = shop.stream("campaigns")
    for customer in customers:
        if customer.orders and rng.random() < 0.25:
            first = min(order.at for order in customer.orders) + timedelta(days=1)
            if first < END and customer.takes_email(first):
                send(shop, customer, "welcome_guide", first, rng)
    genders = {c.customer_id: (c.gender,) for c in customers}
    run_quota_sends(shop, customers, "loyalty_double_points", datetime(2026, 3, 23, 8), genders,
                    dict.fromkeys(GENDERS, 0.2))  # fmt: skip
    run_quota_sends(shop, customers, "beauty_box", datetime(2026, 5, 18, 8), genders,
                    {"female": 0.4, "male": 0.08, "non_binary": 0.24, "unknown": 0.24})  # fmt: skip
    bands = {
        row["customer_id"]: row["value"]
        for row in shop.rows["customer_attributes"]
        if row["attribute"] == "age_band"
    }
    tiers = spend_tiers(
        shop, customers, datetime(2026, 4, 1)
    )  # a quarter's tiers are its first day's
    run_quota_sends(shop, customers, "vip_early_access", datetime(2026, 6, 8, 8),
                    {c: (tier, bands[c]) for c, tier in tiers.items()},
                    {"high": 0.9, "middle": 0.4, "low": 0.1})  # fmt: skip
    shop.facts["unfair_promotion"] = {
        "promotion_id": "beauty_box", "attribute": "gender", "disadvantaged_group": "male",
    }  # fmt: skip
    shop.facts["simpson_case"] = {
        "promotion_id": "vip_early_access", "attribute": "age_band", "explained_by": "spend",
    }  # fmt: skip
