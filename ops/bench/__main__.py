"""Measure this project beside the scripts that one would write instead.

    python -m ops.bench                          a million orders, three rounds: docs/benchmarks.md
    python -m ops.bench --orders 10000000 --orders-per-customer 10 --rounds 1 --scaling
                                                 ten million: docs/benchmarks_10000000.md
    python -m ops.bench --smoke                  a few thousand orders: do all contenders agree?

A demo shop of that size is written as Parquet. Then all contenders take their turns, each in a
process of its own: the floor, dbt with the models that make customers, segments and cohorts, the
SQL that it compiled as one script, Polars, pandas. Their results must agree for every customer.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path

import duckdb

from ops.bench import agree, core, lifetimes_script, script, shop
from ops.bench.costs import Call, Cost, combine
from ops.bench.report import Measured, Ratio, Whole, page
from ops.demo.parquet import ORDERS_PER_CUSTOMER
from ops.project import REFUSED, ROOT, UserError, display

CHAIN = ["+customer_segments", "+customers", "+cohort_retention"]
FLOOR, DBT, SCRIPT, POLARS, PANDAS = "floor", "`dbt run`", "SQL script", "Polars", "pandas"
LIFETIMES = "lifetimes"
SUMMARY_MODELS = ("int_purchase_occasions", "int_customer_clv_summary")
FIT_MODEL = "int_clv_fit"
SMOKE_ORDERS = 3_000
SEEDED = "seeded.duckdb"
PAGE = ROOT / "docs" / "benchmarks.md"
ORDERS = 1_000_000
BOUGHT = """
    select customer_id, order_date, cast(net_revenue_amount as double) as net_amount
    from intermediate.int_orders_net
    inner join intermediate.int_customers using (customer_key)
    where is_purchase
"""


@dataclass(frozen=True)
class Contender:
    """Who takes turns: how its folder is made ready, its program, what it leaves behind."""

    prepare: Callable[[], object]
    call: Call
    left: Path


class Bench:
    """One run in one folder."""

    def __init__(self, folder: Path, orders: int, each: float, memory: str) -> None:
        self.folder = folder
        self.orders = orders
        self.each = each
        self.raw = self.files(orders)
        self.memory = memory
        self.limited = f"{SCRIPT}, memory_limit {memory}"
        self.models: shop.Models = {}
        self.chain: dict[str, Cost] = {}

    def files(self, orders: int) -> Path:
        """The files of a shop of that size; those that a run before kept are taken."""
        raw = self.folder / f"raw_{orders}_{self.each:g}".replace(".", "_")
        finished = raw.with_suffix(".finished")
        if not finished.exists():
            tell(f"writing {orders:,} orders")
            shutil.rmtree(raw, ignore_errors=True)
            shop.write_shop(raw, orders, self.each)
            finished.touch()
        return raw

    def home(self, name: str) -> Path:
        """The folder of a contender."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def seed(self, folder: Path) -> None:
        """A folder for dbt, with the seeds loaded and the project parsed."""
        tell("loading the seeds")
        shop.write_profile(folder)
        (folder / shop.BUILD).unlink(missing_ok=True)
        shop.dbt(self.raw, folder, "seed", "--select", shop.POLICY_SEEDS).run()
        (folder / shop.BUILD).rename(folder / SEEDED)

    def contenders(self) -> dict[str, Contender]:
        """All of them, in the order of their turns; dbt before the script made of it."""
        home = self.home("dbt")
        self.seed(home)

        def reset_script(folder: Path) -> None:
            shutil.copy(home / SEEDED, folder / shop.BUILD)
            self.models = script.compiled_models(home)
            script.write_script(self.models, folder)

        def scripted(name: str, *words: str) -> Contender:
            folder = self.home(name)
            call = shop.module("ops.bench.script", folder, *words)
            return Contender(lambda: reset_script(folder), call, folder / shop.BUILD)

        def peer(module: str, *words: str | Path) -> Contender:
            out = self.home(module)
            return Contender(lambda: None, shop.module(f"ops.bench.{module}", *words, out), out)

        build = home / shop.BUILD
        run = shop.dbt(self.raw, home, "run", "--select", *CHAIN)
        found = {
            FLOOR: peer("floor", self.raw),
            DBT: Contender(lambda: shutil.copy(home / SEEDED, build), run, build),
            SCRIPT: scripted("script"),
        }
        if self.memory:
            found[self.limited] = scripted("limited", self.memory)
        found[POLARS] = peer("polars_script", self.raw)
        found[PANDAS] = peer("pandas_script", self.raw)
        return found

    def measure(self, contenders: dict[str, Contender], rounds: int) -> dict[str, Cost]:
        """The median cost of each, and of each model of the script."""
        costs: dict[str, list[Cost]] = defaultdict(list)
        models: dict[str, list[Cost]] = defaultdict(list)
        for number in range(1, rounds + 1):
            for name, contender in contenders.items():
                tell(f"round {number} of {rounds}: {name}")
                contender.prepare()
                costs[name].append(contender.call.run())
            for model, cost in read_costs(self.home("script")).items():
                models[model].append(cost)
        self.chain = {name: combine(found, statistics.median) for name, found in models.items()}
        return {name: combine(found, statistics.median) for name, found in costs.items()}

    def results(self) -> dict[str, Path]:
        """Where each contender's customers and cohorts are, this project's own first."""
        builds = {DBT: "dbt", SCRIPT: "script"} | ({self.limited: "limited"} if self.memory else {})
        found = {name: self.home(f"{folder}_results") for name, folder in builds.items()}
        for name, folder in builds.items():
            agree.write_ours(self.home(folder) / shop.BUILD, found[name])
        return {**found, POLARS: self.home("polars_script"), PANDAS: self.home("pandas_script")}

    def lifetimes(self, ours: Path) -> dict[str, Cost]:
        """What lifetimes takes for summary and fit; its summary and likelihood must agree too."""
        tell("lifetimes")
        home = self.home("lifetimes_script")
        purchases = home / "purchases.parquet"
        with duckdb.connect(str(self.home("dbt") / shop.BUILD), read_only=True) as connection:
            connection.sql(BOUGHT).write_parquet(str(purchases))
            ((own,),) = connection.sql(
                f"select bgnbd_log_likelihood from intermediate.{FIT_MODEL}"
                " where parameter_group = 'all'"
            ).fetchall()
        shop.module("ops.bench.lifetimes_script", purchases, home).run()
        columns = {core.CUSTOMERS: ["repeat_count", "recency_days", "age_days"]}
        agree.check_agreement({DBT: ours, LIFETIMES: home}, columns)
        said = json.loads((home / lifetimes_script.COSTS).read_text(encoding="utf-8"))
        its = said.pop(lifetimes_script.LIKELIHOOD)
        if own is not None and not isclose(own, its, rel_tol=1e-6):
            raise UserError(
                f"The fits disagree: log likelihood {own} by {FIT_MODEL}, {its} by {LIFETIMES}."
            )
        return {name: Cost(**cost) for name, cost in said.items()}

    def whole_build(self) -> Whole:
        """One dbt build into a new file, with every model and data test."""
        tell("the whole dbt build")
        home, costs = self.home("dbt"), self.folder / "nodes.json"
        (home / shop.BUILD).unlink()
        cost = shop.build_by_node(self.raw, home, costs)
        return Whole(cost, **json.loads(costs.read_text(encoding="utf-8")))

    def scaling(self, whole: Cost) -> float:
        """The script's seconds by order, beside those of a tenth of the orders."""
        small = self.orders // 10
        raw, home = self.files(small), self.home("small")
        tell("the script on a tenth of the orders")
        shutil.copy(self.home("dbt") / SEEDED, home / shop.BUILD)
        text = (self.home("script") / script.SCRIPT).read_text(encoding="utf-8")
        (home / script.SCRIPT).write_text(text.replace(str(self.raw), str(raw)), encoding="utf-8")
        cost = shop.module("ops.bench.script", home).run()
        return whole.cpu / cost.cpu * row_count(raw, "orders") / row_count(self.raw, "orders")


def read_costs(folder: Path) -> dict[str, Cost]:
    """What each model of a script took."""
    found = json.loads((folder / script.COSTS).read_text(encoding="utf-8"))
    return {name: Cost(**cost) for name, cost in found.items()}


def row_count(raw: Path, table: str) -> int:
    """The rows of a table's file."""
    ((count,),) = duckdb.execute(
        "select count(*) from read_parquet(?)", [str(raw / f"{table}.parquet")]
    ).fetchall()
    return int(count)


def size(left: Path) -> int:
    """The bytes of a file, or of all files of a folder."""
    files = [left] if left.is_file() else left.glob("*.parquet")
    return sum(path.stat().st_size for path in files)


def tell(what: str) -> None:
    """What is being done; it may take minutes."""
    print(f"  {what}", file=sys.stderr, flush=True)


def totals(results: dict[str, Path]) -> dict[str, object]:
    """The sums that all agree about."""
    folder = results[DBT]
    customers = duckdb.execute(agree.TOTALS, [str(folder / f"{core.CUSTOMERS}.parquet")])
    names = [column[0] for column in customers.description]
    (row,) = customers.fetchall()
    return {
        **dict(zip(names, row, strict=True)),
        "cohort cells": row_count(folder, core.COHORTS),
    }


def run(options: argparse.Namespace, folder: Path) -> Measured:
    """Measure everything; a disagreement stops it."""
    bench = Bench(folder, options.orders, options.orders_per_customer, options.memory_limit)
    contenders = bench.contenders()
    costs = bench.measure(contenders, options.rounds)
    disk = {name: size(contender.left) for name, contender in contenders.items()}
    results = bench.results()
    agree.check_agreement(results)
    lifetimes = bench.lifetimes(results[DBT])
    compared = script.compared_models(bench.models)
    other = combine([cost for name, cost in bench.chain.items() if name not in compared], sum)
    # the script's start is counted with it, as it is with the others
    part = Cost(costs[SCRIPT].cpu - other.cpu, costs[SCRIPT].wall - other.wall, costs[SCRIPT].peak)
    whole = None if options.smoke else bench.whole_build()
    scaling = bench.scaling(costs[SCRIPT]) if options.scaling else None
    return Measured(
        rows={name: row_count(bench.raw, name) for name in ("orders", "events", "customers")},
        rounds=options.rounds,
        totals=totals(results),
        ratios=list(ratios(bench, costs, part, lifetimes, whole, scaling)),
        costs=costs,
        disk=disk,
        floor=FLOOR,
        core=part,
        core_models=len(compared),
        chain=bench.chain,
        whole=whole,
    )


def ratios(
    bench: Bench,
    costs: dict[str, Cost],
    part: Cost,
    lifetimes: dict[str, Cost],
    whole: Whole | None,
    scaling: float | None,
) -> list[Ratio]:
    """What was measured beside what is wanted."""
    floor = costs[FLOOR].cpu
    summary = sum(bench.chain[name].cpu for name in SUMMARY_MODELS)
    found = []
    if whole:
        found.append(Ratio("the whole `dbt build` / floor", whole.cost.cpu / floor, most=6))
    found += [
        Ratio(f"{DBT} / floor", costs[DBT].cpu / floor),
        Ratio("the comparable part / floor", part.cpu / floor),
        Ratio(f"{DBT} / {SCRIPT}", costs[DBT].cpu / costs[SCRIPT].cpu, most=1.3),
        Ratio("pandas / the comparable part", costs[PANDAS].cpu / part.cpu, least=4),
        Ratio("Polars / the comparable part", costs[POLARS].cpu / part.cpu, least=1),
    ]
    if bench.limited in costs:
        limited = costs[bench.limited].cpu / costs[SCRIPT].cpu
        found.append(Ratio(f"{bench.limited} / {SCRIPT}", limited, most=1.2))
    if scaling is not None:
        found.append(
            Ratio("the script / ten times the script on a tenth of the orders", scaling, most=1.1)
        )
    if whole:
        found.append(Ratio("data tests / the whole `dbt build`", whole.share("test"), most=0.3))
    return [
        *found,
        Ratio("lifetimes' summary / ours", lifetimes["summary"].cpu / summary),
        Ratio(
            "lifetimes' fit / ours, which fits amounts too",
            lifetimes["fit"].cpu / bench.chain[FIT_MODEL].cpu,
        ),
    ]


def parser() -> argparse.ArgumentParser:
    """The command line; the Makefile passes ORDERS and SMOKE through."""
    result = argparse.ArgumentParser(
        prog="python -m ops.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--orders", type=int, default=ORDERS)
    result.add_argument("--orders-per-customer", type=float, default=ORDERS_PER_CUSTOMER)
    result.add_argument("--rounds", type=int, default=3)
    result.add_argument(
        "--memory-limit", default="1GB", help="of the script's second turn; '': none"
    )
    result.add_argument("--scaling", action="store_true", help="the script on a tenth as well")
    result.add_argument("--smoke", action="store_true", help="small, once: do they agree?")
    result.add_argument("--folder", type=Path, help="keep the files here; there: use them")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the page, write it; exit code 2 if the contenders disagree."""
    options = parser().parse_args(argv)
    if options.smoke:
        options.orders, options.rounds = SMOKE_ORDERS, 1
        options.memory_limit, options.scaling = "", False
    with tempfile.TemporaryDirectory(dir=ROOT / "warehouse", prefix="bench_") as temporary:
        try:
            measured = run(options, (options.folder or Path(temporary)).resolve())
        except UserError as error:
            print(f"bench: {error}", file=sys.stderr)
            return REFUSED
    if options.smoke:
        said = ", ".join(f"{name} {value:,}" for name, value in measured.totals.items())
        print(f"All contenders agree: {said}.")
        return 0
    text = "\n".join(page(measured)) + "\n"
    print(text)
    written = PAGE if options.orders == ORDERS else PAGE.with_stem(f"{PAGE.stem}_{options.orders}")
    written.write_text(text, encoding="utf-8")
    print(f"Written: {display(written)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
