"""Thirty nights of a shop whose rows come late and are corrected, one of them killed on the way.

They end, night by night and mart by mart, where the same nights end that nothing disturbed and
whose rows came in another order. And what knows no history is what one build of the last delivery
gives: no night leaves anything behind that the next one would have to mend.
"""

import multiprocessing
import signal
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shop import Build, Builder, Common, read_demo_shop, write_tables
from test_point_in_time import EVENT_TIME

NIGHTS = 30
LAST = date(2026, 6, 30)
FIRST = LAST - timedelta(days=NIGHTS - 1)
KILLED = 11
SECONDS_UNTIL_KILLED = 300
# order lines come with their order, and what has no time is there from the first night
MOMENTS = {table: moment for table, moment in EVENT_TIME.items() if moment}
MOMENTS["erasure_requests"] = "requested_at"
del MOMENTS["exchange_rates"]  # these are known ahead
# what was wrong at first in a row that is corrected some nights later
MISTAKES = {
    "orders": {"status": "cancelled", "gross_amount": "1.00"},
    "refunds": {"amount": "0.01"},
    "consents": {"status": "granted"},
}
# marts for which no night before matters
WITHOUT_HISTORY = {
    "marts.customers",
    "marts.customer_segments",
    "marts.cohort_retention",
    "marts.cohort_return_rates",
    "marts.customer_ledger",
    "marts.segment_profiles",
}

Tables = dict[str, pd.DataFrame]


def arrivals(tables: Tables) -> Tables:
    """The rows with the nights on which each is delivered: from `arrives` up to before `leaves`.

    A tenth is late by up to nine nights. A tenth of new orders, refunds and consents are wrong at
    first, and a hundredth of old ones is only now put right; half of these mistakes stay in the
    delivery beside their correction, half give way to it.
    """
    random = np.random.default_rng(20260630)
    start = pd.Timestamp(FIRST, tz="UTC")
    orders: pd.Series = pd.Series(dtype=int)
    found = {}
    for name, delivered in tables.items():
        rows = delivered.copy()
        moments = pd.to_datetime(
            rows[MOMENTS[name]] if name in MOMENTS else pd.Series("", index=rows.index),
            errors="coerce",
            utc=True,
            format="mixed",
        )
        days = (moments - start).dt.days.fillna(0).clip(0, NIGHTS)
        late = np.where(random.random(len(rows)) < 0.1, random.integers(1, 10, len(rows)), 0)
        rows["arrives"] = days.astype(int) + late * (days > 0)
        if name == "orders":
            orders = rows.groupby("order_id")["arrives"].min()
        if name == "order_items":
            rows["arrives"] = rows["order_id"].map(orders).fillna(0).astype(int)
        rows["leaves"] = NIGHTS + 1
        if name in MISTAKES:
            share = np.where(days > 0, 0.1, 0.01)
            is_wrong = (random.random(len(rows)) < share) & moments.notna() & (days < NIGHTS)
            mistaken = rows[is_wrong].assign(**MISTAKES[name])
            mistaken["updated_at"] = delivered.loc[is_wrong, MOMENTS[name]]
            nights = random.integers(1, NIGHTS, len(mistaken))
            known = moments[is_wrong]
            corrected = known.where(known > start, start) + pd.to_timedelta(nights, "D")
            rows.loc[is_wrong, "updated_at"] = corrected.dt.strftime("%Y-%m-%d %H:%M:%S")
            rows.loc[is_wrong, "arrives"] = (corrected - start).dt.days
            gives_way = random.random(len(mistaken)) < 0.5
            mistaken["leaves"] = np.where(gives_way, rows.loc[is_wrong, "arrives"], NIGHTS + 1)
            rows = pd.concat([rows, mistaken])
        found[name] = rows
    return found


def deliver(folder: Path, shop: Tables, night: int, seed: int | None) -> Path:
    """What is delivered on a night, in the shop's order or in another."""
    tables = {}
    for name, rows in shop.items():
        here = rows[(rows["arrives"] <= night) & (rows["leaves"] > night)]
        here = here if seed is None else here.sample(frac=1, random_state=seed + night)
        tables[name] = here.drop(columns=["arrives", "leaves"])
    return write_tables(folder / "raw", tables)


def build(builder: Builder, folder: Path, night: int) -> Build:
    """A night on what was delivered, upon what the nights before left."""
    return builder.build(
        folder / "raw",
        folder,
        as_of=(FIRST + timedelta(days=night)).isoformat(),
        checks=False,
        business_timezone="Europe/Berlin",
    )


def build_elsewhere(common: Path, home: Path, folder: Path, night: int) -> None:
    """The same in a process of its own."""
    Common.folder = common
    build(Builder(home), folder, night)


def kill_on_the_way(home: Path, folder: Path, night: int) -> None:
    """A night whose process is killed once it writes."""
    log = folder / "build.duckdb.wal"
    assert not log.exists()  # else it would be killed before it writes
    arguments = (Common.folder, home, folder, night)
    process = multiprocessing.get_context("spawn").Process(target=build_elsewhere, args=arguments)
    process.start()
    for _ in range(SECONDS_UNTIL_KILLED * 10):
        if log.exists() or not process.is_alive():
            break
        time.sleep(0.1)
    time.sleep(5)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert log.exists()


def nights(
    builder: Builder, folder: Path, shop: Tables, *, killed: int | None, seed: int | None
) -> Iterator[Build]:
    """Each night's build, in one file."""
    for night in range(NIGHTS):
        deliver(folder, shop, night, seed)
        if night == killed:
            kill_on_the_way(folder / "dbt", folder, night)
        done = build(builder, folder, night)
        assert not done.problems, "\n".join(done.problems)
        yield done


@pytest.fixture(scope="module")
def shop() -> Tables:
    return arrivals(read_demo_shop())


@pytest.fixture(scope="module")
def both(
    builder: Builder, tmp_path_factory: pytest.TempPathFactory, shop: Tables
) -> Iterator[tuple[Build, Build]]:
    """Night after night, the build of the disturbed series and that of the other."""
    disturbed = nights(builder, tmp_path_factory.mktemp("one"), shop, killed=KILLED, seed=None)
    quiet = nights(builder, tmp_path_factory.mktemp("two"), shop, killed=None, seed=1)
    return zip(disturbed, quiet, strict=True)


@pytest.fixture(scope="module")
def ends() -> list[dict[str, str]]:
    """A hash of each mart at the end of each night so far."""
    return []


@pytest.mark.long
@pytest.mark.parametrize("night", range(NIGHTS))
def test_a_night_ends_where_an_undisturbed_one_does(
    night: int, both: Iterator[tuple[Build, Build]], ends: list[dict[str, str]]
) -> None:
    while len(ends) <= night:
        disturbed, quiet = next(both)
        ends.append(disturbed.fingerprints())
        assert quiet.fingerprints() == ends[-1]
    news = {end["marts.customers"] for end in ends}
    assert len(news) == len(ends)


@pytest.mark.long
def test_the_last_night_ends_where_a_single_build_does(
    builder: Builder, tmp_path: Path, shop: Tables, ends: list[dict[str, str]]
) -> None:
    """What needs no history."""
    if len(ends) < NIGHTS:
        pytest.skip("the nights before it were not run")
    deliver(tmp_path, shop, NIGHTS - 1, seed=2)
    once = build(builder, tmp_path, NIGHTS - 1).fingerprints()
    last = ends[NIGHTS - 1]
    assert [mart for mart in WITHOUT_HISTORY if once[mart] != last[mart]] == []
