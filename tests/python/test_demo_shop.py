"""The demo shop is what its truth file says, and the project finds all that was planted in it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import sqrt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from lifetimes import BetaGeoFitter
from shop import Build, Builder

from ops import demo_shop
from ops.demo import parquet
from ops.demo.books import CONTRACT, KEYS, LAST_DAY, Shop, berlin_date, parse_stamp
from ops.demo.buying import BGNBD

TRUTH: dict[str, Any] = json.loads(demo_shop.TRUTH.read_text(encoding="utf-8"))
TIMES = {"changed_at", "rate_date"}
PURCHASE_STATUSES = {"completed", "shipped", "paid", "pending"}


@pytest.fixture(scope="module")
def shop() -> Shop:
    """The shop, made anew."""
    return demo_shop.make_shop()


@pytest.fixture(scope="module")
def warehouse(demo_build: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built demo shop, to read."""
    with duckdb.connect(str(demo_build), read_only=True) as connection:
        yield connection


def test_every_rule_holds_on_rows_of_its_own(builder: Builder, demo: Build, tmp_path: Path) -> None:
    """dbt's unit tests, which a delivery need not run."""
    own = demo.copy(tmp_path)
    tried = builder.run(own.database.parent, {}, ["--select", "test_type:unit"], "test")
    assert not tried.problems, "\n".join(tried.problems)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """What is committed is what the generator writes."""
    demo_shop.write_seeds(tmp_path / "demo", tmp_path / "truth.json")
    for table in CONTRACT:
        name = f"demo_{table}.csv"
        assert (tmp_path / "demo" / name).read_bytes() == (demo_shop.SEEDS / name).read_bytes()
    assert (tmp_path / "truth.json").read_bytes() == demo_shop.TRUTH.read_bytes()


def test_the_seeds_are_small() -> None:
    """All files together stay below five megabytes."""
    assert sum(file.stat().st_size for file in demo_shop.SEEDS.glob("*.csv")) < 5_000_000


def test_every_refusal_and_outcome_is_planted(shop: Shop) -> None:
    """No reason of the policy is without a row, and no table without each outcome it can have."""
    reasons_file = demo_shop.ROOT / "seeds" / "policy" / "quarantine_reasons.csv"
    known = {line.split(",")[0] for line in reasons_file.read_text().splitlines()[1:]}
    planted = {key.split("/")[1] for counts in shop.outcomes.values() for key in counts}
    assert planted - {""} == known
    for table, counts in shop.outcomes.items():
        outcomes = {key.split("/")[0] for key in counts}
        missing = {"accepted", "duplicate", "superseded", "quarantined", "after_as_of"} - outcomes
        assert missing <= ({"after_as_of"} if table == "erasure_requests" else set())


# -- what the project makes of it ------------------------------------------------------------------
def test_source_quality_counts_what_was_planted(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Every row of every source has the outcome and the reason that it was planted with."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for source, outcome, reason, rows in warehouse.execute(
        "select source, outcome, nullif(reason, 'none'), row_count from audit.source_quality"
    ).fetchall():
        found[source][f"{outcome}/{reason or ''}"] = rows
    assert found == TRUTH["outcomes"]
    assert {source: sum(n.values()) for source, n in found.items()} == TRUTH["row_counts"]


def test_accepted_money_is_what_was_planted(warehouse: duckdb.DuckDBPyConnection) -> None:
    """To the cent: as delivered in each source, and gross in euros by independent arithmetic."""
    found = dict(
        warehouse.execute(
            "select source, sum(amount) from audit.source_quality"
            " where outcome = 'accepted' group by 1"
        ).fetchall()
    )
    for table, amount in TRUTH["accepted_amounts"].items():
        assert found[table] == Decimal(amount)
    gross = warehouse.execute("select sum(gross_amount) from intermediate.int_orders_net")
    assert one(gross) == Decimal(TRUTH["accepted_gross_eur"])


def one(result: duckdb.DuckDBPyConnection) -> Any:
    """The only value of a result."""
    [(value,)] = result.fetchall()
    return value


def test_every_named_case_comes_out_as_planned(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The rows of each case's key, no more and no fewer, have the planned outcomes.

    Erased rows have no key any more: they are counted by source_quality, above.
    """
    places = dict(
        warehouse.execute(
            "select table_name, table_schema || '.' || table_name from information_schema.tables"
            " where table_name like 'stg\\_%\\_checked' escape '\\'"
        ).fetchall()
    )
    wrong = {}
    for name, case in TRUTH["cases"].items():
        values = [
            readable(text) if column in TIMES else text.strip() or None
            for column, text in case["key"].items()
        ]
        same = " and ".join(f"{column} is not distinct from ?" for column in case["key"])
        place = places[f"stg_{case['table']}_checked"]
        found = warehouse.execute(
            f"select outcome, coalesce(reason, '') from {place}"
            f" where outcome != 'erased' and {same}",
            values,
        ).fetchall()
        planned = [
            (row["outcome"], row["reason"]) for row in case["rows"] if row["outcome"] != "erased"
        ]
        if Counter(found) != Counter(planned):
            wrong[name] = {"planned": planned, "found": found, "why": case.get("why")}
    assert not wrong


def readable(text: str) -> datetime | None:
    """A planted timestamp as staging keeps it: none where unreadable, never past year 9999."""
    try:
        return min(datetime.fromisoformat(text), datetime(9999, 12, 30))
    except ValueError:
        return None


def test_days_are_those_of_the_shop(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Midnight, both clock changes, offsets and dates without a time fall on the planned day."""
    found = dict(
        warehouse.execute("select order_id, order_date from intermediate.int_orders_net").fetchall()
    )
    days = {order: date.fromisoformat(day) for order, day in TRUTH["business_dates"].items()}
    assert {order: found[order] for order in days} == days


def test_the_latest_version_wins(warehouse: duckdb.DuckDBPyConnection) -> None:
    """By updated_at, else by the first load: an old version that comes again does not win."""
    found = dict(
        warehouse.execute("select order_id, status from intermediate.int_orders_net").fetchall()
    )
    planned = TRUTH["latest_statuses"]
    assert {order: found[order] for order in planned} == planned


def test_rates_and_refunds_are_those_planted(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The last earlier rate counts in a gap, and refunds add up without the refused ones."""
    for column, planned in (
        ("gross_amount", TRUTH["gross_in_eur"]),
        ("refund_amount", TRUTH["refunded_eur"]),
    ):
        found = dict(
            warehouse.execute(
                f"select order_id, {column} from intermediate.int_orders_net"
            ).fetchall()
        )
        assert {order: found[order] for order in planned} == {
            order: Decimal(amount) for order, amount in planned.items()
        }


def test_erased_people_are_nowhere(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Whoever asked to be forgotten, by id or hash, before or after the last day, is gone."""
    erased = TRUTH["erased_customers"]
    assert erased
    tables = warehouse.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema not in ('raw_views', 'demo_raw')"
    ).fetchall()
    for schema, table in tables:
        named = " or ".join(["contains(cast(t as varchar), ?)"] * len(erased))
        found = warehouse.execute(
            f"select count(*) from {schema}.{table} as t where {named}", erased
        )
        assert one(found) == 0, f"{schema}.{table}"


def test_shared_visitors_stay_nobodys(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A visitor linked once has an owner; one linked to three customers has none."""
    owner = TRUTH["visitors"]["owner"]
    query = """
        select customers.customer_id
        from staging.stg_events as events
        left join intermediate.int_events_identified as identified
            on events.event_id = identified.event_id
        left join intermediate.int_customers as customers
            on identified.customer_key = customers.customer_key
        where events.anonymous_id = ? and events.customer_id is null
    """
    found = warehouse.execute(query, [TRUTH["visitors"]["linked"]]).fetchall()
    assert found == [(owner,)]
    assert warehouse.execute(query, [TRUTH["visitors"]["shared"]]).fetchall() == [(None,)]


def test_birthdays_and_minors(warehouse: duckdb.DuckDBPyConnection) -> None:
    """29 February stays one; adulthood begins on the birthday."""
    found = {
        row[0]: row[1:]
        for row in warehouse.execute(
            "select customer_id, birth_month_day, is_minor from intermediate.int_customers"
        ).fetchall()
    }
    people = TRUTH["people"]
    assert found[people["leap_day_1996"]] == ("02-29", False)
    assert found[people["leap_day_2008"]] == ("02-29", False)
    assert found[people["eighteen_on_the_last_day"]] == ("06-30", False)
    assert found[people["minor_by_one_day"]] == ("07-01", True)


# -- the laws of the clean part --------------------------------------------------------------------
def clean_purchases(shop: Shop) -> dict[str, list[datetime]]:
    """When each customer of the clean part bought, exact copies once."""
    orders = {row["order_id"]: row for row in shop.rows["orders"] if row["order_id"] < "O8"}
    purchases: dict[str, list[datetime]] = defaultdict(list)
    for row in orders.values():
        if row["status"] in PURCHASE_STATUSES and row["order_id"]:
            purchases[row["customer_id"]].append(parse_stamp(row["ordered_at"]))
    return purchases


def assert_parameters_recovered(triples: list[tuple[int, float, float]]) -> None:
    """The planted parameters lie within the 99.9 % intervals of a fit by lifetimes.

    Four intervals on one fixed sample; seasons, promotions and merged days bend the process a
    little, so the interval is wider than the usual 95 %.
    """
    fitter = BetaGeoFitter().fit(*zip(*triples, strict=True))
    for name, planted in BGNBD.items():
        estimate, error = fitter.summary.loc[name, ["coef", "se(coef)"]]
        assert abs(estimate - planted) < 3.29 * error, (name, estimate, error)


def test_purchase_rates_are_those_planted(shop: Shop) -> None:
    """A fit of the clean part finds the planted BG/NBD parameters."""
    triples = []
    for times in clean_purchases(shop).values():
        days = sorted({berlin_date(at) for at in times})
        first, last = days[0], days[-1]
        triples.append((len(days) - 1, (last - first).days / 7, (LAST_DAY - first).days / 7))
    assert_parameters_recovered(triples)


def test_promotions_have_the_planted_effect(shop: Shop) -> None:
    """Lifts lie in their 95 % intervals, the loser loses, the broken assignment shows."""
    purchases = clean_purchases(shop)
    for promotion_id, planted in TRUTH["experiments"].items():
        start = datetime.fromisoformat(planted["assigned_at"])
        end = start + timedelta(days=planted["window_days"])
        arms = {
            row["customer_id"]: row["arm"]
            for row in shop.rows["promotion_assignments"]
            if row["promotion_id"] == promotion_id
        }
        sizes = Counter(arms.values())
        buyers = Counter(
            arm for who, arm in arms.items() if any(start <= at < end for at in purchases[who])
        )
        rate = {arm: buyers[arm] / sizes[arm] for arm in sizes}
        error = sqrt(sum(rate[arm] * (1 - rate[arm]) / sizes[arm] for arm in sizes))
        lift = rate["treatment"] - rate["control"]
        assert abs(lift - planted["purchase_probability_uplift"]) < 1.96 * error
        expected = sizes.total() * planted["planned_treatment_share"]
        chi_square = (sizes["treatment"] - expected) ** 2 * 2 / expected
        assert (chi_square > 10.83) == planted["is_broken"]  # p < .001 with one degree of freedom
        assert (Decimal(planted["incremental_margin_eur"]) < 0) == planted["loses_money"]
    assert [p for p, e in TRUTH["experiments"].items() if e["loses_money"]] == ["spring_sale_20"]
    assert [p for p, e in TRUTH["experiments"].items() if e["is_broken"]] == ["bundle_offer"]


def test_the_unfair_promotion_is_unfair_and_the_other_fair() -> None:
    """By the four-fifths rule, groups of at least 30."""
    for promotion_id, is_fair in (("beauty_box", False), ("loyalty_double_points", True)):
        rates = [
            cell["sent"] / cell["eligible"]
            for cell in TRUTH["sends"][promotion_id].values()
            if cell["eligible"] >= 30
        ]
        assert (min(rates) / max(rates) >= 0.8) == is_fair


def test_the_simpson_case_disappears_within_tiers() -> None:
    """Age bands differ by far over all, and by rounding alone among equal spenders."""
    cells = {tuple(k.split(" / ")): c for k, c in TRUTH["sends"]["vip_early_access"].items()}
    sent, eligible = Counter[str](), Counter[str]()
    for (_, band), cell in cells.items():
        sent[band] += cell["sent"]
        eligible[band] += cell["eligible"]
    rates = [sent[band] / eligible[band] for band in eligible if eligible[band] >= 30]
    assert min(rates) / max(rates) < 0.6
    for tier in ("high", "middle", "low"):
        inside = [cell for (cell_tier, _), cell in cells.items() if cell_tier == tier]
        share = sum(c["sent"] for c in inside) / sum(c["eligible"] for c in inside)
        assert all(abs(c["sent"] - share * c["eligible"]) <= 1.5 for c in inside)


def test_the_drifting_channel_slows_down(shop: Shop) -> None:
    """In the last quarter repeat purchases of the channel fall to about the planted share."""
    drift = TRUTH["drift"]
    channel = {row["customer_id"]: row["acquisition_channel"] for row in shop.rows["customers"]}
    since = datetime.fromisoformat(drift["from"])
    repeats: Counter[tuple[bool, bool]] = Counter()
    for who, times in clean_purchases(shop).items():
        for at in sorted(times)[1:]:
            if at >= since - timedelta(days=91):
                repeats[channel[who] == drift["acquisition_channel"], at >= since] += 1
    ratio = repeats[True, True] / repeats[True, False]
    others = repeats[False, True] / repeats[False, False]
    assert ratio / others < 2 * drift["share_of_orders_kept"]


# -- Parquet at any size ---------------------------------------------------------------------------
@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """A shop of 20,000 orders, drawn in chunks of 2,000 customers."""
    folder = tmp_path_factory.mktemp("large")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "CHUNK_CUSTOMERS", 2000)
        return folder, parquet.write_parquet(20_000, folder, 7)


def test_parquet_has_every_table_and_grows_in_proportion(
    large: tuple[Path, dict[str, int]],
) -> None:
    """Five events an order and some without one, customers with orders, ids as text."""
    folder, counts = large
    for table, columns in CONTRACT.items():
        file = pq.ParquetFile(folder / f"{table}.parquet")
        assert file.metadata.num_rows == counts[table] > 0
        assert set(file.schema_arrow.names) <= set(columns)
        assert all(str(file.schema_arrow.field(key).type) == "string"
                   for key in KEYS[table] if key not in TIMES)  # fmt: skip
    [(distinct,)] = duckdb.sql(
        f"select count(distinct order_id) from '{folder}/orders.parquet'"
    ).fetchall()
    assert distinct == pytest.approx(20_000, rel=0.05)
    assert 0 < counts["orders"] - distinct < 0.01 * distinct
    [(loose,)] = duckdb.sql(
        f"select count(*) from '{folder}/events.parquet' where session_id is null"
    ).fetchall()
    assert counts["events"] - loose == 5 * distinct
    assert 0 < loose < distinct
    assert counts["customers"] == pytest.approx(20_000 / parquet.ORDERS_PER_CUSTOMER, rel=0.001)
    assert 1 < counts["order_items"] / distinct < 3


def test_customers_place_as_many_orders_as_asked_for(tmp_path: Path) -> None:
    counts = parquet.write_parquet(20_000, tmp_path, 7, orders_per_customer=10)
    assert counts["customers"] == 2_000
    assert counts["orders"] == pytest.approx(20_000, rel=0.1)


def test_parquet_is_written_chunk_by_chunk(large: tuple[Path, dict[str, int]]) -> None:
    """A chunk is at least one row group of its own, so memory does not grow with the shop."""
    chunks = -(-large[1]["customers"] // 2000)
    for table in parquet.TABLES.keys() - {"erasure_requests"}:
        assert pq.ParquetFile(large[0] / f"{table}.parquet").num_row_groups == chunks > 1


def test_parquet_lines_add_up_to_orders(large: tuple[Path, dict[str, int]]) -> None:
    """Every order's gross amount is the sum of its lines; every refund has its order."""
    query = """
        with sums as (
            select order_id, sum(quantity * unit_price) as gross_amount
            from '{0}/order_items.parquet' group by 1
        )
        select count(*) from '{0}/orders.parquet' as orders
        left join sums on orders.order_id = sums.order_id
        where sums.gross_amount is distinct from orders.gross_amount
        union all
        select count(*) from '{0}/refunds.parquet'
        where order_id not in (select order_id from '{0}/orders.parquet')
    """
    assert duckdb.sql(query.format(large[0])).fetchall() == [(0,), (0,)]


def test_parquet_follows_the_same_laws(large: tuple[Path, dict[str, int]]) -> None:
    """A fit of the large shop finds the planted BG/NBD parameters too."""
    query = f"""
        with days as (
            select distinct customer_id, cast(ordered_at as date) as day
            from '{large[0]}/orders.parquet'
        )
        select count(*) - 1, (max(day) - min(day)) / 7, (date '{LAST_DAY}' - min(day)) / 7
        from days group by customer_id
    """
    assert_parameters_recovered(duckdb.sql(query).fetchall())
