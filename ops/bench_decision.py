"""Measure what a night's decision about promotions costs, as a ratio to a scan of the customers.

    python -m ops.bench_decision                          100,000 customers: a log of 6 million rows
    python -m ops.bench_decision --customers 1000000 --rounds 1
    python -m ops.bench_decision --smoke                  2,000 customers: are all rows there?

A demo shop of that size is written and built once, with a policy made of the shipped one: its
first 20 promotions, each on every enabled channel, budgets grown with the customers. Then the
models of the decision are built again and again by dbt's own statements, in one DuckDB connection
with bounded memory, by turns with two floors: the scan reads every column of mart customers, and
the bare log writes customers x promotions x channels with the columns of customer_promotions, and
nothing decided.
"""

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import yaml

from ops.build import gather_vars
from ops.build import parser as build_parser
from ops.demo.books import LAST_DAY
from ops.demo.buying import BUYERS, PROSPECTS
from ops.demo.parquet import ORDERS_PER_CUSTOMER
from ops.project import ROOT, project_vars

PREPARED = "prepared"
PROMOTIONS = 20
DECISION_FOLDER = "models/intermediate/promotions"
LOG = "customer_promotions"
MARTS = (LOG, "promotion_outcomes", "segment_promotions")
SCAN, BARE_LOG = "scan of the customers", "bare log"
SPILLED = "SYSTEM_PEAK_TEMP_DIR_SIZE"

POLICY = f"""
delete from policy.promotions where promotion_id not in (
    select promotion_id from policy.promotions order by rowid limit {PROMOTIONS}
);
delete from policy.promotion_channels;
insert into policy.promotion_channels
select promotion_id, channel, promotion_id || '_' || channel
from policy.promotions
cross join policy.channels
where is_enabled;
update policy.budgets set budget_amount = budget_amount * ? / {BUYERS + PROSPECTS};
"""

FLOORS = f"""
create schema if not exists floor;
create or replace table floor.log as from marts.{LOG} limit 0;
insert into floor.log by name
select
    customer_id, promotions.promotion_id, channel, as_of_date, segment, 'not_targeted' as reason,
    false as is_selected, false as would_be_selected, message_key, content_key
from marts.customers
cross join policy.promotions
inner join policy.promotion_channels
    on promotions.promotion_id = promotion_channels.promotion_id;
"""


@dataclass(frozen=True)
class Model:
    """A model of the decision: the part it belongs to, where it is built, and dbt's statements."""

    name: str
    part: str
    table: str
    statements: str


@dataclass(frozen=True)
class Cost:
    """What one run took, in seconds."""

    cpu: float
    wall: float


def prepare(folder: Path, customers: int, memory: str) -> None:
    """Write the shop, seed the policy, build all models; each in a process of its own."""
    raw = folder / "raw"
    orders = str(round(customers * ORDERS_PER_CUSTOMER))
    shop = [sys.executable, "-m", "ops.demo_shop", "--orders", orders, "--out", str(raw)]
    subprocess.run(shop, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    profile = yaml.safe_load((ROOT / "profiles.yml.example").read_text(encoding="utf-8"))
    profile["lifetime_segments"]["outputs"]["duckdb"]["settings"]["memory_limit"] = memory
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    run_dbt(folder, "seed", "--select", "path:seeds/policy")
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        connection.execute(POLICY, [customers])
    run_dbt(folder, "run", "--select", "+segment_promotions", "+customers")
    (folder / PREPARED).touch()


def run_dbt(folder: Path, *arguments: str) -> None:
    """Run dbt on the shop in this folder."""
    words = ["--raw", str(folder / "raw"), "--as-of", LAST_DAY.isoformat()]
    with contextlib.redirect_stdout(None):  # which tables were found is no news here
        variables = gather_vars(build_parser().parse_args(words))
    variables = project_vars()["demo_settings"] | variables
    dbt = str(Path(sys.executable).with_name("dbt"))
    places = ["--project-dir", str(ROOT), "--profiles-dir", str(folder)]
    places += ["--target-path", str(folder), "--log-path", str(folder)]
    environment = {**os.environ, "LIFETIME_BUILD_PATH": str(folder / "build.duckdb")}
    command = [dbt, *arguments, *places, "--quiet", "--vars", json.dumps(variables)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def decision_models(folder: Path) -> list[Model]:
    """The models of the decision, in an order in which they can be built."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    chosen: dict[str, dict[str, Any]] = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and (node["original_file_path"].startswith(DECISION_FOLDER) or node["name"] in MARTS)
    }
    order = TopologicalSorter({key: chosen[key]["depends_on"]["nodes"] for key in chosen})
    return [read_model(folder, chosen[key]) for key in order.static_order() if key in chosen]


def read_model(folder: Path, node: dict[str, Any]) -> Model:
    """A model with the statements that dbt ran; they build a copy and swap it in."""
    path = Path(node["original_file_path"])
    run = folder / "run" / node["package_name"] / path
    text = run.read_text(encoding="utf-8").replace("__dbt_tmp", "")
    part = node["name"] if node["name"] in MARTS else path.parent.name
    kind = "view" if node["config"]["materialized"] == "view" else "table"
    table = f"{node['schema']}.{node['name']}"
    return Model(node["name"], part, table, f"drop {kind} if exists {table} cascade;{text}")


def connect(folder: Path, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    """The build file, with bounded memory; statements tell what has been put on disk so far."""
    connection = duckdb.connect(
        str(folder / "build.duckdb"),
        config={"threads": threads, "memory_limit": memory},
    )
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_profiling = 'no_output'")
    connection.execute(f"set custom_profiling_settings = '{json.dumps({SPILLED: 'true'})}'")
    return connection


def cost_of(connection: duckdb.DuckDBPyConnection, statements: str) -> Cost:
    """Run statements once and say what they took."""
    wall, cpu = time.perf_counter(), time.process_time()
    connection.execute(statements).fetchall()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def measure(
    connection: duckdb.DuckDBPyConnection, models: Sequence[Model], rounds: int
) -> dict[str, Cost]:
    """The median cost of each model and floor over the rounds, in which all take their turn."""
    columns = connection.execute("describe marts.customers").fetchall()
    largest = ", ".join(f"max({name})" for name, *_ in columns)
    found: dict[str, list[Cost]] = defaultdict(list)
    for _ in range(rounds):
        for _ in range(3):
            found[SCAN].append(cost_of(connection, f"select {largest} from marts.customers"))
        found[BARE_LOG].append(cost_of(connection, FLOORS))
        connection.execute("drop table floor.log")
        for model in models:
            found[model.name].append(cost_of(connection, model.statements))
    return {name: combine(costs, statistics.median) for name, costs in found.items()}


def combine(costs: Sequence[Cost], how: Callable[[Iterable[float]], float]) -> Cost:
    """One cost for several: the sum of models, the median of rounds."""
    return Cost(how(cost.cpu for cost in costs), how(cost.wall for cost in costs))


def table_lines(
    models: Sequence[Model], costs: dict[str, Cost], rows: dict[str, int]
) -> Iterator[str]:
    """The floors, the parts of the decision and the models that cost most, beside the scan."""
    parts: dict[str, list[Model]] = defaultdict(list)
    for model in models:
        parts[model.part].append(model)
    scan = costs[SCAN].cpu
    whole = combine([costs[model.name] for model in models], sum)

    def line(name: str, cost: Cost, row_count: int | None) -> str:
        count = "" if row_count is None else f"{row_count:,}"
        return (
            f"| {name} | {count} | {cost.cpu:.2f} s | {cost.wall:.2f} s"
            f" | {cost.cpu / scan:,.1f} | {cost.cpu / costs[BARE_LOG].cpu:,.2f} |"
        )

    yield "| | rows | CPU | wall | by the scan | by the bare log |"
    yield "|---|---|---|---|---|---|"
    yield line(SCAN, costs[SCAN], rows["customers"])
    yield line(BARE_LOG, costs[BARE_LOG], rows[LOG])
    yield line("**the decision**", whole, None)
    for part, members in parts.items():
        if len(members) == 1:
            yield line(f"`{part}`", costs[members[0].name], rows[part])
            continue
        together = combine([costs[model.name] for model in members], sum)
        yield line(f"{part}, {len(members)} models", together, None)
        members.sort(key=lambda model: -costs[model.name].cpu)
        for model in members:
            if costs[model.name].cpu >= whole.cpu / 100:
                yield line(f"  `{model.name}`", costs[model.name], rows[model.name])


def check_log(connection: duckdb.DuckDBPyConnection, rows: dict[str, int]) -> None:
    """Each customer is there once for each promotion and channel."""
    found = connection.execute("select count(*) from policy.promotion_channels").fetchall()
    expected = rows["customers"] * found[0][0]
    if rows[LOG] != expected:
        raise SystemExit(f"The log has {rows[LOG]:,} rows, not {expected:,}.")


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare a shop, measure its decision, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.bench_decision",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3, help="how often each model is built")
    # one by default: while others work, the client's own thread waits busily, and that is no work
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory", default="4GB", help="memory_limit of DuckDB")
    parser.add_argument("--folder", type=Path, help="keep shop and build here; there: use them")
    parser.add_argument("--smoke", action="store_true", help="2,000 customers, one round")
    options = parser.parse_args(argv)
    customers, rounds = (2_000, 1) if options.smoke else (options.customers, options.rounds)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        if not (folder / PREPARED).exists():
            prepare(folder, customers, options.memory)
        models = decision_models(folder)
        with connect(folder, options.memory, options.threads) as connection:
            costs = measure(connection, models, rounds)
            tables = {model.name: model.table for model in models} | {
                "customers": "marts.customers"
            }
            rows = {
                name: connection.execute(f"select count(*) from {table}").fetchall()[0][0]
                for name, table in tables.items()
            }
            check_log(connection, rows)
            # every statement that reads rows tells the mark of the whole connection
            connection.execute("select max(promotion_id) from policy.promotions").fetchall()
            told = json.loads(connection.get_profiling_information("json"))
        # Linux counts in kilobytes
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        run_dbt(folder, "test", "--select", "assert_decisions_reconcile")
    print("\n".join(table_lines(models, costs, rows)))
    print(
        f"Threads {options.threads}, memory_limit {options.memory}: the process held at most"
        f" {peak / 1e6:,.0f} MB, {told[SPILLED.lower()] / 1e6:,.0f} MB were put on disk."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
