"""Attribution: published numbers through the raw contract, toy chains, an oracle, odd shops.

Published: the heuristics of ChannelAttribution's PathData, exact linear algebra on it, and worked
examples of removal effects. The oracle (attribution_chain.py) knows the definitions alone.

Tolerances. What a rule divides is exact but for the last decimal kept: six of counts, four of
money. Removal effects are kept to 18 decimals and credits inside to 12, so 1e-9 of the credit is
wide enough; the printed digits of others are held to half of their last one.
"""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from attribution_chain import (
    LAST_DAY,
    RULES,
    Attribution,
    Journey,
    Order,
    Send,
    State,
    by_coalitions,
    by_removal,
    by_rule,
    credited,
    journeys,
    removal_effects,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shop import Build, Builder, write_tables

ALL_MODELS = {*RULES, "markov"}
START = datetime(2026, 3, 1)
CONVERSIONS, NULLS = 19_785, 68_602  # of PathData
HALF_OF_SIX_DECIMALS = 0.5e-6 + 1e-9
HALF_OF_FOUR_DECIMALS = 0.5e-4 + 1e-9
# Rows 18 to 21 of the published numbers, and Shapley's equal parts.
FIRST = (
    "alpha 6308 iota 4606 eta 3164 beta 2831 theta 1606 lambda 902 gamma 165 epsilon 99 kappa 74"
    " zeta 27 mi 2 delta 1"
)
LAST = (
    "alpha 8447 eta 4167 iota 3355 lambda 1207 beta 989 theta 653 epsilon 531 kappa 230 zeta 107"
    " gamma 92 delta 5 mi 2"
)
LINEAR = (
    "alpha 7574.718594 iota 3857.096221 eta 3539.951157 beta 2083.500145 lambda 1035.257572"
    " theta 1022.801394 epsilon 272.170438 kappa 137.964078 zeta 136.551540 gamma 121.041639"
    " mi 2.222222 delta 1.725"
)
MARKOV = (
    "alpha 5344.948 iota 3884.615 eta 3340.847 beta 2527.352 theta 1971.913 lambda 1282.847"
    " epsilon 599.571 zeta 381.063 kappa 274.363 gamma 171.145 delta 4.614 mi 1.722"
)
SHAPLEY = (
    "alpha 7627.944 eta 3613.656 iota 3505.044 beta 1982.7393 theta 1190.9631 lambda 987.7821"
    " epsilon 374.6774 zeta 199.9917 kappa 159.0571 gamma 138.1857 mi 2.6667 delta 2.2929"
)


@pytest.fixture(scope="module")
def models(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Attribution:
    return Attribution(builder, tmp_path_factory.mktemp("attribution"))


def printed(text: str) -> dict[str, float]:
    """Numbers by channel, as printed."""
    words = text.split()
    return {name: float(number) for name, number in zip(words[::2], words[1::2], strict=True)}


def played(
    paths: Sequence[tuple[str, float | None]], hours: Sequence[int] | None = None
) -> tuple[list[Order], list[Send]]:
    """One customer a path ("A > B", value or None): a purchase, its messages, the next purchase."""
    orders, sends = [], []
    for customer, (path, value) in enumerate(paths, start=1):
        orders.append(Order(f"o{customer}", customer, START, Decimal(1)))
        names = path.split(" > ") if path else []
        times = [START + timedelta(hours=hour) for hour in hours or range(1, len(names) + 1)]
        for place, (name, at) in enumerate(zip(names, times, strict=False)):
            sends.append(Send(f"s{customer}_{place}", customer, at, (name, "p")))
        if value is not None:
            later = START + timedelta(days=29)
            orders.append(Order(f"r{customer}", customer, later, Decimal(str(value))))
    return orders, sends


def by_channel(mart: pd.DataFrame, model: str, column: str) -> dict[str, float]:
    return {state[0]: value for state, value in credited(mart, model, column).items()}


def shares(mart: pd.DataFrame, model: str) -> dict[str, float]:
    """Credited purchases by channel, without those that no message preceded."""
    found = by_channel(mart, model, "credited_conversion_count")
    return {name: value for name, value in found.items() if name != "none"}


# -- ten thousand published paths, through the raw contract ---------------------------------------


@dataclass(frozen=True)
class PublishedPath:
    """A published path: its channels, and what the journeys over it led to."""

    names: list[str]
    conversions: int
    nulls: int
    thousandths: int

    def amounts(self) -> list[int]:
        """The value in whole thousandths, a part for each conversion."""
        parts = self.conversions
        return [
            self.thousandths // parts + int(part < self.thousandths % parts)
            for part in range(parts)
        ]


@pytest.fixture(scope="module")
def paths(real_data: Callable[[str], Path]) -> list[PublishedPath]:
    rows = pd.read_parquet(real_data("attribution/path_data.parquet"))
    found = [
        PublishedPath(
            str(path).split(" > "), int(conversions), int(nulls), round(1000 * float(value))
        )
        for path, conversions, value, nulls in rows.itertuples(index=False)
    ]
    assert (sum(path.conversions for path in found), sum(path.nulls for path in found)) == (
        CONVERSIONS,
        NULLS,
    )
    return found


@pytest.fixture(scope="module")
def published(
    paths: list[PublishedPath], builder: Builder, tmp_path_factory: pytest.TempPathFactory
) -> Build:
    """A shop of 88,387 customers: each bought once, got the messages of a path, and bought again
    or not. Money is in thousandths, since PathData has three decimals; a purchase may be of 0."""
    orders: list[tuple[str, str, str, int]] = []
    sends: list[tuple[str, str, str, str, str]] = []
    minutes = [f"2026-03-02 {hour:02}:{minute:02}:00" for hour in range(2) for minute in range(60)]
    for number, path in enumerate(paths):
        amounts = path.amounts()
        for copy in range(path.conversions + path.nulls):
            customer = f"{number}-{copy}"
            orders.append((f"a{customer}", customer, "2026-03-01", 1))
            if copy < path.conversions:
                orders.append((f"b{customer}", customer, "2026-03-03", amounts[copy]))
            sends += [
                (f"{customer}-{place:02}", customer, "p", name, minutes[place])
                for place, name in enumerate(path.names)
            ]
    tables = {
        "orders": pd.DataFrame(
            orders, columns=["order_id", "customer_id", "ordered_at", "gross_amount"]
        ),
        "promotion_sends": pd.DataFrame(
            sends, columns=["send_id", "customer_id", "promotion_id", "channel", "sent_at"]
        ),
    }
    home = tmp_path_factory.mktemp("path_data")
    build = builder.build(
        write_tables(home / "raw", tables, "parquet"),
        home,
        as_of=LAST_DAY,
        suffix="parquet",
        checks=False,
        only="+promotion_attribution",
        minimum_order_amount=0,
    )
    assert not build.problems, "\n".join(build.problems)
    return build


@pytest.fixture(scope="module")
def published_mart(published: Build) -> pd.DataFrame:
    return published.frame("select * from marts.promotion_attribution")


@pytest.mark.parametrize(
    ("model", "expected", "tolerance"),
    [
        ("first", FIRST, 0),
        ("last", LAST, 0),
        ("linear", LINEAR, 1e-6 + 1e-9),  # both are rounded to six decimals
        ("markov", MARKOV, 0.5e-3 + 1e-6),  # printed to three decimals
        ("shapley", SHAPLEY, 0.5e-3 + 1e-6),  # the first three printed to three, the rest to four
    ],
)
def test_published_credits(
    published_mart: pd.DataFrame, model: str, expected: str, tolerance: float
) -> None:
    found = by_channel(published_mart, model, "credited_conversion_count")
    assert found.pop("none") == 0
    assert found == pytest.approx(printed(expected), rel=0, abs=tolerance)


def test_paths_are_whole(
    published: Build, published_mart: pd.DataFrame, paths: list[PublishedPath]
) -> None:
    """Every message of every path is in a journey that has ended; every model shares out all."""
    messages = sum(len(path.names) * (path.conversions + path.nulls) for path in paths)
    value = sum(path.thousandths for path in paths if path.conversions)
    assert published.value("select count(*) from intermediate.int_attribution_touches") == messages
    for model in ALL_MODELS:
        rows = published_mart[published_mart["attribution_model"] == model]
        assert rows["touch_count"].sum() == messages
        counts = rows["credited_conversion_count"].astype(float)
        amounts = rows["credited_net_revenue_amount"].astype(float)
        assert counts.sum() == pytest.approx(CONVERSIONS, rel=0, abs=13 * HALF_OF_SIX_DECIMALS)
        assert amounts.sum() == pytest.approx(value, rel=0, abs=13 * HALF_OF_FOUR_DECIMALS)


def test_published_values_are_shared_alike(
    published_mart: pd.DataFrame, paths: list[PublishedPath]
) -> None:
    """Value by path, first, last, linear, by position and by sets: in exact fractions."""
    expected: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for path in paths:
        if not path.conversions:
            continue
        value, names = Fraction(path.thousandths), path.names
        expected["first"][names[0]] += value
        expected["last"][names[-1]] += value
        for place, name in enumerate(names):
            expected["linear"][name] += value / len(names)
            if len(names) < 3:
                part = Fraction(1, len(names))
            else:
                is_end = place in (0, len(names) - 1)
                part = Fraction(2, 5) if is_end else Fraction(1, 5) / (len(names) - 2)
            expected["position"][name] += value * part
        for name in set(names):
            expected["shapley"][name] += value / len(set(names))
    for model, credits in expected.items():
        found = by_channel(published_mart, model, "credited_net_revenue_amount")
        assert found.pop("none") == 0
        wanted = {name: float(credit) for name, credit in credits.items()}
        # the largest credits have eight digits before the point, where floats end at 1e-8
        assert found == pytest.approx(wanted, rel=1e-13, abs=HALF_OF_FOUR_DECIMALS)


def test_published_removal_effects(published: Build, paths: list[PublishedPath]) -> None:
    """Row 21: the probability of a purchase, and effects and credits by exact linear algebra."""
    base, effects = removal_effects((path.names, path.conversions, path.nulls) for path in paths)
    assert base == pytest.approx(0.2238451356, abs=0.5e-10)
    found_base = published.value(
        "select probability from intermediate.int_attribution_steps_65536"
        " where from_key = 0 and to_key = 1"
    )
    # a chain that is counted from journeys ends in a purchase as often as they did
    assert float(found_base) == pytest.approx(CONVERSIONS / (CONVERSIONS + NULLS), rel=1e-12)
    rows = published.frame(
        "select states.channel, credits.* from intermediate.int_attribution_credits as credits"
        " inner join intermediate.int_attribution_states as states using (state_key)"
        " where attribution_model = 'markov'"
    ).set_index("channel")
    total = sum(effects.values())
    value = sum(path.thousandths for path in paths if path.conversions)
    for name, effect in effects.items():
        row = rows.loc[name].astype(object)
        assert float(row["removal_effect"]) == pytest.approx(effect, rel=1e-9)
        assert float(row["conversion_count"]) == pytest.approx(
            CONVERSIONS * effect / total, rel=1e-9
        )
        assert float(row["net_revenue_amount"]) == pytest.approx(value * effect / total, rel=1e-9)


# -- published toys -------------------------------------------------------------------------------


def test_three_channels(models: Attribution) -> None:
    """C1 > C2 > C3 bought, C1 and C2 > C3 did not: effects .5, 1, 1 and shares .2, .4, .4."""
    found = models.run(*played([("C1 > C2 > C3", 1), ("C1", None), ("C2 > C3", None)]))
    mart = found["promotion_attribution"]
    steps = found["int_attribution_steps_65536"]
    base = steps[(steps["from_key"] == 0) & (steps["to_key"] == 1)]["probability"]
    assert float(base.iloc[0]) == pytest.approx(1 / 3, rel=1e-12)
    assert by_channel(mart, "markov", "removal_effect") == pytest.approx(
        {"C1": 0.5, "C2": 1, "C3": 1, "none": math.nan}, nan_ok=True
    )
    assert shares(mart, "markov") == pytest.approx({"C1": 0.2, "C2": 0.4, "C3": 0.4})


def test_two_channels(models: Attribution) -> None:
    """GA twice, Mailing, GA > Mailing bought, GA did not: effects .75, .5, credit 2.4, 1.6."""
    rows = [("GA", 1.0), ("GA", 1.0), ("Mailing", 1.0), ("GA > Mailing", 1.0), ("GA", None)]
    mart = models.run(*played(rows))["promotion_attribution"]
    effects = by_channel(mart, "markov", "removal_effect")
    assert (effects["GA"], effects["Mailing"]) == (0.75, 0.5)
    assert shares(mart, "markov") == pytest.approx({"GA": 2.4, "Mailing": 1.6})


def test_everybody_bought(models: Attribution) -> None:
    """A > B > A > B > B > A, A > B > B > A > A, A all bought: A is in each, B in two of them."""
    mart = models.run(*played([("A > B > A > B > B > A", 1), ("A > B > B > A > A", 1), ("A", 1)]))[
        "promotion_attribution"
    ]
    effects = by_channel(mart, "markov", "removal_effect")
    assert (effects["A"], effects["B"]) == (1, 0.5)
    assert shares(mart, "markov") == pytest.approx({"A": 2.0, "B": 1.0})


def test_values_by_rule(models: Attribution) -> None:
    """140 over Direct > Organic_Search > Direct, 66.50 over Display_Other > Organic_Search."""
    column = "credited_net_revenue_amount"
    three = models.run(*played([("Direct > Organic_Search > Direct", 140)]))
    two = models.run(*played([("Display_Other > Organic_Search", 66.5)]))
    mart = three["promotion_attribution"]
    for model, direct, search in (
        ("first", 140, 0),
        ("last", 140, 0),
        ("linear", 280 / 3, 140 / 3),
        ("position", 112, 28),
        ("shapley", 70, 70),
    ):
        found = by_channel(mart, model, column)
        assert (found["Direct"], found["Organic_Search"]) == pytest.approx(
            (direct, search), abs=HALF_OF_FOUR_DECIMALS
        )
    for model in ("linear", "position", "time_decay", "shapley"):
        expected = 33.25 if model != "time_decay" else None
        found = by_channel(two["promotion_attribution"], model, column)
        assert found["Display_Other"] + found["Organic_Search"] == pytest.approx(66.5)
        assert expected is None or found["Display_Other"] == expected


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ((14, 7, 0), (1 / 7, 2 / 7, 4 / 7)),
        ((10, 3, 1), (0.18389, 0.36778, 0.44833)),
        ((29, 28, 1), None),
    ],
)
def test_time_decay(
    models: Attribution, ages: tuple[int, ...], expected: tuple[float, ...] | None
) -> None:
    """Ages in days before the purchase at a half-life of seven; 14, 7, 0 less a second each."""
    bought_at = START + timedelta(days=29, hours=12)
    orders = [
        Order("o1", 1, START, Decimal(1)),
        Order("o2", 1, bought_at, Decimal(1)),
    ]
    sends = [
        Send(f"s{age}", 1, bought_at - timedelta(days=age, seconds=1), (f"A{age}", "p"))
        for age in ages
    ]
    mart = models.run(orders, sends)["promotion_attribution"]
    found = shares(mart, "time_decay")
    weights = [0.5 ** (age / 7) for age in ages]
    wanted = expected or tuple(weight / sum(weights) for weight in weights)
    # the second example is printed to five decimals
    assert [found[f"A{age}"] for age in ages] == pytest.approx(list(wanted), abs=5e-6)
    assert sum(found.values()) == pytest.approx(1, abs=3 * HALF_OF_SIX_DECIMALS)


def test_shapley(models: Attribution) -> None:
    """A 10, B 5, A and B 20, all three 30, C 2: A 30, B 25, C 12, however often they repeat."""
    rows = [("A > A", 10), ("B", 5), ("A > B > A > A", 20), ("C > B > A", 30), ("C > C > C", 2)]
    mart = models.run(*played(rows))["promotion_attribution"]
    found = by_channel(mart, "shapley", "credited_net_revenue_amount")
    assert (found["A"], found["B"], found["C"]) == (30, 25, 12)


# -- any shop against the oracle ------------------------------------------------------------------

# A coarse grid, so that events meet: ten slots are a look-back, the thirtieth lies exactly one
# before the end of the as-of day.
SLOT, FIRST_SLOT, LAST_SLOT = timedelta(days=3), datetime(2026, 3, 3), 39
STATES: list[State] = [("email", "p"), ("email", "q"), ("sms", "p"), ("push", "p")]
an_order = st.tuples(
    st.integers(1, 3),
    st.integers(0, LAST_SLOT),
    st.integers(-500, 20_000),
    st.sampled_from([True, True, True, False]),
)
a_send = st.tuples(
    st.integers(1, 4),
    st.integers(0, LAST_SLOT),
    st.sampled_from(STATES),
    st.sampled_from([True, True, True, None, False]),
)
# few rows for what is missing, many for what meets
orders_of_a_shop = st.lists(an_order, max_size=3) | st.lists(an_order, min_size=8, max_size=16)
sends_of_a_shop = st.lists(a_send, max_size=3) | st.lists(a_send, min_size=20, max_size=40)
look = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def shop(
    orders: Sequence[tuple[int, int, int, bool]],
    sends: Sequence[tuple[int, int, State, bool | None]],
) -> tuple[list[Order], list[Send]]:
    """The shop that hypothesis drew, on the grid."""
    return (
        [
            Order(f"o{number}", customer, FIRST_SLOT + slot * SLOT, Decimal(cents) / 100, bought)
            for number, (customer, slot, cents, bought) in enumerate(orders)
        ],
        [
            Send(f"s{number:03}", customer, FIRST_SLOT + slot * SLOT, state, delivered)
            for number, (customer, slot, state, delivered) in enumerate(sends)
        ],
    )


@settings(look, max_examples=150)
@example([(1, 0, 100, True), (1, 12, 100, True)], [(1, 2, STATES[0], True)])  # ten slots before
@given(orders_of_a_shop, sends_of_a_shop)
def test_any_shop(
    models: Attribution,
    orders: list[tuple[int, int, int, bool]],
    sends: list[tuple[int, int, State, bool | None]],
) -> None:
    """Every model equals the oracle, sums to the whole, and credits nobody without a message."""
    bought, sent = shop(orders, sends)
    mart = models.run(bought, sent)["promotion_attribution"]
    found = journeys(bought, sent)
    repeats = [journey for journey in found if journey.amount is not None]
    whole = {
        "credited_conversion_count": float(len(repeats)),
        "credited_net_revenue_amount": float(sum(journey.amount or 0 for journey in repeats)),
    }
    delivered = {send.state for send in sent if send.delivered is not False}
    in_journeys = {state for journey in found for state in journey.states}
    assert set(mart["attribution_model"]) == ALL_MODELS
    for column, tolerance in (
        ("credited_conversion_count", HALF_OF_SIX_DECIMALS),
        ("credited_net_revenue_amount", HALF_OF_FOUR_DECIMALS),
    ):
        amounts = column == "credited_net_revenue_amount"
        none = by_rule("first", found, amounts=amounts).get(("none", "none"), 0)
        for model in ALL_MODELS:
            credits = credited(mart, model, column)
            assert set(credits) == delivered | {("none", "none")}
            assert sum(credits.values()) == pytest.approx(
                whole[column], rel=0, abs=len(credits) * tolerance
            )
            expected: dict[State, Fraction | float] = {}
            if model == "markov":
                expected.update(by_removal(found, amounts=amounts))
            elif model == "shapley":
                expected.update(by_coalitions(found, amounts=amounts))
            else:
                expected.update(by_rule(model, found, amounts=amounts))
            expected["none", "none"] = none
            for state, credit in credits.items():
                assert credit == pytest.approx(
                    float(expected.get(state, 0)), rel=0, abs=tolerance
                ), (model, state)
                assert state in in_journeys or state[0] == "none" or credit == 0


@look
@given(orders_of_a_shop, sends_of_a_shop, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    models: Attribution,
    orders: list[tuple[int, int, int, bool]],
    sends: list[tuple[int, int, State, bool | None]],
    shuffler: random.Random,
) -> None:
    bought, sent = shop(orders, sends)
    keys = ["attribution_model", "channel", "promotion_id"]
    once = models.run(bought, sent)["promotion_attribution"].sort_values(keys)
    shuffler.shuffle(bought)
    shuffler.shuffle(sent)
    again = models.run(bought, sent)["promotion_attribution"].sort_values(keys)
    pd.testing.assert_frame_equal(
        once.reset_index(drop=True), again.reset_index(drop=True), check_exact=True
    )


@pytest.fixture(scope="module")
def two_states(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Attribution:
    return Attribution(builder, tmp_path_factory.mktemp("two_states"), attribution_maximum_states=2)


@look
@given(orders_of_a_shop, sends_of_a_shop)
def test_rare_states_are_one_to_the_chain(
    two_states: Attribution,
    orders: list[tuple[int, int, int, bool]],
    sends: list[tuple[int, int, State, bool | None]],
) -> None:
    """Two states have effects of their own; what the rest has together is shared among them."""
    bought, sent = shop(orders, sends)
    found = journeys(bought, sent)
    run = two_states.run(bought, sent)
    mart = run["promotion_attribution"]
    chain = run["int_attribution_chain_states"].merge(run["int_attribution_states"], on="state_key")
    group: dict[State, int] = {
        (str(channel), str(promotion)): int(key)
        for channel, promotion, key in zip(
            chain["channel"], chain["promotion_id"], chain["chain_key"], strict=True
        )
    }
    credits = credited(mart, "markov")
    effects = credited(mart, "markov", "removal_effect")
    linear = credited(mart, "linear")
    nothing_sold = not any(linear[state] for state in group)
    together: dict[int, float] = defaultdict(float)
    for state, key in group.items():
        together[key] += credits[state]
        assert math.isnan(effects[state]) == (key == 4 or nothing_sold)
    expected = by_removal(found, alone=group)
    for key, credit in together.items():
        assert credit == pytest.approx(expected.get(key, 0), rel=0, abs=3 * HALF_OF_SIX_DECIMALS)
    members = [state for state, key in group.items() if key == 4]
    if sum(linear[state] for state in members) > 0:
        parts = [linear[state] * together[4] / sum(linear[s] for s in members) for state in members]
        assert [credits[state] for state in members] == pytest.approx(parts, abs=1e-5)


def test_the_oracle_itself() -> None:
    """Shapley by coalitions is the equal split: both ways of the fixture give A 30, B 25, C 12."""
    found = [
        Journey(states=[(name, "p") for name in path], amount=Decimal(value))
        for path, value in (("A", 10), ("B", 5), ("AB", 20), ("ABC", 30), ("C", 2))
    ]
    worth = by_coalitions(found, amounts=True)
    assert [worth[name, "p"] for name in "ABC"] == [30, 25, 12]


# -- odd shops, as they are delivered -------------------------------------------------------------

FIRST_DAY = pd.Timestamp("2026-01-01")


def delivered(
    orders: Sequence[tuple[str, int, float]], sends: Sequence[tuple[str, float, str]]
) -> dict[str, pd.DataFrame]:
    """Orders (customer, day, amount) and messages (customer, day, channel)."""
    tables = {
        "orders": pd.DataFrame(
            [
                (f"o{number}", customer, FIRST_DAY + pd.Timedelta(days=day), amount)
                for number, (customer, day, amount) in enumerate(orders)
            ],
            columns=["order_id", "customer_id", "ordered_at", "gross_amount"],
        )
    }
    if sends:
        tables["promotion_sends"] = pd.DataFrame(
            [
                (f"s{number}", customer, "p", channel, FIRST_DAY + pd.Timedelta(days=day))
                for number, (customer, day, channel) in enumerate(sends)
            ],
            columns=["send_id", "customer_id", "promotion_id", "channel", "sent_at"],
        )
    return tables


def odd_shops() -> dict[str, dict[str, pd.DataFrame]]:
    two = [("ann", 0, 10.0), ("ann", 40, 20.0), ("bob", 0, 5.0)]
    refunded = delivered(two, [("ann", 30, "email")])
    refunded["refunds"] = pd.DataFrame(
        {
            "refund_id": ["r0", "r1", "r2"],
            "order_id": ["o0", "o1", "o2"],
            "refunded_at": ["2026-03-01"] * 3,
            "amount": [10.0, 20.0, 5.0],
        }
    )
    called_none = delivered([*two, ("bob", 70, 1.0)], [("ann", 30, "none")])
    called_none["promotion_sends"]["promotion_id"] = "none"
    many = [("ann", 35 + number / 10_000, ["email", "sms"][number % 2]) for number in range(10_000)]
    return {
        "no_messages": delivered(two, []),
        "no_orders": delivered([], [("ann", 3, "email"), ("bob", 4, "sms")]),
        "one_channel": delivered(two, [("ann", 30, "email"), ("bob", 10, "email")]),
        "all_refunded": refunded,
        "ten_thousand_messages": delivered(two, [*many, ("bob", 10, "email")]),
        "a_channel_called_none": called_none,
    }


@pytest.mark.parametrize("name", sorted(odd_shops()))
def test_odd_shops_build(builder: Builder, tmp_path: Path, name: str) -> None:
    """Each builds, keeps contracts and the whole; the fact is the project's own data test."""
    fact = "assert_attribution_shares_all_that_is_earned"
    raw = write_tables(tmp_path / "raw", odd_shops()[name], "parquet")
    build = builder.build(
        raw, tmp_path, as_of=LAST_DAY, suffix="parquet", checks=False, only="+promotion_attribution"
    )
    assert not build.problems, "\n".join(build.problems)
    with duckdb.connect(str(build.database)) as connection:
        sql = builder.compile(tmp_path / "compiled", [fact], as_of_date=LAST_DAY)[fact]
        assert connection.sql(sql).fetchall() == []
        for model in ALL_MODELS:
            doubled = connection.sql(
                "select channel, promotion_id from marts.promotion_attribution"
                f" where attribution_model = '{model}' group by all having count(*) > 1"
            )
            assert not doubled.fetchall()
    mart = build.frame("select * from marts.promotion_attribution")
    assert set(mart["attribution_model"]) == ALL_MODELS
    whole = {"no_orders": 0, "a_channel_called_none": 2}.get(name, 1)
    for model in ALL_MODELS:
        found = by_channel(mart, model, "credited_conversion_count")
        assert sum(found.values()) == pytest.approx(whole)
        if name == "all_refunded":
            assert found["email"] == 1
            assert set(by_channel(mart, model, "credited_net_revenue_amount").values()) == {0}
        elif name == "ten_thousand_messages" and model in ("linear", "markov", "shapley"):
            assert found["sms"] == pytest.approx(0.5, abs=1e-3)
        elif name in ("no_messages", "a_channel_called_none"):
            assert found == {"none": whole}
