"""Every planted decision of the demo shop comes out as planned, with the planned reason."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from shop import Builder

from ops import demo_shop
from ops.demo.books import END, LAST_DAY

DECISIONS: dict[str, dict[str, Any]] = json.loads(demo_shop.TRUTH.read_text(encoding="utf-8"))[
    "decisions"
]
POLICY = demo_shop.ROOT / "seeds" / "policy"
STOPS = {"fairness_stop", "loss_stop"}
WITHOUT_A_CASE = {  # what the policy as it is cannot say
    "channel_disabled": "no promotion goes over mail, the one channel that is switched off",
    "consent_expired": "consent_valid_days is 0: consent does not expire",
    "other_country": "no promotion has a condition on country",
    "other_audience": "no promotion has a condition on audience",
}
Decide = Callable[[dict[str, Any]], list[dict[str, Any]]]


def policy(seed: str) -> list[dict[str, str]]:
    """The rows of a policy seed."""
    with (POLICY / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def decide(
    demo_build: Path, builder: Builder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Decide]:
    """The decision log of a case: of the demo as it is, or as of the day that the case names."""
    builds = {LAST_DAY.isoformat(): demo_build}
    for day in {case["as_of_date"] for case in DECISIONS.values() if "as_of_date" in case}:
        options = ["--select", "+customer_promotions", "--exclude-resource-type", "test"]
        home = tmp_path_factory.mktemp("past_day")
        build = builder.run(home, {"as_of_date": day}, [*options, "unit_test"])
        assert not build.problems, "\n".join(build.problems)
        builds[day] = build.database
    with duckdb.connect() as connection:
        for number, path in enumerate(builds.values()):
            connection.execute(f"attach '{path}' as b{number} (read_only)")
        names = {day: f"b{number}" for number, day in enumerate(builds)}

        def run(case: dict[str, Any]) -> list[dict[str, Any]]:
            name = names[case.get("as_of_date", LAST_DAY.isoformat())]
            found = connection.execute(
                f"select * from {name}.marts.customer_promotions where customer_id = ?"
                " and promotion_id = ? and channel = ?",
                [case["customer_id"], case["promotion_id"], case["channel"]],
            )
            columns = [column[0] for column in found.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

        yield run


@pytest.mark.parametrize("name", DECISIONS)
def test_a_planted_case_is_decided_as_planned(name: str, decide: Decide) -> None:
    """One reason, one arm, and whatever else the case says; or no row at all."""
    case = DECISIONS[name]
    rows = decide(case)
    if case["reason"] == "absent":
        assert rows == [], case["why"]
        return
    [row] = rows
    planned = {key: case[key] for key in ("reason", "arm", "would_be_selected")}
    planned["is_selected"] = case["reason"] == "selected"
    for key in ("trigger_name", "product_id"):
        if key in case:
            planned[key] = case[key]
    if "send_from_at" in case:
        planned["send_from_at"] = datetime.fromisoformat(case["send_from_at"])
    assert {key: row[key] for key in planned} == planned, case["why"]


@pytest.mark.parametrize("name", [n for n, c in DECISIONS.items() if c["reason"] == "selected"])
def test_a_selected_message_goes_out_in_allowed_hours(name: str, decide: Decide) -> None:
    """By the customer's own clock; within a day of the decisions, unless the case says when."""
    case = DECISIONS[name]
    [row] = decide(case)
    with (demo_shop.SEEDS / "demo_customers.csv").open(encoding="utf-8", newline="") as file:
        countries = {person["customer_id"]: person["country"] for person in csv.DictReader(file)}
    zones = {zone["country"]: zone["time_zone"] for zone in policy("country_time_zones")}
    zone = ZoneInfo(zones[countries[case["customer_id"]]])
    [channel] = [channel for channel in policy("channels") if channel["channel"] == case["channel"]]
    start, end = (
        moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
        for moment in (row["send_from_at"], row["send_until_at"])
    )
    assert end - start == timedelta(hours=int(channel["send_window_hours"]))
    assert start.date() == end.date()
    assert start.hour >= int(channel["quiet_to_hour"])
    assert (end.hour, end.minute) <= (int(channel["quiet_from_hour"]), 0)
    if not {"as_of_date", "send_from_at"} & set(case):
        assert END <= row["send_from_at"] < END + timedelta(days=1)


def test_every_reason_is_planted(demo_build: Path) -> None:
    """All that can occur in the demo; the others neither occur nor have a case.

    A stop is a promotion's, not a person's: test_demo_fairness and test_demo_lift have them.
    """
    known = {row["reason"] for row in policy("decision_reasons")} - STOPS
    planted = {case["reason"] for case in DECISIONS.values()} - {"absent"}
    assert planted == known - set(WITHOUT_A_CASE)
    with duckdb.connect(str(demo_build), read_only=True) as connection:
        found = connection.execute("select distinct reason from marts.customer_promotions")
        assert {reason for (reason,) in found.fetchall()} - STOPS == planted


def test_a_planted_person_stays_out_of_the_clean_part() -> None:
    """So that the known laws of the clean part stay known."""
    people = {case["customer_id"] for case in DECISIONS.values()}
    assert {who[:2] for who in people} == {"C7", "A7"}
