"""Attribution on rows of ours: the compiled models, and the same rules written out in Python.

The oracle shares no idea with the SQL where it matters: journeys are found by loops over events,
removal effects by taking each state out of the chain and solving it anew, and Shapley's value by
going through all coalitions.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from fairness_chain import REFERENCE
from shop import Builder

LAST_DAY = "2026-06-30"
AS_OF_END = datetime(2026, 7, 1)
LOOKBACK = timedelta(days=30)
HALF_LIFE = timedelta(days=7)
RULES = ("first", "last", "linear", "position", "time_decay", "shapley")
MODELS = (
    "int_attribution_purchases",
    "int_attribution_states",
    "int_attribution_messages",
    "int_attribution_touches",
    "int_attribution_journeys",
    "int_attribution_positions",
    "int_attribution_sets",
    "int_attribution_rules",
    "int_attribution_transitions",
    "int_attribution_chain_states",
    "int_attribution_steps",
    "int_attribution_steps_16",
    "int_attribution_steps_256",
    "int_attribution_steps_4096",
    "int_attribution_steps_65536",
    "int_attribution_removals",
    "int_attribution_credits",
    "promotion_attribution",
)
INPUTS = {
    "int_orders_net": "order_id varchar, customer_key bigint, ordered_at timestamp,"
    " order_date date, is_purchase boolean, net_revenue_amount decimal(18, 2)",
    "int_promotion_touches": "send_id varchar, customer_key bigint, promotion_id varchar,"
    " channel varchar, sent_at timestamp, sent_date date, is_delivered boolean,"
    " cost_amount decimal(18, 4)",
}

State = tuple[str, str]
Credits = dict[State, Fraction | float]


@dataclass(frozen=True)
class Order:
    """A purchase of a customer."""

    order_id: str
    customer: int
    at: datetime
    amount: Decimal
    is_purchase: bool = True


@dataclass(frozen=True)
class Send:
    """A message to a customer."""

    send_id: str
    customer: int
    at: datetime
    state: State
    delivered: bool | None = True


@dataclass
class Journey:
    """Messages in their order, what they led to, and how long before the last each was sent."""

    states: list[State] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    amount: Decimal | None = None


class Attribution:
    """Runs the compiled models on orders and messages."""

    def __init__(self, builder: Builder, home: Path, **variables: Any) -> None:
        asked = {"as_of_date": LAST_DAY, "business_timezone": "UTC", **variables}
        compiled = builder.compile(home, list(MODELS), **asked)
        self.sql = {name: compiled[name] for name in MODELS}
        self.connection = duckdb.connect()
        self.connection.execute("attach ':memory:' as build")
        for schema in ("intermediate", "marts"):
            self.connection.execute(f"create schema build.{schema}")

    def run(self, orders: Sequence[Order], sends: Sequence[Send]) -> dict[str, pd.DataFrame]:
        """The rows of every model."""
        rows: dict[str, list[tuple[Any, ...]]] = {
            "int_orders_net": [
                (o.order_id, o.customer, o.at, o.at.date(), o.is_purchase, o.amount) for o in orders
            ],
            "int_promotion_touches": [
                (s.send_id, s.customer, s.state[1], s.state[0], s.at, s.at.date(), s.delivered, 0)
                for s in sends
            ],
        }
        for name, columns in INPUTS.items():
            table = f"build.intermediate.{name}"
            self.connection.execute(f"create or replace table {table} ({columns})")
            if rows[name]:
                marks = ", ".join("?" * len(rows[name][0]))
                self.connection.executemany(f"insert into {table} values ({marks})", rows[name])
        found = {}
        for name, sql in self.sql.items():
            schema = "marts" if name == "promotion_attribution" else "intermediate"
            self.connection.execute(f"create or replace table build.{schema}.{name} as {sql}")
            found[name] = self.connection.sql(f"from build.{schema}.{name}").df()
        assert set(REFERENCE.findall(" ".join(self.sql.values()))) <= {
            ("intermediate", name) for name in (*INPUTS, *MODELS)
        }
        return found


def credited(
    mart: pd.DataFrame, model: str, column: str = "credited_conversion_count"
) -> dict[State, float]:
    """What a model credits to each channel and promotion."""
    rows = mart[mart["attribution_model"] == model]
    keys = zip(rows["channel"], rows["promotion_id"], strict=True)
    return dict(zip(keys, rows[column].astype(float), strict=True))


# -- the oracle -----------------------------------------------------------------------------------


def journeys(orders: Iterable[Order], sends: Iterable[Send]) -> list[Journey]:
    """The journeys that have ended, in the words of docs/attribution.md; each repeat purchase has
    one, be it empty."""
    bought: dict[int, list[Order]] = defaultdict(list)
    for order in sorted(orders, key=lambda order: (order.at, order.order_id)):
        if order.is_purchase:
            bought[order.customer].append(order)
    led = {
        order.order_id: Journey(amount=order.amount) for own in bought.values() for order in own[1:]
    }
    failed: dict[tuple[str, int], Journey] = defaultdict(Journey)
    for send in sorted(sends, key=lambda send: (send.at, send.send_id)):
        own = bought[send.customer]
        before = [order for order in own if order.at < send.at]
        after = [order for order in own if order.at > send.at]
        if send.delivered is False or not before or any(order.at == send.at for order in own):
            continue
        if after and after[0].at - send.at < LOOKBACK:
            journey = led[after[0].order_id]
        elif after or AS_OF_END - send.at >= LOOKBACK:
            stretch = (send.at.date() - before[-1].at.date()).days // LOOKBACK.days
            journey = failed[before[-1].order_id, stretch]
        else:
            continue
        journey.states.append(send.state)
        journey.times.append(send.at)
    return [*led.values(), *failed.values()]


def weights(model: str, journey: Journey) -> list[Fraction | float]:
    """The part of each message of a journey by a rule."""
    count = len(journey.states)
    if model == "first":
        return [Fraction(int(place == 0)) for place in range(count)]
    if model == "last":
        return [Fraction(int(place == count - 1)) for place in range(count)]
    if model == "linear":
        return [Fraction(1, count)] * count
    if model == "position":
        if count < 3:
            return [Fraction(1, count)] * count
        middle = Fraction(1, 5) / (count - 2)
        return [Fraction(2, 5), *[middle] * (count - 2), Fraction(2, 5)]
    assert model == "time_decay"
    aged = [0.5 ** ((journey.times[-1] - time) / HALF_LIFE) for time in journey.times]
    return [weight / sum(aged) for weight in aged]


def by_rule(model: str, found: Sequence[Journey], *, amounts: bool = False) -> Credits:
    """What a rule credits to each state."""
    credits: Credits = defaultdict(Fraction)
    for journey in found:
        if journey.amount is None:
            continue
        worth = Fraction(journey.amount) if amounts else Fraction(1)
        if not journey.states:
            credits["none", "none"] += worth
            continue
        for state, weight in zip(journey.states, weights(model, journey), strict=True):
            credits[state] += worth * weight
    return credits


def by_coalitions(found: Sequence[Journey], *, amounts: bool = False) -> Credits:
    """Shapley's value by its definition, of the game in which a coalition earns what journeys over
    its members alone have earned."""
    worth: dict[frozenset[State], Fraction] = defaultdict(Fraction)
    for journey in found:
        if journey.amount is not None and journey.states:
            worth[frozenset(journey.states)] += Fraction(journey.amount) if amounts else 1
    players = sorted(set().union(*worth)) if worth else []
    credits: Credits = {}
    for player in players:
        others = [other for other in players if other != player]
        total = Fraction(0)
        for size in range(len(others) + 1):
            chance = Fraction(
                factorial(size) * factorial(len(others) - size), factorial(len(players))
            )
            for chosen in combinations(others, size):
                with_player = frozenset({*chosen, player})
                gain = sum(
                    value
                    for states, value in worth.items()
                    if states <= with_player and player in states
                )
                total += chance * gain
        credits[player] = total
    return credits


def removal_effects(
    found: Iterable[tuple[Sequence[Any], float, float]],
) -> tuple[float, dict[Any, float]]:
    """The probability of a purchase, and the share of it lost without each state, from paths with
    how many of them led to a purchase and how many did not."""
    counts: dict[tuple[Any, Any], float] = defaultdict(float)
    states: set[Any] = set()
    for path, converted, failed in found:
        if not path or converted + failed == 0:
            continue
        states |= set(path)
        for one, two in zip(["(start)", *path], path, strict=False):
            counts[one, two] += converted + failed
        counts[path[-1], "(purchase)"] += converted
        counts[path[-1], "(end)"] += failed
    inner = ["(start)", *sorted(states)]
    place = {state: number for number, state in enumerate(inner)}
    moves = np.zeros((len(inner), len(inner)))
    wins, totals = np.zeros(len(inner)), np.zeros(len(inner))
    for (one, two), count in counts.items():
        totals[place[one]] += count
        if two == "(purchase)":
            wins[place[one]] += count
        elif two != "(end)":
            moves[place[one], place[two]] += count
    totals[totals == 0] = 1
    moves, wins = moves / totals[:, None], wins / totals

    def reached(left_out: int | None) -> float:
        kept_moves, kept_wins = moves.copy(), wins.copy()
        if left_out is not None:
            kept_moves[left_out], kept_wins[left_out] = 0, 0
        return float(np.linalg.solve(np.eye(len(inner)) - kept_moves, kept_wins)[0])

    base = reached(None)
    if base == 0:
        return 0.0, {}
    return base, {state: 1 - reached(place[state]) / base for state in sorted(states)}


def by_removal(
    found: Sequence[Journey], *, amounts: bool = False, alone: Mapping[State, Any] | None = None
) -> dict[Any, float]:
    """What the chain credits to each state, or to each group of them."""
    named = [
        ([state if alone is None else alone[state] for state in journey.states], journey.amount)
        for journey in found
        if journey.states
    ]
    _, effects = removal_effects(
        (path, float(amount is not None), float(amount is None)) for path, amount in named
    )
    whole = sum(float(amount) if amounts else 1 for _, amount in named if amount is not None)
    total = sum(effects.values())
    return {state: whole * effect / total for state, effect in effects.items()}
