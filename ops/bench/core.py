"""What all contenders compute: one row a buyer, one row a cohort and month with purchases.

Money is whole cents and rates are whole hundred-millionths, so that nobody's sums depend on the
order of rows. The names and statuses are those that the demo shop's files have.
"""

import csv
import os
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ops.demo.books import LAST_DAY
from ops.project import ROOT

ZONE = "Europe/Berlin"
RATE_UNIT = 100_000_000
SCORES = 5
EVENT_DAYS = 90
STATUSES = ["completed", "shipped"]
CLICK = "email_clicked"
PRODUCT_EVENTS = ["page_view_product", "product_viewed", "Added to Cart", "checkout_started"]

CUSTOMERS, COHORTS = "customers", "cohorts"
THREADS = int(os.environ.get("LIFETIME_THREADS", "2"))


def moment(day: date) -> datetime:
    """When that day begins in the shop's zone, as UTC without an offset."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


END = moment(LAST_DAY + timedelta(days=1))
EVENTS_FROM = moment(LAST_DAY - timedelta(days=EVENT_DAYS - 1))


def segment_cells() -> dict[tuple[int, int], str]:
    """The classic segment of each recency and frequency score."""
    with (ROOT / "seeds" / "policy" / "segment_maps.csv").open(encoding="utf-8") as file:
        rules = [row for row in csv.DictReader(file) if row["map_name"] == "classic"]
    return {
        (recency, frequency): rule["segment"]
        for rule in rules
        if rule["applies_to"] == "buyers"
        for recency in scores(rule, "recency")
        for frequency in scores(rule, "frequency")
    }


def scores(rule: dict[str, str], measure: str) -> range:
    """The scores of a measure that a rule is about."""
    return range(int(rule[f"minimum_{measure}_score"]), int(rule[f"maximum_{measure}_score"]) + 1)
