"""The tests of the promotion policy and of the decisions: each finds the fault planted in it."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from shop import Build, Builder

TESTS = [
    "assert_policy_promotions_are_valid",
    "assert_policy_links_are_valid",
    "assert_policy_guardrails_are_valid",
    "assert_policy_targets_are_valid",
    "assert_decisions_reconcile",
    "assert_selection_keeps_the_rules",
    "assert_some_consent_fits_the_policy",
]
PROMOTION = "update policy.promotions set {} where promotion_id = 'beauty_box'"
SELECTED = "update marts.customer_promotions set {} where is_selected"
FAULTS = [  # what is planted, which test finds it, and a word of the remedy or of the finding
    (PROMOTION.format("promotion_id = 'universal'"), "promotions", "another promotion_id"),
    (PROMOTION.format("offer_type = 'bribe'"), "promotions", "seed offer_types"),
    (PROMOTION.format("discount_share = 1"), "promotions", "0.15 for 15 %"),
    (PROMOTION.format("discount_share = .1, discount_amount = 1"), "promotions", "not both"),
    (PROMOTION.format("offer_type = 'percentage_off'"), "promotions", "needs a discount_share"),
    (PROMOTION.format("offer_type = 'education'"), "promotions", "gives nothing away"),
    (PROMOTION.format("offer_days = null"), "promotions", "needs offer_days"),
    (PROMOTION.format("response_rate = 1.5"), "promotions", "from 0 to 1"),
    (PROMOTION.format("budget_id = 'purse'"), "promotions", "not in seed budgets"),
    (PROMOTION.format("holdout_share = 1"), "promotions", "0.10 for 10 %"),
    (PROMOTION.format("repeat_days = -1"), "promotions", "repeat_days is 0 or more"),
    (PROMOTION.format("when_capped = 'later'"), "promotions", "next_channel or next_day"),
    (PROMOTION.format("valid_from = '2026-02-01', valid_to = '2026-01-31'"), "promotions", "after"),
    (
        "delete from policy.promotion_channels where promotion_id = 'beauty_box'",
        "promotions",
        "has no channel",
    ),
    ("insert into policy.promotion_channels values ('nope', 'email', '')", "links", "seed promot"),
    (
        "insert into policy.promotion_channels values ('beauty_box', 'pigeon', '')",
        "links",
        "seed channels",
    ),
    (
        "insert into policy.promotion_triggers values ('beauty_box', 'full_moon')",
        "links",
        "seed triggers",
    ),
    (
        "insert into policy.promotion_conditions values ('beauty_box', 'weather', 'wet', false)",
        "links",
        "country, category or audience",
    ),
    (
        "insert into policy.promotion_conditions values ('beauty_box', 'audience', 'all', false)",
        "links",
        "seed audience_names",
    ),
    ("update policy.budgets set period_days = 0", "guardrails", "period_days is 1 or more"),
    (
        "update policy.discount_caps set value_tier = 'gold' where value_tier = 'vip'",
        "guardrails",
        "seed value_tiers",
    ),
    (
        "insert into policy.holdouts values ('second', 0.1, 'x', null, null, '')",
        "guardrails",
        "overlaps that of universal_1",
    ),
    ("update policy.holdouts set holdout_share = 1", "guardrails", "below 1"),
    ("insert into policy.arm_names values ('x', 'neither')", "guardrails", "control or treatment"),
    ("update policy.promotion_targets set value_tier = 'gold'", "targets", "seed value_tiers"),
    ("update policy.channels set purpose = 'newsletter'", "some_consent", "seed channel_names"),
    ("delete from marts.promotion_outcomes where reason = 'selected'", "reconcile", "add up"),
    (SELECTED.format("reason = 'because'"), "reconcile", "reason of the policy"),
    (SELECTED.format("is_selected = false"), "reconcile", "selected for another"),
    (
        "update marts.segment_promotions set selected_customer_count = selected_customer_count + 1",
        "reconcile",
        "plan does not add up",
    ),
    (SELECTED.format("arm = 'control'"), "keeps_the_rules", "not in the treatment"),
    (SELECTED.format("promotion_id = 'spring_sale_20'"), "keeps_the_rules", "not valid"),
    (
        "update intermediate.int_customer_channels set is_permitted = false",
        "keeps_the_rules",
        "may not be contacted",
    ),
    (
        "insert into marts.customer_promotions"
        " select * from marts.customer_promotions where is_selected limit 1",
        "keeps_the_rules",
        "more than one message",
    ),
    (
        "update intermediate.int_promotion_budgets set remaining_amount = 0.01",
        "keeps_the_rules",
        "overdrawn",
    ),
    (
        "insert into intermediate.int_promotion_contacts"
        " select customer_key, 'another', date '2026-06-30', true from intermediate.int_customers",
        "keeps_the_rules",
        "another offer open",
    ),
]

Find = Callable[[str, str], list[Any]]


@pytest.fixture(scope="module")
def find(builder: Builder, demo: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Find]:
    """Runs a test's own SQL on the demo shop with a fault in it, and takes the fault back."""
    home = tmp_path_factory.mktemp("policy")
    compiled = builder.compile(home, TESTS)
    connection = duckdb.connect(str(demo.copy(home).database))

    def run(test: str, fault: str) -> list[Any]:
        (name,) = (name for name in TESTS if test in name)
        connection.execute("begin")
        connection.execute(fault)
        try:
            return connection.sql(compiled[name]).fetchall()
        finally:
            connection.execute("rollback")

    yield run
    connection.close()


@pytest.mark.parametrize("test", TESTS)
def test_the_demo_shop_passes(find: Find, test: str) -> None:
    assert find(test, "select 1") == []


@pytest.mark.parametrize(("fault", "test", "word"), FAULTS, ids=[fault for fault, *_ in FAULTS])
def test_a_planted_fault_is_found(find: Find, fault: str, test: str, word: str) -> None:
    found = find(test, fault)
    assert any(word in str(row[-1]) for row in found), found
