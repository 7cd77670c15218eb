"""What holds of tonight's decisions in any shop and under any policy that a marketer may write.

1. Every rule of decision_rules: consent, holdouts, caps, floors, budgets, validity, quiet days.
2. Considered is selected plus the reasons; everybody is considered once.
3. A raised cap never selects fewer.
4. A withdrawal of consent changes nobody else's outcome.
5. A larger control group keeps its earlier members, and a stored arm is for good.
6. The order of the delivered rows does not matter.
7. One message a customer, one offer at a time.

Shops are random ones with customers who really get selected, and policies are drawn too. Policy
seeds are files of the project, so the builds are of a copy of it whose seeds are written anew: dbt
parses it once, and reads a seed's rows when it loads it, as it would for a marketer. Of the
models, those are built that the decision log needs, with the singular tests on them; a night that
differs from an earlier one only in policy or in one table begins with a copy of its file, and
builds what lies behind the difference (`dbt build --select contact_caps+`). The same as-of day is
forgotten by the history of arms and drawn again; another day finds the arms of the days before.

decision_rules tells the rules again, from rows. It knows no rubbish: in a spoilt shop it judges
the customers whose rows are all whole, and of the others only that somebody asked for the message.
"""

import csv
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pandas as pd
import pytest
from decision_rules import Arms, Policy, Rules, read_policy
from hypothesis import HealthCheck, Phase, given, settings
from shop import REPOSITORY, Build, Builder, differences
from test_random_shops import (
    BUSINESS_ZONE,
    RAW_ZONE,
    Knobs,
    Row,
    Tables,
    deliver,
    knobs,
    make_shop,
    shop_of,
)

Change = Callable[[dict[str, str]], dict[str, str]]

LIGHT_RUBBISH = 0.002
NO_TIME = [None, "", "last week"]
LOG = "marts.customer_promotions"
CHAIN = ["+customer_promotions", "+promotion_outcomes", "+segment_promotions"]
NO_TEST = ["--exclude-resource-type", "test", "unit_test"]
SINGULAR_TESTS = ["--indirect-selection", "cautious", "--exclude", "test_type:generic"]
SINGULAR_TESTS += ["test_type:unit"]


# -- shops, policies and nights -------------------------------------------------------------------


@dataclass(frozen=True)
class Shop:
    """A shop as it was made and as it was delivered, with rubbish."""

    drawn: Knobs
    made: Tables
    delivered: Tables

    @cached_property
    def spoilt_customers(self) -> set[str]:
        """Those who lost a row to rubbish, or whom a row with rubbish names."""
        order_owners = {row["order_id"]: row["customer_id"] for row in self.made["orders"]}
        spoilt = set()
        for table, rows in self.delivered.items():
            made = self.made[table]
            for number, row in enumerate(rows):
                whole = made[number] if number < len(made) else row
                if row == whole and (number < len(made) or row in made):
                    continue
                for told in (row, whole):
                    visitor = (told.get("anonymous_id") or "").removeprefix("A")
                    owner = order_owners.get(told.get("order_id"))
                    spoilt |= {told.get("customer_id"), visitor, owner}
        return {name.strip(" \t\n\r") for name in spoilt if name}


@dataclass(frozen=True)
class Night:
    """One night's build of a shop under a policy."""

    shop: Shop
    policy: Policy
    as_of: date
    raw: Path
    build: Build

    @cached_property
    def log(self) -> pd.DataFrame:
        """The decision log, with the precedence of each reason."""
        query = (
            "select log.*, reasons.precedence, reasons.stage"
            f" from {LOG} as log left join policy.decision_reasons as reasons using (reason)"
        )
        return self.build.frame(query)

    @cached_property
    def selected(self) -> pd.DataFrame:
        """Who gets what."""
        return self.log[self.log["is_selected"]]

    def rules(self, arms: Arms | None = None) -> Rules:
        """What the rules say of it, with the arms of earlier nights."""
        least = Decimal(f"{self.shop.drawn.policy.get('minimum_order_amount', '0.01')}")
        return Rules(self.shop.made, self.policy, self.as_of, least, arms or {})

    def arms(self) -> Arms:
        """The arms that are stored, by customer, draw and salt."""
        rows = self.build.rows(
            "select customer_id, draw_id, salt, arm from history.int_promotion_arm_history"
        )
        return {(customer, name, salt): arm for customer, name, salt, arm in rows}

    def people_in(self, arm: str) -> set[tuple[str, str]]:
        """Customers and promotions with one arm in the log."""
        rows = self.log[self.log["arm"] == arm]
        return set(zip(rows["customer_id"], rows["promotion_id"], strict=True))


class Nights:
    """Builds nights of a copy of the project, each in a folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.number = 0
        project = home / "project"
        for folder in ("macros", "models", "seeds", "tests/generic", "tests/quality"):
            shutil.copytree(REPOSITORY / folder, project / folder)
        shutil.copy(REPOSITORY / "dbt_project.yml", project)
        self.builder = Builder(home / "dbt", project)

    def first(self, shop: Shop, policy: Policy) -> Night:
        """A whole build, with the singular tests."""
        return self._build(shop, policy, shop.drawn.as_of, None, None, [*CHAIN, *SINGULAR_TESTS])

    def other_policy(
        self, night: Night, policy: Policy, *options: str, as_of: date | None = None
    ) -> Night:
        """The same night under another policy; or another night, for which all is built."""
        seeds = [f"{name}+,{CHAIN[-1]}" for name in policy if policy[name] != night.policy[name]]
        selected = [*(seeds if as_of is None else CHAIN), *NO_TEST, *options]
        day = as_of or night.as_of
        return self._build(night.shop, policy, day, night, night.raw, selected)

    def other_rows(self, night: Night, table: str, rows: list[Row]) -> Night:
        """The same night with other rows in one table."""
        shop = replace(night.shop, delivered=night.shop.delivered | {table: rows})
        selected = [f"raw_{table}+,{CHAIN[0]}", *NO_TEST]
        return self._build(shop, night.policy, night.as_of, night, None, selected)

    def _build(
        self,
        shop: Shop,
        policy: Policy,
        as_of: date,
        before: Night | None,
        raw: Path | None,
        selected: list[str],
    ) -> Night:
        self.number += 1
        home = self.home / f"night_{self.number}"
        home.mkdir()
        if before is not None:
            shutil.copy(before.build.database, home)
        if raw is None:
            raw = home / "raw"
            deliver(raw, shop.drawn, shop.delivered)
        for name, rows in policy.items():
            if not rows:  # shipped empty
                continue
            path = self.builder.project / "seeds" / "policy" / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        variables = {
            "demo_shop": False,
            "as_of_date": f"{as_of}",
            "raw_files": f"{raw}/{{name}}.csv",
            "raw_timezone": RAW_ZONE.key,
            "business_timezone": BUSINESS_ZONE.key,
            "reporting_currency": "EUR",
            **shop.drawn.policy,
        }
        build = self.builder.run(home, variables, ["--select", *selected])
        assert not build.problems, "\n".join(build.problems)
        return Night(shop, policy, as_of, raw, build)


def draw_shop(drawn: Knobs) -> Shop:
    """The shop that hypothesis asked for; free text may say anything, so there is none."""
    drawn = replace(drawn, cells=[])
    made = make_shop(Random(f"{drawn}"), drawn.customers, drawn.as_of)
    delivered = shop_of(drawn)
    if drawn.rubbish:
        add_doubt(Random(f"{drawn}"), made, delivered)
    return Shop(drawn, made, delivered)


def add_doubt(random: Random, made: Tables, delivered: Tables) -> None:
    """Rows in two versions that nothing puts in order, and withdrawals that do not say when."""
    for table, rows in made.items():
        for row in random.sample(rows, len(rows) // 100):
            told = [name for name in row if row[name] and not name.endswith("_id")]
            column = random.choice(told)  # not an id: that would be somebody else's row
            delivered[table].append(row | {column: random.choice(rows)[column]})
    for row in random.sample(made["consents"], len(made["consents"]) // 20):
        when = random.choice(NO_TIME)
        delivered["consents"].append(row | {"status": "withdrawn", "changed_at": when})


def draw_policy(random: Random, as_of: date) -> Policy:
    """The shipped policy with other numbers, and promotions for everybody that wait for nothing."""
    policy = read_policy()
    incentives = {
        row["offer_type"] for row in policy["offer_types"] if row["is_incentive"] == "true"
    }
    before, send_day, after = (f"{as_of + timedelta(days)}" for days in range(3))
    periods = [("", "")] * 4 + [(send_day, ""), ("", send_day), (after, ""), ("", before)]
    budgets = [row["budget_id"] for row in policy["budgets"]]
    for row in policy["promotions"]:
        row["valid_from"], row["valid_to"] = random.choice(periods)
        row["response_rate"] = random.choice(["0.01", "0.10", "0.40"])
        row["minimum_margin_share"] = random.choice(["", "0.10", "0.50", "0.90"])
        row["minimum_incremental_amount"] = random.choice(["", "0.00", "2.50", "10.00"])
        row["budget_id"] = random.choice(["", "", budgets[0], *budgets])
        row["holdout_share"] = random.choice(["0.00", "0.10", "0.40"])
        row["holdout_salt"] = random.choice(["", "another|1"])
        row["repeat_days"] = random.choice(["0", "7", "60"])
        row["quiet_days"] = random.choice(["0", "1", "2", "3", "5", "30"])
        row["when_capped"] = random.choice(["skip", "next_channel", "next_day"])
        row["minimum_order_count"] = random.choice(["0", "0", "0", "1"])
        if row["offer_type"] in incentives:
            row["offer_days"] = random.choice(["1", "7", "14"])
    for row in policy["budgets"]:
        row["budget_amount"] = random.choice(["0.50", "2.00", "5.00", "300.00"])
        row["period_days"] = random.choice(["1", "2", "7", "90"])
    for row in policy["contact_caps"]:
        row["maximum_count"] = random.choice(["1", "2", "3", "4"])
    for row in policy["holdouts"]:
        row["holdout_share"] = random.choice(["0.05", "0.20"])
    waiting = policy["promotion_triggers"]
    policy["promotion_triggers"] = [row for row in waiting if random.random() < 0.3] or waiting
    for row in list(policy["promotion_targets"]):
        wider = row | {"segment": "any", "lifecycle_stage": "any", "value_tier": "any"}
        known = [{**target, "reason": row["reason"]} for target in policy["promotion_targets"]]
        if wider not in known and random.random() < 0.3:
            policy["promotion_targets"].append(wider)
    return policy


def changed(policy: Policy, seed: str, change: Change) -> Policy:
    """The policy with other values in the rows of one seed."""
    return policy | {seed: [row | change(row) for row in policy[seed]]}


def without_limits(policy: Policy) -> Policy:
    """No budget and no limit of discounts: what one customer gets takes nothing from another."""
    unlimited = {"maximum_discount_share": "1", "maximum_discount_amount_365d": "999999999"}
    policy = changed(policy, "promotions", lambda row: {"budget_id": ""})
    return changed(policy, "discount_caps", lambda row: unlimited)


def with_half_the_money(night: Night) -> Policy:
    """One budget for all promotions, and in it half of what the night's messages cost."""
    name = night.policy["budgets"][0]["budget_id"]
    policy = changed(night.policy, "promotions", lambda row: {"budget_id": name})
    policy = changed(policy, "budgets", lambda row: {"period_days": "1"})
    half = Decimal(f"{night.selected['expected_cost_amount'].sum() / 2:.2f}")
    amount = replace(night, policy=policy).rules().spent(name) + half
    return changed(policy, "budgets", lambda row: {"budget_amount": f"{amount:.2f}"})


# -- the properties -------------------------------------------------------------------------------


def broken_rules(night: Night, arms: Arms | None = None) -> list[str]:
    """1 and 7: what the log says against the rules; all of it, not only of who is selected.

    A row has passed every rule that comes before its reason, and broken its reason's own.
    """
    shop, promotions = night.shop, {row["promotion_id"]: row for row in night.policy["promotions"]}
    rules = night.rules(arms)
    place = {row["reason"]: int(row["precedence"]) for row in night.policy["decision_reasons"]}
    prospects = {
        customer: (rate, amount, margin)
        for customer, rate, amount, margin in night.build.rows(
            "select customer_id, baseline_rate, order_amount, margin_share"
            " from intermediate.int_customer_order_prospects"
            " inner join intermediate.int_customers using (customer_key)"
        )
    }

    def wrong(row: Any) -> Iterator[str]:
        promotion = promotions[row.promotion_id]
        if (row.reason == "promotion_not_valid") == rules.is_sendable(promotion):
            yield "validity"
        if row.precedence <= place["channel_disabled"]:
            return
        if row.customer_id in shop.spoilt_customers:
            if row.stage != "permission" and not anybody_asked(shop, row):
                yield "nobody ever asked for it"
            return
        what = (row.customer_id, row.promotion_id, row.channel)
        if (row.stage == "permission") == rules.may_contact(row.customer_id, row.channel):
            yield "permission"
        if row.stage == "permission":
            return
        arm = {"universal_holdout": "universal", "promotion_holdout": "control"}
        if rules.arm(*what[:2]) != arm.get(row.reason, "treatment"):
            yield "arm"
        if row.stage == "holdout" or row.reason == "other_channel":
            return
        if row.precedence > place["quiet_after_purchase"] and rules.is_quiet(*what[:2]):
            yield "quiet days"
        is_capped = rules.is_capped(row.customer_id, row.channel, rules.end)
        if row.reason.endswith("_frequency_cap") and not is_capped:
            yield "held back by no cap"
        if row.precedence > place["overall_frequency_cap"] and is_capped:
            is_late = row.send_from_at.tz_localize(UTC) >= rules.end + timedelta(1)
            if not (is_late and rules.may_wait(*what)):
                yield "over a cap"
        if row.precedence > place["too_little_gain"]:
            contact_cost = float(rules.channels[row.channel]["contact_cost_amount"])
            yield from wrong_value(promotion, contact_cost, prospects[row.customer_id])
        is_offer = promotion["offer_type"] in rules.incentives
        others = rules.open_offers(row.customer_id) - {row.promotion_id}
        if row.precedence > place["other_offer_open"] and is_offer and others:
            yield "two offers"

    found = [
        f"{what}: {row.customer_id}, {row.promotion_id}, {row.channel}: {row.reason}"
        for row in night.log.itertuples()
        for what in wrong(row)
    ]
    for customer, count in Counter(night.selected["customer_id"]).items():
        if count > 1:
            found.append(f"{customer} gets {count} messages")
    paid_by = night.selected["promotion_id"].map(lambda name: promotions[name]["budget_id"])
    for budget in night.policy["budgets"]:
        rows = night.selected[paid_by == budget["budget_id"]]
        cost = Decimal(f"{rows['expected_cost_amount'].sum():.4f}")
        spent = Decimal(0) if shop.spoilt_customers else rules.spent(budget["budget_id"])
        if cost > max(Decimal(0), Decimal(budget["budget_amount"]) - spent) + Decimal("0.01"):
            found.append(f"budget {budget['budget_id']} is overdrawn: {cost}, {spent} before")
    return found


def wrong_value(
    promotion: dict[str, str], contact_cost: float, prospect: tuple[Any, Any, Any]
) -> Iterator[str]:
    """Whether a message is below its floors, for the order that the customer may place."""
    floor, least = promotion["minimum_margin_share"], promotion["minimum_incremental_amount"]
    if not floor and not least:
        return
    if None in prospect:
        yield "margin unknown"
        return
    rate, amount, margin_share = map(float, prospect)
    share, absolute, gift = (
        float(promotion[column] or 0)
        for column in ("discount_share", "discount_amount", "offer_cost_amount")
    )
    discount = share * amount + absolute
    margin = amount * margin_share
    left = (margin - discount - gift) / (amount - discount) if amount > discount else -100
    if floor and left < float(floor) - 0.0001:
        yield "margin floor"
    more_orders = float(promotion["response_rate"]) * (1 - rate)
    gain = more_orders * margin - (rate + more_orders) * (discount + gift) - contact_cost
    if least and gain < float(least) - 0.001:
        yield "gain"


def anybody_asked(shop: Shop, row: Any) -> bool:
    """Whether a delivered row grants the message, and no no without a time forbids it for good."""
    said = [
        (f"{told['channel']}".strip().lower(), f"{told['status']}".strip().lower(), told)
        for told in shop.delivered["consents"]
        if (told["customer_id"] or "").strip(" \t\n\r") == row.customer_id
    ]
    refused = any(
        channel == row.channel
        and status == "withdrawn"
        and told["purpose"] == "marketing"
        and told["changed_at"] in NO_TIME
        and not told["updated_at"]
        for channel, status, told in said
    )
    return not refused and any(
        channel == row.channel and status == "granted" for channel, status, _ in said
    )


def broken_sums(night: Night) -> list[str]:
    """2: everybody is considered once everywhere, and the counts are those of the log."""
    found = []
    segments = night.build.frame(
        "select customer_id, segment from intermediate.int_customer_segment"
        " inner join intermediate.int_customers using (customer_key)"
    )
    places = [(row["promotion_id"], row["channel"]) for row in night.policy["promotion_channels"]]
    expected = Counter(
        (person, segment, *place)
        for person, segment in segments.itertuples(index=False)
        for place in places
    )
    log = night.log
    columns = ["customer_id", "segment", "promotion_id", "channel"]
    if Counter(log[columns].itertuples(index=False, name=None)) != expected:
        found.append("not everybody is in the log once")
    outcomes = night.build.frame("select * from marts.promotion_outcomes")
    keys = ["segment", "promotion_id", "channel", "reason"]
    furthest = log.sort_values("precedence").groupby(["customer_id", "promotion_id"]).tail(1)
    everywhere = furthest.assign(channel="all")
    counted = pd.concat([log, everywhere]).groupby(keys).size()
    if not counted.sort_index().eq(outcomes.set_index(keys)["customer_count"].sort_index()).all():
        found.append("the outcomes do not count the log")
    sizes = segments.groupby("segment").size()
    chosen = log["is_selected"].groupby([log[key] for key in keys[:3]]).sum()
    kept = (log["reason"] != "selected").groupby([log[key] for key in keys[:3]]).sum()
    considered = (chosen + kept).reset_index(name="count")
    if (considered["count"] != considered["segment"].map(sizes)).any():
        found.append("considered is not selected plus the reasons")
    told = outcomes.groupby(keys[:3])["customer_count"].sum().reset_index()
    if (told["customer_count"] != told["segment"].map(sizes)).any():
        found.append("the outcomes do not add up")
    return found


def assert_sound(night: Night, arms: Arms | None = None) -> None:
    """1, 2 and 7 of one night."""
    assert broken_rules(night, arms) == []
    assert broken_sums(night) == []


def assert_caps_are_monotone(nights: Nights, night: Night) -> list[int]:
    """3: whoever gets a message still gets one when a cap is raised."""
    random = Random(f"{night.shop.drawn}")
    name = random.choice([row["cap_name"] for row in night.policy["contact_caps"]])

    def with_cap(count: str) -> Policy:
        def change(row: dict[str, str]) -> dict[str, str]:
            return {"maximum_count": count} if row["cap_name"] == name else {}

        return changed(night.policy, "contact_caps", change)

    people = [
        set(other.selected["customer_id"])
        for other in (nights.other_policy(night, with_cap(count)) for count in ("0", "1", "9"))
    ]
    assert people[0] <= people[1] <= people[2], f"{name} raised, somebody lost"
    return [len(group) for group in people]


def assert_withdrawal_is_ones_own(nights: Nights, night: Night) -> None:
    """4: who takes consent back gets nothing there, and nobody else notices.

    It is somebody with few other channels, so that much changes: others might move up.
    """
    permitted = night.log[~night.log["stage"].isin(["policy", "trigger", "permission"])]
    channels = permitted.groupby("customer_id")["channel"].nunique().rename("channels")
    people = night.selected.join(channels, on="customer_id")
    one = people.sort_values(["channels", "customer_id", "channel"]).iloc[0]
    said = dict.fromkeys(night.shop.delivered["consents"][0]) | {
        **{"customer_id": one["customer_id"], "channel": one["channel"], "purpose": "marketing"},
        **{"changed_at": f"{night.as_of}T12:00:00Z", "status": "withdrawn"},
    }
    later = nights.other_rows(night, "consents", [*night.shop.delivered["consents"], said])
    mine = later.log[later.log["customer_id"] == one["customer_id"]]
    there = mine[mine["channel"] == one["channel"]]
    assert not there["is_selected"].any()
    assert not (there["precedence"] > one["precedence"]).any()
    assert set(there[there["stage"] == "permission"]["reason"]) == {"consent_withdrawn"}
    others = f"select * from {{}}.{LOG} where customer_id != '{one['customer_id']}'"
    assert difference(night, later, others) == []


def difference(left: Night, right: Night, query: str) -> list[Any]:
    """Rows of a query that only one of two nights has."""
    found: list[Any] = []
    with duckdb.connect() as connection:
        for name, night in (("l", left), ("r", right)):
            connection.execute(f"attach '{night.build.database}' as {name} (read_only)")
        for one, other in (("l", "r"), ("r", "l")):
            rows = f"{query.format(one)} except all {query.format(other)}"
            found += connection.sql(rows).fetchall()
    return found


def with_shares(policy: Policy, share: Callable[[Decimal], float]) -> Policy:
    """The policy with another share in the control group of every promotion."""

    def change(row: dict[str, str]) -> dict[str, str]:
        return {"holdout_share": f"{share(Decimal(row['holdout_share'])):.4f}"}

    return changed(policy, "promotions", change)


def assert_arms_stay(nights: Nights, night: Night) -> tuple[int, int]:
    """5: a larger share keeps its controls, and what is stored stays, whatever is asked later.

    Gives how many more controls there were, and how many arms came with the next night, on which
    every promotion is valid.
    """
    more = nights.other_policy(night, with_shares(night.policy, lambda share: float(share) + 0.3))
    assert night.people_in("control") <= more.people_in("control")
    assert night.people_in("universal") == more.people_in("universal")

    arms = night.arms()
    random = Random(f"{night.shop.drawn}")
    other = with_shares(night.policy, lambda share: random.choice([0, 0.9]))
    other = changed(other, "holdouts", lambda row: {"holdout_share": "0.0000"})
    other = changed(other, "promotions", lambda row: {"valid_from": "", "valid_to": ""})
    next_day = night.as_of + timedelta(1)
    later = nights.other_policy(night, other, as_of=next_day)
    assert arms.items() <= later.arms().items()
    assert_sound(later, arms)
    again = with_shares(other, lambda share: 0.9 - float(share))
    again = changed(again, "holdouts", lambda row: {"holdout_share": "0.9000"})
    refreshed = nights.other_policy(later, again, "--full-refresh")
    assert arms.items() <= refreshed.arms().items()
    assert_sound(refreshed, arms)
    more_controls = len(more.people_in("control")) - len(night.people_in("control"))
    return more_controls, len(later.arms()) - len(arms)


def assert_order_does_not_matter(nights: Nights, night: Night) -> None:
    """6: the rows and columns of a delivery in another order make the same marts."""
    random = Random(f"{night.shop.drawn}")
    tables: Tables = {}
    for table, rows in night.shop.delivered.items():
        tables[table] = random.sample(rows, len(rows))
    shuffled = nights.first(replace(night.shop, delivered=tables), night.policy)
    assert differences(night.build, shuffled.build) == []


# -- the shops ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """One copy of the project for all nights."""
    return Nights(tmp_path_factory.mktemp("nights"))


def first_night(nights: Nights, drawn: Knobs) -> Night:
    """A random shop under a random policy."""
    shop = draw_shop(drawn)
    return nights.first(shop, draw_policy(Random(f"{shop.drawn}"), drawn.as_of))


def drawn_shops(rubbish: float, count: int) -> list[Knobs]:
    """What hypothesis draws, always the same; the first one has most customers."""
    found: list[Knobs] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=knobs("csv", rubbish))
    def collect(drawn: Knobs) -> None:
        found.append(drawn)

    collect()
    return found


CLEAN, SPOILT = drawn_shops(0, 2), drawn_shops(LIGHT_RUBBISH, 1)


@pytest.fixture(scope="module")
def clean(nights: Nights) -> Night:
    """The first night of a clean shop."""
    return first_night(nights, CLEAN[0])


@pytest.fixture(scope="module")
def spoilt(nights: Nights) -> Night:
    """The first night of a shop with some rubbish in it."""
    return first_night(nights, SPOILT[0])


@pytest.fixture(scope="module")
def unlimited(nights: Nights, clean: Night) -> Night:
    """The clean shop without limits that customers share."""
    return nights.other_policy(clean, without_limits(clean.policy))


@pytest.fixture(scope="module")
def tight(nights: Nights, unlimited: Night) -> Night:
    """The same shop with money for half of that."""
    return nights.other_policy(unlimited, with_half_the_money(unlimited))


def test_the_shops_are_no_idle_ones(
    clean: Night, spoilt: Night, unlimited: Night, tight: Night
) -> None:
    """Else the properties below would hold of nothing."""
    assert len(clean.selected) > 10
    limits = {"discount_too_deep", "discount_limit_reached", "budget_used_up", "budget_reached"}
    assert limits & {*clean.log["reason"]}
    assert not limits & {*unlimited.log["reason"]}
    assert 0 < len(tight.selected) < len(unlimited.selected)
    assert {"permission", "holdout", "guardrail", "arbitration"} <= {*clean.log["stage"]}
    assert 10 < len(spoilt.shop.spoilt_customers) < 150
    assert "budget_reached" in {*tight.log["reason"]}


def test_the_rules_hold_and_the_log_adds_up(clean: Night, unlimited: Night, tight: Night) -> None:
    assert_sound(clean)
    assert_sound(unlimited)
    assert_sound(tight)


def test_they_do_with_rubbish(spoilt: Night) -> None:
    assert_sound(spoilt)


@pytest.mark.parametrize("drawn", CLEAN[1:], ids=lambda drawn: f"{drawn.customers}_customers")
def test_they_do_in_other_shops(nights: Nights, drawn: Knobs) -> None:
    assert_sound(first_night(nights, drawn))


def test_a_raised_cap_never_selects_fewer(nights: Nights, unlimited: Night) -> None:
    none, few, many = assert_caps_are_monotone(nights, unlimited)
    assert none < few or few < many, "the cap that was drawn bound nobody"


def test_a_withdrawal_changes_nobody_else(nights: Nights, unlimited: Night) -> None:
    assert_withdrawal_is_ones_own(nights, unlimited)


def test_arms_stay(nights: Nights, clean: Night) -> None:
    more_controls, new_arms = assert_arms_stay(nights, clean)
    assert more_controls > 0
    assert new_arms > 0


def test_the_order_of_the_rows_does_not_matter(nights: Nights, spoilt: Night) -> None:
    assert_order_does_not_matter(nights, spoilt)


@pytest.mark.long
@pytest.mark.parametrize("rubbish", [0, LIGHT_RUBBISH])
def test_all_of_it_in_40_shops(nights: Nights, rubbish: float) -> None:
    for drawn in drawn_shops(rubbish, 20):
        night = first_night(nights, drawn)
        assert_sound(night)
        assert_order_does_not_matter(nights, night)
        if rubbish == 0:
            unlimited = nights.other_policy(night, without_limits(night.policy))
            assert_sound(unlimited)
            assert_sound(nights.other_policy(unlimited, with_half_the_money(unlimited)))
            assert_caps_are_monotone(nights, unlimited)
            if len(unlimited.selected):
                assert_withdrawal_is_ones_own(nights, unlimited)
            assert_arms_stay(nights, night)
