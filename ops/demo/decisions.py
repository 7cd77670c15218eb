"""The planted decisions of the demo shop: people of whom it is known what they get, and why.

Their ids begin with C7, and those of what they buy with P7. Most cases hang on promotions whose
targets are wide, so that no rank among all customers decides: a newcomer without a look or an order
gets `welcome_guide`; a sleeper, whose one order is long ago, nothing but what is due for everybody.
Ids are stepped through until one falls into the arms that a case asks for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ops.demo.books import Shop, parse_stamp
from ops.demo.clean import add_answer, add_event
from ops.demo.planted import plain

SEND_DAY = date(2026, 7, 1)  # the first day on which the decisions of the last day can be sent
UNIVERSAL_SALT = "universal|1"
HELD_OUT, TREATED = 500, 1000  # of 10,000: below any share of the policy, and above every one
GOODS = {  # product: (name, price, cost, consumable, stock)
    "P7000": ("Picture calendar", "40.00", "18.00", "false", "50"),
    "P7001": ("Fountain pen", "20.00", "8.00", "false", "50"),
    "P7002": ("Notebook", "20.00", "8.00", "false", "50"),
    "P7003": ("Desk lamp", "20.00", "8.00", "false", "0"),
    "P7004": ("Desk pad", "20.00", "8.00", "false", "25"),
    "P7005": ("Postcard", "6.00", "0.50", "false", "50"),
    "P7006": ("Writing desk", "250.00", "120.00", "false", "50"),
    "P7007": ("Ink", "20.00", "8.00", "true", "50"),
    "P7008": ("Ink in green", "20.00", "8.00", "true", "0"),
    "P7009": ("Calendar of last year", "40.00", "38.00", "false", "50"),
}
ARMS = {"selected": "treatment", "promotion_holdout": "control", "universal_holdout": "universal"}
NO_ARM = {  # reasons that are found before an arm is drawn
    "promotion_not_valid", "not_targeted", "too_few_orders", "other_category", "no_trigger",
    "minor", "opted_out", "no_consent", "consent_withdrawn", "consent_unclear", "no_address",
    "suppressed",
}  # fmt: skip
LONG_AGO = "2024-10-15"


def plan(shop: Shop, case: str, who: str, promotion_channel: str, reason: str, why: str,
         **more: Any) -> None:  # fmt: skip
    """The outcome of one case in the truth file: `promotion_channel` is written with a slash."""
    promotion_id, channel = promotion_channel.split("/")
    cases = shop.facts.setdefault("decisions", {})
    if case in cases:
        raise ValueError(f"two cases are named {case}")
    cases[case] = {
        "customer_id": who, "promotion_id": promotion_id, "channel": channel, "reason": reason,
        "arm": ARMS.get(reason, None if reason in NO_ARM else "treatment"),
        "would_be_selected": reason == "selected", **more, "why": why,
    }  # fmt: skip


def bucket(salt: str, customer_id: str) -> int:
    """A bucket from 0 to 9,999, as anybody can compute it."""
    digest = hashlib.md5(f"{salt}|{customer_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 10_000


def falls(customer_id: str, treated: tuple[str, ...], held_out: str, is_universal: bool) -> bool:
    """Whether the draws of an id are those that a case asks for."""
    universal = bucket(UNIVERSAL_SALT, customer_id)
    return (
        (universal < HELD_OUT if is_universal else universal >= TREATED)
        and all(bucket(promotion_id, customer_id) >= TREATED for promotion_id in treated)
        and (not held_out or bucket(held_out, customer_id) < HELD_OUT)
    )


def person(shop: Shop, *treated: str, held_out: str = "", is_universal: bool = False,
           grants: Sequence[str] = ("email",), **changes: str) -> str:  # fmt: skip
    """Somebody in the treatment of some promotions, in the control of another, in no universal
    holdout unless asked; with an e-mail address, and consent since January for some channels."""
    customer_id = shop.next_id("C7", 4)
    while not falls(customer_id, treated, held_out, is_universal):
        customer_id = shop.next_id("C7", 4)
    shop.add("customers", plain(shop, "customers", customer_id=customer_id, loaded_at="",
                                created_at="2024-10-01 10:00:00",
                                email=f"{customer_id.lower()}@example.org") | changes)  # fmt: skip
    for channel in grants:
        consent(shop, customer_id, "granted", channel=channel)
    return customer_id


def consent(shop: Shop, who: str, status: str, at: str = "2026-01-05 09:00:00",
            outcome: str = "accepted", reason: str = "", **changes: str) -> None:  # fmt: skip
    """One row of the consent ledger."""
    shop.add("consents", {
        "customer_id": who, "channel": "email", "purpose": "marketing", "changed_at": at,
        "status": status, "source": "account",
    } | changes, outcome, reason)  # fmt: skip


def newcomer(shop: Shop, **options: Any) -> str:
    """Somebody who has neither looked nor bought: welcome_guide is for them, whatever happens."""
    return person(shop, "welcome_guide", **options)


def sleeper(shop: Shop, *treated: str, cost: str = "18.00", **options: Any) -> str:
    """Somebody who has bought once, long ago."""
    who = person(shop, *treated, **options)
    buy(shop, who, LONG_AGO, cost=cost)
    return who


def buy(shop: Shop, who: str, day: str, product_id: str = "P7000", units: int = 1, time: str = "",
        price: str = "", cost: str = "", discount: str = "0.00") -> str:  # fmt: skip
    """An order of one line, at ten in the morning UTC unless a time is given."""
    price = price or GOODS[product_id][1]
    row = plain(shop, "orders", loaded_at="", customer_id=who, discount_amount=discount,
                ordered_at=f"{day} {time or '10:00:00'}",
                gross_amount=str(Decimal(price) * units))  # fmt: skip
    shop.add("orders", row)
    shop.add("order_items", {
        "order_id": row["order_id"], "line_number": "1", "product_id": product_id,
        "quantity": str(units), "unit_price": price, "unit_cost": cost or GOODS[product_id][2],
    })  # fmt: skip
    return row["order_id"]


def buy_on(shop: Shop, who: str, *days: str, **options: Any) -> None:
    """The same order on several days."""
    for day in days:
        buy(shop, who, day, **options)


def act(shop: Shop, who: str, event_type: str, at: str, **values: str) -> None:
    """One event of a known customer."""
    add_event(shop, parse_stamp(at), event_type, customer_id=who, **{"channel": "web"} | values)


def leave_cart(shop: Shop, who: str, at: str = "2026-06-30 10:00:00") -> None:
    """A product put into the basket."""
    act(shop, who, "cart_updated", at, product_id="P7000")


def send(shop: Shop, who: str, at: str, promotion_id: str = "newsletter", channel: str = "email",
         cost: str = "0.02") -> None:  # fmt: skip
    """One message that went out; newsletter is a campaign that the policy does not know."""
    shop.add("promotion_sends", {
        "send_id": shop.next_id("M"), "customer_id": who, "promotion_id": promotion_id,
        "channel": channel, "sent_at": at, "delivered": "true", "cost": cost,
    })  # fmt: skip


def assign(shop: Shop, who: str, promotion_id: str, arm: str, at: str) -> None:
    """The arm that another tool drew."""
    shop.add("promotion_assignments", {
        "assignment_id": shop.next_id("G"), "customer_id": who, "promotion_id": promotion_id,
        "arm": arm, "assigned_at": at, "assigned_by": "demo_tool",
    })  # fmt: skip


def day_before(day: date, count: int) -> str:
    """The day so many days before another, as text."""
    return (day - timedelta(days=count)).isoformat()


# -- the cases -------------------------------------------------------------------------------------
def plant_goods(shop: Shop) -> None:
    """What the people of the cases buy: a category of its own, at prices of its own."""
    for product_id, (name, _, cost, is_consumable, stock) in GOODS.items():
        shop.add("products", {
            "product_id": product_id, "name": name, "category": "stationery", "unit_cost": cost,
            "is_consumable": is_consumable, "stock_quantity": stock,
        })  # fmt: skip


def plant_policy_cases(shop: Shop) -> None:
    """For whom a promotion is not meant."""
    who = newcomer(shop, birth_date="1990-07-03")
    plan(shop, "prospect", who, "welcome_guide/email", "selected", "has neither looked nor bought")
    plan(shop, "prospect_has_no_second_order", who, "second_order_nudge/email", "not_targeted",
         "is for those who have bought once")  # fmt: skip
    plan(shop, "prospect_has_a_birthday", who, "birthday_gift/email", "too_few_orders",
         "the birthday is near, and the gift is for buyers")  # fmt: skip
    plan(shop, "season_is_over", who, "spring_sale_20/email", "promotion_not_valid",
         "the spring sale ended on 31 May")  # fmt: skip
    plan(shop, "buyer_needs_no_welcome", sleeper(shop), "welcome_guide/email", "not_targeted",
         "has bought")  # fmt: skip


def plant_consent_cases(shop: Shop) -> None:
    """What was allowed and taken back, to the second, and what cannot be read."""
    where = "welcome_guide/email"
    who = newcomer(shop)
    consent(shop, who, "withdrawn", "2026-06-30 21:59:59")
    plan(shop, "consent_withdrawn_in_the_last_second", who, where, "consent_withdrawn",
         "one second before the end of the last day")  # fmt: skip
    who = newcomer(shop)
    consent(shop, who, "withdrawn", "2026-06-30 22:00:01", "after_as_of")
    plan(shop, "consent_withdrawn_after_the_end", who, where, "selected",
         "one second after the first instant of 1 July: not known on the last day")  # fmt: skip
    who = newcomer(shop)
    consent(shop, who, "withdrawn")
    plan(shop, "consent_granted_and_withdrawn_at_once", who, where, "consent_withdrawn",
         "of two statements at one instant the one that takes more counts")  # fmt: skip
    who = newcomer(shop, grants=())
    plan(shop, "consent_never_asked", who, where, "no_consent", "unknown is no")
    who = newcomer(shop)
    consent(shop, who, "withdrawn", "2026-02-01 09:00:00")
    consent(shop, who, "granted", "2026-03-01 09:00:00")
    plan(shop, "consent_granted_again", who, where, "selected", "the last statement counts")
    who = newcomer(shop)
    consent(shop, who, "withdrawn", "2026-03-01 09:00:00", channel="all")
    plan(shop, "consent_opted_out", who, where, "opted_out", "said no to every channel")
    who = newcomer(shop, grants=("sms",))
    plan(shop, "consent_for_another_channel", who, where, "no_consent", "said yes to sms alone")
    who = newcomer(shop, grants=())
    consent(shop, who, "granted", purpose="service")
    plan(shop, "consent_for_another_purpose", who, where, "no_consent", "said yes to service alone")
    who = newcomer(shop)
    consent(shop, who, "no longer", "2026-03-01 09:00:00", "quarantined", "unknown_status")
    plan(shop, "consent_status_unreadable", who, where, "consent_unclear",
         "what was said after the grant cannot be read")  # fmt: skip
    who = newcomer(shop)
    consent(shop, who, "withdrawn", "last spring", "quarantined", "unparsable_timestamp")
    plan(shop, "consent_time_unreadable", who, where, "consent_unclear",
         "a withdrawal whose day cannot be read counts to the end")  # fmt: skip
    who = newcomer(shop, grants=())
    consent(shop, who, "granted", "last spring", "quarantined", "unparsable_timestamp")
    plan(shop, "consent_grant_unreadable", who, where, "no_consent",
         "a refused grant grants nothing")  # fmt: skip
    who = newcomer(shop)
    act(shop, who, "unsubscribed", "2026-03-01 09:00:00", channel="email")
    plan(shop, "unsubscribed_by_event", who, where, "consent_withdrawn", "as good as a withdrawal")


def plant_reach_cases(shop: Shop) -> None:
    """Addresses and ages."""
    where = "welcome_guide/email"
    plan(shop, "address_unknown", newcomer(shop, email=""), where, "no_address", "none is known")
    plan(shop, "address_is_none", newcomer(shop, email="unknown"), where, "no_address",
         "a text without an @ is no e-mail address")  # fmt: skip
    for case, then, reason, why in (
        ("address_bounced", "", "suppressed", "the last message bounced"),
        ("address_mended", "email_delivered", "selected", "a later message arrived"),
    ):
        who = newcomer(shop)
        act(shop, who, "email_bounced", "2026-04-01 09:00:00", channel="email")
        if then:
            act(shop, who, then, "2026-05-01 09:00:00", channel="email")
        plan(shop, case, who, where, reason, why)
    plan(shop, "age_minor_by_one_day", newcomer(shop, birth_date="2008-07-01"), where, "minor",
         "eighteen on the day after the last day")  # fmt: skip
    plan(shop, "age_eighteen_on_the_last_day", newcomer(shop, birth_date="2008-06-30"), where,
         "selected", "of age on the last day")  # fmt: skip


def plant_holdout_cases(shop: Shop) -> None:
    """Arms, by the hash and by the tool that drew them before."""
    where = "welcome_guide/email"
    plan(shop, "holdout_universal", newcomer(shop, is_universal=True), where, "universal_holdout",
         "one customer in twenty gets nothing at all")  # fmt: skip
    plan(shop, "holdout_promotion", person(shop, held_out="welcome_guide"), where,
         "promotion_holdout", "in the control, and would get it otherwise",
         would_be_selected=True)  # fmt: skip
    who = person(shop, held_out="welcome_guide")
    send(shop, who, "2026-06-01 09:00:00", "welcome_guide")
    plan(shop, "holdout_promotion_held_back", who, where, "promotion_holdout",
         "in the control, and would not get it: it was sent a month ago")  # fmt: skip
    for case, arms, reason, why in (
        ("arm_delivered_control", ("control",), "promotion_holdout",
         "the tool's control beats the hash, which says treatment"),
        ("arm_delivered_treatment", ("treatment",), "selected",
         "the tool's treatment beats the hash, which says control"),
        ("arm_delivered_twice", ("treatment", "control"), "selected", "the first arm stays"),
    ):  # fmt: skip
        beaten = arms[0] == "treatment"
        who = person(shop, held_out="welcome_guide") if beaten else newcomer(shop)
        for month, arm in enumerate(arms, 4):
            assign(shop, who, "welcome_guide", arm, f"2026-0{month}-01 09:00:00")
        plan(shop, case, who, where, reason, why, would_be_selected=True)


def plant_contact_cases(shop: Shop) -> None:
    """Caps, and the hours of the day."""
    where = "welcome_guide/email"
    who = newcomer(shop)
    for at in ("2026-06-25 10:00:00", "2026-06-27 10:00:00", "2026-06-29 10:00:00"):
        send(shop, who, at)
    plan(shop, "cap_reached", who, where, "channel_frequency_cap",
         "three e-mails in seven days, and so also a day later")  # fmt: skip
    who = newcomer(shop)
    for at in ("2026-06-23 22:00:00", "2026-06-27 10:00:00", "2026-06-29 10:00:00"):
        send(shop, who, at)
    plan(shop, "cap_one_short", who, where, "selected",
         "two e-mails in seven days, and one exactly seven days ago")  # fmt: skip
    for case, at, reason, why in (
        ("cap_exactly_one_window_ago", "2026-06-30 06:00:00", "selected",
         "an e-mail exactly 16 hours ago does not count any more"),
        ("cap_one_second_inside", "2026-06-30 06:00:01", "channel_frequency_cap",
         "a second less than 16 hours ago, and no other channel is allowed"),
    ):  # fmt: skip
        who = sleeper(shop, "cart_reminder")
        leave_cart(shop, who)
        send(shop, who, at)
        plan(shop, case, who, "cart_reminder/email", reason, why)
    who = newcomer(shop)
    for hour in range(10):
        act(shop, who, "page_viewed", f"2026-05-{hour + 10} 08:20:00")
    send(shop, who, "2026-06-30 06:00:01")
    plan(shop, "cap_moves_to_the_next_day", who, where, "selected",
         "goes out a day later: at ten in the morning, when this customer is active",
         send_from_at="2026-07-02 08:00:00")  # fmt: skip
    who = sleeper(shop, "cart_reminder", grants=("email", "push"))
    leave_cart(shop, who)
    send(shop, who, "2026-06-30 20:00:00")
    plan(shop, "cap_of_the_first_channel", who, "cart_reminder/email", "channel_frequency_cap",
         "an e-mail two hours ago")  # fmt: skip
    plan(shop, "cap_moves_to_the_next_channel", who, "cart_reminder/push", "selected",
         "push is free")  # fmt: skip
    who = person(shop, "satisfaction_survey")
    buy(shop, who, day_before(SEND_DAY, 14))
    send(shop, who, "2026-06-30 20:00:00")
    plan(shop, "cap_skips", who, "satisfaction_survey/email", "channel_frequency_cap",
         "the promotion is skipped, though the cap ends within a day")  # fmt: skip
    who = newcomer(shop)
    for day in range(26, 31):
        send(shop, who, f"2026-06-{day} 10:00:00", channel="push", cost="0.00")
    plan(shop, "cap_over_all_channels", who, where, "overall_frequency_cap",
         "no e-mail, and five messages elsewhere in seven days")  # fmt: skip
    for case, country, at, start, why in (
        ("hours_of_a_night_owl", "DE", "01:20:00", "2026-07-01 05:00:00",
         "active at three at night, written to at seven"),
        ("hours_in_the_far_east", "NZ", "20:20:00", "2026-07-01 20:00:00",
         "eight in New Zealand is over on 1 July before the decisions are made"),
    ):  # fmt: skip
        who = newcomer(shop, country=country)
        for day in range(10, 20):
            act(shop, who, "page_viewed", f"2026-05-{day} {at}")
        plan(shop, case, who, where, "selected", why, send_from_at=start)


def plant_basket_cases(shop: Shop) -> None:
    """Baskets left, bought after all, and products looked at."""
    where = "cart_reminder/email"
    who = sleeper(shop, "cart_reminder", grants=("email", "push"))
    leave_cart(shop, who)
    left = {"trigger_name": "cart_abandoned", "product_id": "P7000"}
    plan(shop, "cart_left_yesterday", who, where, "selected", "no order since", **left)
    plan(shop, "cart_goes_by_email", who, "cart_reminder/push", "other_channel",
         "e-mail is preferred, and free")  # fmt: skip
    for case, at, reason, why in (
        ("cart_on_its_last_day", "2026-06-28 10:00:00", "selected", "three days are given"),
        ("cart_too_old", "2026-06-27 21:59:59", "no_trigger", "left four days ago"),
    ):
        who = sleeper(shop, "cart_reminder")
        leave_cart(shop, who, at)
        plan(shop, case, who, where, reason, why)
    for case, time, reason, why in (
        ("cart_bought_after_all", "10:30:00", "no_trigger", "an order half an hour later"),
        ("cart_bought_in_the_same_second", "10:00:00", "no_trigger", "an order at that instant"),
        ("cart_after_an_order", "09:59:59", "selected", "an order one second before, none since"),
    ):
        who = person(shop, "cart_reminder")
        leave_cart(shop, who)
        buy(shop, who, "2026-06-30", time=time)
        plan(shop, case, who, where, reason, why)
    visitor, who = shop.next_id("A7", 4), sleeper(shop, "cart_reminder")
    add_event(shop, datetime(2026, 6, 30, 10), "cart_updated", anonymous_id=visitor, channel="web",
              product_id="P7000")  # fmt: skip
    shop.add("identities", {"anonymous_id": visitor, "customer_id": who,
                            "linked_at": "2026-06-30 10:30:00"})  # fmt: skip
    plan(shop, "cart_of_a_linked_visitor", who, where, "selected", "became known after it", **left)
    stranger = shop.next_id("A7", 4)
    for event_type in ("cart_updated", "checkout_started"):
        add_event(shop, datetime(2026, 6, 30, 10), event_type, anonymous_id=stranger, channel="web",
                  product_id="P7000")  # fmt: skip
    plan(shop, "cart_of_a_stranger", stranger, where, "absent", "nobody knows who it was", arm=None)
    for case, looks, reason, why in (
        ("browsed_twice", 2, "selected", "two looks at one product, no basket"),
        ("browsed_once", 1, "no_trigger", "one look is none"),
    ):
        who = sleeper(shop, "cart_reminder")
        for hour in range(looks):
            act(shop, who, "product_viewed", f"2026-06-30 1{hour}:00:00", product_id="P7000")
        trigger = {"trigger_name": "browse_abandoned"} if reason == "selected" else {}
        plan(shop, case, who, where, reason, why, **trigger)


def plant_date_cases(shop: Shop) -> None:
    """Birthdays and anniversaries: the first day, the last day, and a day outside."""
    where = "birthday_gift/email"
    for case, day, reason, why in (
        ("birthday_in_a_week", "1980-07-08", "selected", "the first day of its window"),
        ("birthday_in_eight_days", "1980-07-09", "no_trigger", "a day too early"),
        ("birthday_on_the_day", "1980-07-01", "selected", "the last day of its window"),
        ("birthday_was_yesterday", "1980-06-30", "no_trigger", "a day too late"),
    ):
        who = sleeper(shop, "birthday_gift", birth_date=day)
        plan(shop, case, who, where, reason, why)
    leap = {"as_of_date": "2026-02-27", "trigger_name": "birthday"}
    who = sleeper(shop, "birthday_gift", birth_date="1996-02-29")
    plan(shop, "birthday_on_29_february", who, where, "selected",
         "is on the 28th in 2026, the first day after these decisions", **leap)  # fmt: skip
    plan(shop, "birthday_on_29_february_in_june", who, where, "no_trigger", "long over")
    for case, day, reason, why in (
        ("anniversary", "2025-07-01", "selected", "the first order was a year before the send day"),
        ("anniversary_over", "2025-06-28", "no_trigger", "three days are given"),
    ):
        who = person(shop, "anniversary_points")
        buy(shop, who, day)
        plan(shop, case, who, "anniversary_points/email", reason, why)


def plant_order_cases(shop: Shop) -> None:
    """Second orders, round numbers, surveys, overdue customers, and what is used up."""
    where = "second_order_nudge/email"
    for case, days, reason, why in (
        ("second_order_due", 30, "selected", "most second orders come 15 to 104 days later"),
        ("second_order_too_early", 11, "no_trigger", "before most second orders come"),
        ("second_order_too_late", 110, "no_trigger", "after most second orders have come"),
    ):
        who = person(shop, "second_order_nudge")
        buy(shop, who, day_before(SEND_DAY, days))
        plan(shop, case, who, where, reason, why)
    for case, refunded, reason, why in (
        ("milestone_reached", "", "selected", "the fifth order was yesterday"),
        ("milestone_refunded", "40.00", "no_trigger", "the fifth order was paid back in full"),
        ("milestone_refunded_in_part", "39.99", "selected", "a cent of the fifth order is kept"),
    ):
        who = person(shop, "milestone_thanks")
        buy_on(shop, who, "2026-02-10", "2026-03-12", "2026-04-14", "2026-05-18")
        order_id = buy(shop, who, "2026-06-30")
        if refunded:
            shop.add("refunds", plain(shop, "refunds", order_id=order_id, amount=refunded,
                                      refunded_at="2026-06-30 15:00:00", loaded_at=""))  # fmt: skip
        plan(shop, case, who, "milestone_thanks/email", reason, why)
    where = "satisfaction_survey/email"
    for case, days, reason, why in (
        ("survey_asked", 14, "selected", "two weeks after the order; the second is not due yet"),
        ("survey_answered", 14, "no_trigger", "has answered since"),
        ("survey_too_early", 13, "no_trigger", "thirteen days after the order"),
    ):
        who = person(shop, "satisfaction_survey")
        buy(shop, who, day_before(SEND_DAY, days))
        if case == "survey_answered":
            add_answer(shop, who, datetime(2026, 6, 20, 10), "nps", "8", "8")
        plan(shop, case, who, where, reason, why)
    who = person(shop, "satisfaction_survey", held_out="second_order_nudge")
    buy(shop, who, day_before(SEND_DAY, 20))
    plan(shop, "control_stands_aside", who, "second_order_nudge/email", "promotion_holdout",
         "in the control of what would be worth most", would_be_selected=True)  # fmt: skip
    plan(shop, "control_gets_the_next_best", who, where, "selected",
         "the last day of the survey, and nothing better is really sent")  # fmt: skip
    who = person(shop, "satisfaction_survey", "second_order_nudge")
    buy(shop, who, day_before(SEND_DAY, 20))
    plan(shop, "one_message_at_a_time", who, where, "other_promotion",
         "the second order is worth more")  # fmt: skip
    where = "win_back_gift/email"
    for case, overdue, reason, why in (
        ("win_back_by_own_rhythm", 240, "selected",
         "orders every 120 days, and twice that is reached on the send day"),
        ("win_back_a_day_too_early", 239, "no_trigger", "a day short of it"),
    ):  # fmt: skip
        who = person(shop, "win_back_gift")
        last = SEND_DAY - timedelta(days=overdue)
        buy_on(shop, who, *(day_before(last, days) for days in (480, 360, 240, 120, 0)))
        plan(shop, case, who, where, reason, why)
    where = "replenishment_reminder/email"
    for case, product_id, early, reason, why in (
        ("replenishment_due", "P7007", False, "selected",
         "245 days by two gaps of their own, and a week before they are over"),
        ("replenishment_bought_early", "P7007", True, "no_trigger", "bought again two weeks later"),
        ("replenishment_out_of_stock", "P7008", False, "no_trigger", "there is none to buy"),
    ):  # fmt: skip
        who = person(shop, "replenishment_reminder")
        last = SEND_DAY + timedelta(days=7 - 245)
        buy_on(shop, who, *(day_before(last, days) for days in (490, 245, 0)),
               product_id=product_id, units=2)  # fmt: skip
        if early:
            buy(shop, who, day_before(last, -14), product_id, units=2)
        plan(shop, case, who, where, reason, why)


def plant_interest_cases(shop: Shop) -> None:
    """Products that were looked at and cost less now, or were asked for and are there again."""
    customer = person(shop, grants=())
    for product_id, before, after in (
        ("P7001", "20.00", "15.00"),
        ("P7002", "20.00", "18.50"),
        ("P7003", "20.00", "10.00"),
    ):
        buy(shop, customer, "2026-06-01", product_id, price=before)
        buy(shop, customer, "2026-06-29", product_id, price=after)
    where = "price_drop_alert/email"
    for case, product_id, reason, why in (
        ("price_drop", "P7001", "selected", "looked at it at 20.00, and it costs 15.00 now"),
        ("price_drop_too_small", "P7002", "no_trigger", "less than a tenth"),
        ("price_drop_sold_out", "P7003", "no_trigger", "what is sold out is no offer"),
    ):
        who = person(shop, "price_drop_alert", "bestsellers_proof")
        act(shop, who, "product_viewed", "2026-06-15 10:00:00", product_id=product_id)
        plan(shop, case, who, where, reason, why)
        if case == "price_drop":
            plan(shop, "price_drop_beats_bestsellers", who, "bestsellers_proof/email",
                 "other_promotion", "is due for whoever looked, and worth less")  # fmt: skip
    who = person(shop, grants=("push",))
    act(shop, who, "back_in_stock_requested", "2026-06-20 10:00:00", product_id="P7003")
    plan(shop, "stock_still_empty", who, "back_in_stock_alert/push", "no_trigger",
         "there is still none")  # fmt: skip
    for case, day, reason, why in (
        ("quiet_after_purchase", "2026-06-28", "quiet_after_purchase",
         "bought something else three days before the send day"),
        ("quiet_days_are_over", "2026-06-27", "selected", "bought something else a day earlier"),
    ):  # fmt: skip
        who = person(shop, "price_drop_alert", grants=("push",))
        act(shop, who, "product_viewed", "2026-06-15 10:00:00", product_id="P7001")
        buy(shop, who, day)
        plan(shop, case, who, "price_drop_alert/push", reason, why)


def plant_guardrail_cases(shop: Shop) -> None:
    """What keeps back a promotion that is due."""
    for case, day, reason, why in (
        ("quiet_after_complaint", "2026-06-17", "quiet_after_complaint",
         "asked for help 14 days before"),
        ("complaint_is_over", "2026-06-16", "selected", "asked for help 15 days before"),
    ):  # fmt: skip
        who = newcomer(shop)
        act(shop, who, "support_contacted", f"{day} 10:00:00")
        plan(shop, case, who, "welcome_guide/email", reason, why)
    for case, day, reason, why in (
        ("recently_sent", "2026-01-03", "recently_sent", "sent 179 days before the send day"),
        ("sent_long_ago", "2026-01-02", "selected", "sent 180 days before the send day"),
    ):
        who = newcomer(shop)
        send(shop, who, f"{day} 10:00:00", "welcome_guide")
        plan(shop, case, who, "welcome_guide/email", reason, why)
    where = "birthday_gift/email"
    for case, day, reason, why in (
        ("other_offer_open", "2026-06-18", "other_offer_open", "points sent 13 days ago count 14"),
        ("other_offer_closed", "2026-06-17", "selected", "points sent 14 days ago are closed"),
    ):
        who = sleeper(shop, "birthday_gift", birth_date="1980-07-05")
        send(shop, who, f"{day} 10:00:00", "anniversary_points")
        plan(shop, case, who, where, reason, why)
    who = person(shop, "birthday_gift", birth_date="1980-07-05")
    buy(shop, who, LONG_AGO, "P7009")
    plan(shop, "margin_below_its_floor", who, where, "below_margin_floor",
         "earns two euros an order, and the gift costs six")  # fmt: skip
    who = person(shop, "birthday_gift", birth_date="1980-07-05")
    buy(shop, who, LONG_AGO, "P7005", price="0.10", cost="20.00")
    plan(shop, "margin_unknown", who, where, "margin_unknown",
         "a cost of 200 times the price is a mistake")  # fmt: skip
    who = person(shop, "loyalty_double_points")
    buy_on(shop, who, "2026-06-04", "2026-06-14", "2026-06-24")
    plan(shop, "gain_too_little", who, "loyalty_double_points/email", "too_little_gain",
         "buys every ten days: points would be paid for what is bought anyway")  # fmt: skip
    plan(shop, "category_is_another", who, "beauty_box/email", "other_category",
         "has never bought beauty")  # fmt: skip
    quarter = ("2025-12-01", "2026-01-05", "2026-02-10")
    who = person(shop, "bundle_offer")
    buy(shop, who, quarter[0], "P7006", units=2, cost="20.00")
    buy_on(shop, who, *quarter[1:], product_id="P7005")
    plan(shop, "discount_too_deep", who, "bundle_offer/email", "discount_too_deep",
         "one of the best, who get at most 15 %; small orders since a large one")  # fmt: skip
    for case, last, reason, why in (
        ("discount_limit_reached", "50.01", "discount_limit_reached",
         "145.01 and five more are a cent above the 150.00 of the best customers"),
        ("discount_limit_kept", "50.00", "selected", "145.00 and five more are the limit"),
    ):  # fmt: skip
        who = person(shop, "bundle_offer")
        for day, discount in zip(quarter, ("45.00", "50.00", last), strict=True):
            buy(shop, who, day, "P7006", discount=discount)
        plan(shop, case, who, "bundle_offer/email", reason, why)


def plant_budget_cases(shop: Shop) -> None:
    """All but five cents of budget alerts is spent, which two promotions share.

    Nobody in the clean part is due for either. They pay for one e-mail (price_drop) and six push
    messages: quiet_days_are_over and the five who wait for the desk pad. The seventh is left.
    """
    send(shop, person(shop, grants=()), "2026-06-10 10:00:00", "back_in_stock_alert", cost="499.95")
    waiting = [person(shop, "back_in_stock_alert", grants=("push",)) for _ in range(5)]
    texted = person(shop, "back_in_stock_alert", grants=("sms",), phone="+49 30 1234567")
    for who in (*waiting, texted):
        act(shop, who, "back_in_stock_requested", "2026-06-20 10:00:00", product_id="P7004")
    due = {"trigger_name": "back_in_stock", "product_id": "P7004"}
    plan(shop, "budget_too_small_for_a_text", texted, "back_in_stock_alert/sms", "budget_used_up",
         "eight cents are more than the five that are left")  # fmt: skip
    where = "back_in_stock_alert/push"
    plan(shop, "stock_is_back", waiting[0], where, "selected", "push costs half a cent", **due)
    # worth the same, so the hash of promotion and customer breaks the tie
    *_, last = sorted(waiting, key=lambda who: md5(f"back_in_stock_alert|{who}"))
    plan(shop, "last_budget_to_the_better_promotion", last, where, "selected",
         "worth more than any price drop, so that it is paid first", **due)  # fmt: skip
    rival = sleeper(shop, "price_drop_alert", cost="39.90", grants=("push",))
    act(shop, rival, "product_viewed", "2026-06-15 10:00:00", product_id="P7001")
    plan(shop, "last_budget_lost_to_the_other_promotion", rival, "price_drop_alert/push",
         "budget_reached", "orders of theirs earn least, and nothing is left", **(
             due | {"trigger_name": "price_drop", "product_id": "P7001"}))  # fmt: skip


def md5(text: str) -> str:
    """The hash that breaks ties."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def plant_forgotten(shop: Shop) -> None:
    """Somebody with all that a promotion needs, who asked to be forgotten."""
    who = shop.next_id("C7", 4)
    shop.add("erasure_requests", {
        "request_id": shop.next_id("X"), "requested_at": "2026-06-30 09:00:00", "customer_id": who,
    })  # fmt: skip
    shop.add("customers", plain(shop, "customers", customer_id=who, loaded_at="",
                                email=f"{who.lower()}@example.org"), "erased")  # fmt: skip
    consent(shop, who, "granted", outcome="erased")
    shop.facts["erased_customers"].append(who)
    plan(shop, "forgotten", who, "welcome_guide/email", "absent", "asked to be forgotten", arm=None)


PLANTS = (
    plant_goods,
    plant_policy_cases,
    plant_consent_cases,
    plant_reach_cases,
    plant_holdout_cases,
    plant_contact_cases,
    plant_basket_cases,
    plant_date_cases,
    plant_order_cases,
    plant_interest_cases,
    plant_guardrail_cases,
    plant_budget_cases,
    plant_forgotten,
)
