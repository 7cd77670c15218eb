"""Measure the fit of lifetime value parameters: does it recover known ones, and at what cost?

    python -m ops.bench_clv recovery --customers 1000 10000 100000 --seeds 200
    python -m ops.bench_clv speed --customers 1000000
    python -m ops.bench_clv scores --customers 1000000

Recovery simulates shops with known parameters and counts the seeds whose 95 % interval, on the
log scale, holds the true one: of 200 seeds 179 to 198 do with probability .999 if the intervals
are right. Speed fits one shop whose times are whole days, each fitter in a process of its own,
next to lifetimes' BetaGeoFitter on the same rows. Scores runs the SQL of the score models on one
shop, next to a group-by of the same rows.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from ops.bench.costs import own_peak
from ops.clv_fit import BGNBD, GAMMA_GAMMA, Array, fit_bgnbd, fit_gamma_gamma
from ops.dbt_run import release_build
from ops.fit import DAYS_IN_WEEK, fit_groups
from ops.project import ROOT

NORMAL_975 = 1.959963984540054
SCORE_MODELS = [
    "int_clv_cells",
    "int_clv_terms",
    "int_clv_expected_orders",
    "int_clv_ages",
    "int_clv_scores",
]


@dataclass(frozen=True)
class World:
    """A shop's true parameters, and for how many weeks its customers have been known."""

    r: float
    alpha: float
    a: float
    b: float
    p: float
    q: float
    v: float
    youngest_weeks: float
    oldest_weeks: float


WORLDS = {
    # what the literature finds on CDNOW, seen for as long
    "cdnow": World(0.243, 4.414, 0.793, 2.426, 6.25, 3.74, 15.44, 27, 39),
    # a shop with more repeats, two years old, that wins customers every day
    "two_years": World(0.7, 7.0, 1.0, 3.2, 2.7, 6.3, 86.0, 0, 104),
}


@dataclass(frozen=True)
class Shop:
    """Simulated customers: repeats, last repeat and age in weeks, mean amount of the repeats."""

    x: Array
    t_x: Array
    age: Array
    mean_amount: Array


def simulate(world: World, customers: int, seed: int, whole_days: bool = False) -> Shop:
    """Draw customers as BG/NBD and Gamma-Gamma say they are.

    With whole days they are seen as a shop sees them: by calendar day, up to the end of the last
    one, and what they buy twice on a day is one purchase.
    """
    random = np.random.default_rng(seed)
    rate = random.gamma(world.r, 1 / world.alpha, customers)
    stop = random.beta(world.a, world.b, customers)
    age = random.uniform(world.youngest_weeks, world.oldest_weeks, customers)
    hour = random.random(customers)  # of the first purchase, as a share of its day
    end = age
    if whole_days:
        age = np.floor(age * DAYS_IN_WEEK) / DAYS_IN_WEEK
        end = age + (1 - hour) / DAYS_IN_WEEK
    x, t_x, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    active = np.arange(customers)
    while len(active):
        # a rate may be so small that the next purchase is further away than a number can say
        with np.errstate(divide="ignore", over="ignore"):
            now[active] += random.exponential(size=len(active)) / rate[active]
        active = active[now[active] <= end[active]]
        seen = now[active]
        if whole_days:
            seen = np.floor(hour[active] + seen * DAYS_IN_WEEK) / DAYS_IN_WEEK
        x[active] += seen > t_x[active]
        t_x[active] = seen
        active = active[random.random(len(active)) >= stop[active]]
    scale = random.gamma(world.q, 1 / world.v, customers)
    mean_amount = random.gamma(world.p * np.maximum(x, 1)) / (np.maximum(x, 1) * scale)
    return Shop(x, t_x, age, mean_amount)


def recovery(name: str, customers: int, seeds: int, whole_days: bool = False) -> str:
    """How many seeds' intervals hold each true parameter, and how the fits ended, as one line."""
    world = WORLDS[name]
    held = dict.fromkeys((*BGNBD, *GAMMA_GAMMA), 0)
    refused: list[str] = []
    started = time.process_time()
    for seed in range(seeds):
        shop = simulate(world, customers, seed, whole_days)
        one = np.ones(customers)
        is_repeat = shop.x > 0
        for fit in (
            fit_bgnbd(shop.x, shop.t_x, shop.age, one),
            fit_gamma_gamma(shop.x[is_repeat], shop.mean_amount[is_repeat], one[is_repeat]),
        ):
            if fit.reason:
                refused.append(fit.reason)
            for parameter, value in fit.parameters.items():
                distance = abs(np.log(value / getattr(world, parameter)))
                within = distance <= NORMAL_975 * fit.log_standard_errors[parameter]
                held[parameter] += int(within)
    seconds = (time.process_time() - started) / seeds
    counts = " | ".join(str(held[parameter]) for parameter in held)
    told = ", ".join(f"{refused.count(why)} {why}" for why in sorted(set(refused))) or "none"
    return f"| {name} | {customers:,} | {counts} | {told} | {seconds:.3f} |"


def in_days(shop: Shop) -> dict[str, np.ndarray]:
    """The customers' columns as int_customer_clv_summary has them."""
    return {
        "repeat_count": shop.x.astype(np.int32),
        "clv_recency_days": np.rint(shop.t_x * DAYS_IN_WEEK).astype(np.int32),
        "clv_age_days": np.rint(shop.age * DAYS_IN_WEEK).astype(np.int32),
        "repeat_amount": np.round(shop.mean_amount * shop.x, 2),
    }


def speed(fitter: str, customers: int) -> None:
    """Fit one shop of whole days and say what it took; the shop is made before the clock starts."""
    shop = simulate(WORLDS["two_years"], customers, 1, whole_days=True)
    days = in_days(shop)
    connection = duckdb.connect(config={"threads": 2})
    connection.register("days", days)
    connection.execute(
        "create table summary as select 'all' as parameter_group, *,"
        " date '2026-06-30' as as_of_date from days"
    )
    (distinct,) = connection.execute(
        "select count(*) from (select distinct repeat_count, clv_recency_days, clv_age_days"
        " from summary)"
    ).fetchall()[0]
    before = own_peak() / 1e6
    started, started_process = time.perf_counter(), time.process_time()
    if fitter == "lifetimes":
        from ops.bench import lifetimes_script

        result = lifetimes_script.fit(shop.x, shop.t_x, shop.age)
    else:
        (row,) = fit_groups(connection.table("summary"))
        result = {name: row[name] for name in (*BGNBD, *GAMMA_GAMMA)}
        result["log_likelihood"] = row["bgnbd_log_likelihood"]
    wall, process = time.perf_counter() - started, time.process_time() - started_process
    print(f"{fitter}: {wall:.1f} s, process time {process:.1f} s, peak {own_peak() / 1e6:,.0f} MB")
    print(f"  of which before the fit {before:,.0f} MB; {distinct:,} distinct rows")
    print("  " + ", ".join(f"{name} {float(value):.7g}" for name, value in result.items()))


def scores(customers: int) -> None:
    """Score a shop with the models' own SQL; the peer is a group-by of the same rows."""
    from dbt.cli.main import dbtRunner

    world = WORLDS["two_years"]
    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder) / "build.duckdb"  # the name is the catalogue in the compiled SQL
        os.environ["LIFETIME_BUILD_PATH"] = str(build)
        places = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
        places += ["--target-path", folder, "--log-level", "none"]
        dbtRunner().invoke(["compile", "--select", *SCORE_MODELS, *places])
        release_build()
        compiled = {
            path.stem: path.read_text(encoding="utf-8")
            for path in Path(folder).glob("compiled/**/lifetime_value/*.sql")
        }
        build.unlink(missing_ok=True)
        connection = duckdb.connect(str(build), config={"threads": 2})
        connection.execute("create schema intermediate")
        connection.register("days", in_days(simulate(world, customers, 1, whole_days=True)))
        parameters = ", ".join(
            f"cast({getattr(world, name)} as decimal(38, 12)) as {name}" for name in BGNBD
        )
        given = {
            "int_customer_clv_summary": "select 'all' as parameter_group, * from days",
            "int_clv_parameters": "select 'all' as parameter_group,"
            f" null::varchar as purchase_reason, {parameters}",
            "int_clv_backtest_summary": "from intermediate.int_customer_clv_summary limit 0",
            "int_clv_backtest_parameters": "from intermediate.int_clv_parameters limit 0",
            "int_clv_tracking_ages": "select 'all' as parameter_group, 1 as age_days limit 0",
        }
        for name, query in given.items():
            connection.execute(f"create table intermediate.{name} as {query}")
        grouped = (
            "select parameter_group, repeat_count, clv_recency_days, clv_age_days,"
            " count(*) as customer_count from intermediate.int_customer_clv_summary group by all"
        )
        costs: dict[str, list[float]] = {"group by": [], "scores": []}
        for _ in range(3):  # by turns, so that both see the same machine
            costs["group by"].append(cpu_of(connection, {"grouped": grouped}))
            chain = {name: compiled[name] for name in SCORE_MODELS}
            costs["scores"].append(cpu_of(connection, chain))
        connection.close()
    peer, ours = (statistics.median(costs[name]) for name in ("group by", "scores"))
    print(f"scores of {customers:,} customers: {ours:.2f} s CPU, {ours / peer:.1f} x a group by")


def cpu_of(connection: duckdb.DuckDBPyConnection, tables: dict[str, str]) -> float:
    """The processor seconds that these tables take."""
    started = time.process_time()
    for name, query in tables.items():
        connection.execute(f"create or replace table intermediate.{name} as {query}")
    return time.process_time() - started


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the measurements and print it."""
    parser = argparse.ArgumentParser(prog="python -m ops.bench_clv", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    recover = commands.add_parser("recovery", help="coverage of the 95 %% intervals")
    recover.add_argument("--customers", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    recover.add_argument("--seeds", type=int, default=200)
    recover.add_argument("--whole-days", action="store_true", help="seen by calendar day")
    recover.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    scoring = commands.add_parser("scores", help="the SQL scores beside a group-by of the rows")
    scoring.add_argument("--customers", type=int, default=1_000_000)
    fast = commands.add_parser("speed", help="seconds and memory beside lifetimes' fitter")
    fast.add_argument("--customers", type=int, default=1_000_000)
    fast.add_argument("--fitter", choices=["ours", "lifetimes"], help="one, in this process")
    arguments = parser.parse_args(argv)
    if arguments.command == "scores":
        scores(arguments.customers)
        return 0
    if arguments.command == "recovery":
        print(f"| world | customers | {' | '.join((*BGNBD, *GAMMA_GAMMA))} | refused | s a seed |")
        for name in arguments.worlds:
            for customers in arguments.customers:
                line = recovery(name, customers, arguments.seeds, arguments.whole_days)
                print(line, flush=True)
    elif arguments.fitter:
        speed(arguments.fitter, arguments.customers)
    else:
        for fitter in ("ours", "lifetimes"):
            command = [sys.executable, "-m", "ops.bench_clv", "speed", "--fitter", fitter]
            subprocess.run([*command, "--customers", str(arguments.customers)], check=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
