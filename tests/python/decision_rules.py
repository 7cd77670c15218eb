"""The rules of a promotion's way to a customer, told again in plain Python from the shop's rows.

Only what the brief of a rule says stands here, one rule a method and no step of the models: the
decision log is held against it. Taken from the build are the order that a customer is expected to
place (a matter of lifetime value) and the customers' names; all else comes from rows and policy.
"""

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain

from shop import REPOSITORY
from test_random_shops import BUSINESS_ZONE, RAW_ZONE, Row, Tables, end_of

Policy = dict[str, list[dict[str, str]]]
Arms = dict[tuple[str, str, str], str]  # by customer, draw and salt

# What an event of the shop says about the channel over which a message came.
ARRIVED = ["delivered_event_type", "clicked_event_type"]
BOUNCED = ["bounced_event_type"]


def read_policy() -> Policy:
    """The rows of the policy's seeds as text, by the seed's name."""
    policy = {}
    for path in sorted((REPOSITORY / "seeds" / "policy").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            policy[path.stem] = list(csv.DictReader(file))
    return policy


def instant(text: str) -> datetime:
    """A delivered time, where one without an offset is of the raw time zone."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=at.tzinfo or RAW_ZONE).astimezone(UTC)


def local_day(at: datetime) -> date:
    """The shop's calendar day."""
    return at.astimezone(BUSINESS_ZONE).date()


def is_in_share(salt: str, customer: str, share: str) -> bool:
    """Whether the hash draws a customer into a share."""
    digits = hashlib.md5(f"{salt}|{customer}".encode(), usedforsecurity=False).hexdigest()[:8]
    return int(digits, 16) % 10_000 < 10_000 * Decimal(share)


@dataclass
class Rules:
    """What the rules say on one night about the customers of a shop whose rows are all sound.

    With `arms` of earlier nights, which stay as they are.
    """

    tables: Tables
    policy: Policy
    as_of: date
    minimum_order_amount: Decimal
    arms: Arms = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.end = end_of(self.as_of)
        self.send_day = self.as_of + timedelta(1)
        self.promotions = {row["promotion_id"]: row for row in self.policy["promotions"]}
        self.channels = {row["channel"]: row for row in self.policy["channels"]}
        self.control_names = {row["raw_arm"] for row in self.policy["arm_names"]}
        self.incentives = {
            row["offer_type"] for row in self.policy["offer_types"] if row["is_incentive"] == "true"
        }
        self.profiles = self.known("customers", "created_at")
        self.consents = self.known("consents", "changed_at")
        self.sends = self.known("promotion_sends", "sent_at")
        self.assignments = self.known("promotion_assignments", "assigned_at")
        self.orders = self.known("orders", "ordered_at")
        self.events = self.known("events", "occurred_at")
        for links in self.known("identities", "linked_at").values():
            for link in links:
                self.events[link["customer_id"]] += self.events[link["anonymous_id"]]

    def known(self, table: str, time_column: str) -> defaultdict[str, list[Row]]:
        """A table's rows up to the as-of day by customer, else by visitor, each with its `at`."""
        found = defaultdict(list)
        for row in self.tables[table]:
            at = instant(row[time_column])
            if at < self.end:
                found[row["customer_id"] or row["anonymous_id"]].append({**row, "at": at})
        return found

    # -- may the customer be contacted ------------------------------------------------------------

    def is_minor(self, customer: str) -> bool:
        """Not yet of age on the as-of day."""
        born = [date.fromisoformat(row["birth_date"]) for row in self.profiles[customer]]
        return any(day > self.as_of.replace(year=self.as_of.year - 18) for day in born)

    def has_consent(self, customer: str, channel: str) -> bool:
        """The latest word counts, a no beats a yes of the same instant, silence is a no.

        A yes must name its channel and purpose; a no may be of all of them. Who unsubscribes or
        complains says no to the channel, which is e-mail unless told.
        """
        purpose = self.channels[channel]["purpose"]
        said = [
            (row["at"], row["status"] == "withdrawn")
            for row in self.consents[customer]
            if (row["channel"], row["purpose"]) == (channel, purpose)
            or (
                row["status"] == "withdrawn"
                and row["channel"] in (channel, "all")
                and row["purpose"] in (purpose, "all")
            )
        ] + [
            (row["at"], True)
            for row in self.events[customer]
            if row["event_type"] in ("unsubscribed", "complained")
            and (row["channel"] or "email") == channel
        ]
        return bool(said) and not max(said)[1]

    def has_address(self, customer: str, channel: str) -> bool:
        """An e-mail address, a telephone number of seven digits, or none is needed."""
        needed = self.channels[channel]["address"]
        if needed == "none":
            return True
        told = [row[needed] or "" for row in self.profiles[customer]]
        digits = [sum(sign.isdigit() for sign in text) for text in told]
        return (
            any("@" in text for text in told) if needed == "email" else max(digits, default=0) > 6
        )

    def is_suppressed(self, customer: str, channel: str) -> bool:
        """Nothing has arrived since a message bounced."""
        last = {}
        for kind, columns in (("arrived", ARRIVED), ("bounced", BOUNCED)):
            types = {self.channels[channel][column] for column in columns} - {""}
            times = [row["at"] for row in self.events[customer] if row["event_type"] in types]
            last[kind] = max(times, default=None)
        arrived, bounced = last["arrived"], last["bounced"]
        return bounced is not None and (arrived is None or bounced >= arrived)

    def may_contact(self, customer: str, channel: str) -> bool:
        """All of it together."""
        return (
            self.channels[channel]["is_enabled"] == "true"
            and not self.is_minor(customer)
            and self.has_consent(customer, channel)
            and self.has_address(customer, channel)
            and not self.is_suppressed(customer, channel)
        )

    # -- who is held out --------------------------------------------------------------------------

    def is_sendable(self, row: dict[str, str]) -> bool:
        """Whether what a row of the policy says is valid on the day on which is sent."""
        day = f"{self.send_day}"
        return (row["valid_from"] or day) <= day <= (row["valid_to"] or day)

    def draw(self, customer: str, name: str, salt: str, share: str) -> str:
        """The arm of the first night, else the first that another tool drew, else the hash's."""
        stored = self.arms.get((customer, name, salt))
        drawn = [row for row in self.assignments[customer] if row["promotion_id"] == name]
        if stored:
            return stored
        if drawn:
            first = min(drawn, key=lambda row: (row["at"], row["assignment_id"]))
            is_control = first["arm"] in self.control_names
        else:
            is_control = is_in_share(salt, customer, share)
        return "control" if is_control else "treatment"

    def arm(self, customer: str, promotion: str) -> str:
        """universal, control or treatment."""
        for holdout in self.policy["holdouts"]:
            asked = ("universal", holdout["holdout_salt"], holdout["holdout_share"])
            if self.is_sendable(holdout) and self.draw(customer, *asked) == "control":
                return "universal"
        row = self.promotions[promotion]
        salt = row["holdout_salt"] or promotion
        return self.draw(customer, promotion, salt, row["holdout_share"])

    # -- what keeps a message back ----------------------------------------------------------------

    def is_capped(self, customer: str, channel: str, at: datetime) -> bool:
        """Whether some cap is reached; a message that is exactly as old as the window is out."""
        for cap in self.policy["contact_caps"]:
            if cap["channel"] in (channel, "any"):
                window = timedelta(hours=int(cap["window_hours"]))
                counted = [
                    row
                    for row in self.sends[customer]
                    if cap["channel"] in (row["channel"], "any") and at - row["at"] < window
                ]
                if len(counted) >= int(cap["maximum_count"]):
                    return True
        return False

    def may_wait(self, customer: str, promotion: str, channel: str) -> bool:
        """Whether a capped message may go a day later, when it is still valid and no cap holds."""
        row = self.promotions[promotion]
        return (
            row["when_capped"] == "next_day"
            and (not row["valid_to"] or row["valid_to"] > f"{self.send_day}")
            and not self.is_capped(customer, channel, self.end + timedelta(1))
        )

    def is_purchase(self, order: Row) -> bool:
        """Surely: one in euros whose amount suffices, so that no exchange rate matters."""
        paid = Decimal(order["gross_amount"]) - Decimal(order["discount_amount"] or 0)
        return order["currency"] != "GBP" and paid >= self.minimum_order_amount

    def is_quiet(self, customer: str, promotion: str) -> bool:
        """Whether they have bought within the promotion's quiet days."""
        quiet_days = timedelta(int(self.promotions[promotion]["quiet_days"]))
        bought = [local_day(row["at"]) for row in self.orders[customer] if self.is_purchase(row)]
        return any(self.send_day - day <= quiet_days for day in bought)

    def open_offers(self, customer: str) -> set[str]:
        """Incentives that were sent, and neither ran out nor may have been used since."""
        last: dict[str, datetime] = {}
        for row in self.sends[customer]:
            name = row["promotion_id"]
            last[name] = max(row["at"], last.get(name, row["at"]))
        used = [(row["promotion_id"], row["at"]) for row in self.orders[customer]]
        return {
            name
            for name, at in last.items()
            if name in self.promotions
            and self.promotions[name]["offer_type"] in self.incentives
            and (self.send_day - local_day(at)).days < int(self.promotions[name]["offer_days"])
            and not any(order == name and ordered >= at for order, ordered in used)
        }

    def spent(self, budget: str) -> Decimal:
        """What has surely been spent of a budget: messages, discounts in euros, and gifts."""
        row = next(row for row in self.policy["budgets"] if row["budget_id"] == budget)
        days = timedelta(int(row["period_days"]))

        def paid_by_it(row: Row) -> bool:
            promotion = self.promotions.get(row["promotion_id"])
            is_recent = self.as_of - local_day(row["at"]) < days
            return promotion is not None and promotion["budget_id"] == budget and is_recent

        total = Decimal(0)
        for send in filter(paid_by_it, chain(*self.sends.values())):
            total += Decimal(send["cost"] or self.channels[send["channel"]]["contact_cost_amount"])
        for order in filter(paid_by_it, chain(*self.orders.values())):
            if self.is_purchase(order):
                total += Decimal(order["discount_amount"] or 0)
                total += Decimal(self.promotions[order["promotion_id"]]["offer_cost_amount"])
        return total
