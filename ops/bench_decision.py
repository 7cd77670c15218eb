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
import json
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ops.bench.costs import Cost, combine, cost_of_statements, own_peak
from ops.bench.shop import (
    BUILD,
    POLICY_SEEDS,
    Node,
    dbt,
    models_in_order,
    write_profile,
    write_shop,
)
from ops.demo.buying import BUYERS, PROSPECTS
from ops.demo.parquet import ORDERS_PER_CUSTOMER

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


def prepare(folder: Path, customers: int, memory: str) -> None:
    """Write the shop, seed the policy, build all models; each in a process of its own."""
    raw = folder / "raw"
    write_shop(raw, round(customers * ORDERS_PER_CUSTOMER))
    write_profile(folder, memory_limit=memory)
    dbt(raw, folder, "seed", "--select", POLICY_SEEDS).run()
    with duckdb.connect(str(folder / BUILD)) as connection:
        connection.execute(POLICY, [customers])
    dbt(raw, folder, "run", "--select", "+segment_promotions", "+customers").run()
    (folder / PREPARED).touch()


def decision_models(folder: Path) -> list[Model]:
    """The models of the decision, in an order in which they can be built."""
    chosen = models_in_order(
        folder,
        lambda node: (
            node["original_file_path"].startswith(DECISION_FOLDER) or node["name"] in MARTS
        ),
    )
    return [read_model(folder, node) for node in chosen.values()]


def read_model(folder: Path, node: Node) -> Model:
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
        str(folder / BUILD),
        config={"threads": threads, "memory_limit": memory},
    )
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_profiling = 'no_output'")
    connection.execute(f"set custom_profiling_settings = '{json.dumps({SPILLED: 'true'})}'")
    return connection


def measure(
    connection: duckdb.DuckDBPyConnection, models: Sequence[Model], rounds: int
) -> dict[str, Cost]:
    """The median cost of each model and floor over the rounds, in which all take their turn."""
    columns = connection.execute("describe marts.customers").fetchall()
    largest = ", ".join(f"max({name})" for name, *_ in columns)
    found: dict[str, list[Cost]] = defaultdict(list)
    for _ in range(rounds):
        for _ in range(3):
            found[SCAN].append(
                cost_of_statements(connection, f"select {largest} from marts.customers")
            )
        found[BARE_LOG].append(cost_of_statements(connection, FLOORS))
        connection.execute("drop table floor.log")
        for model in models:
            found[model.name].append(cost_of_statements(connection, model.statements))
    return {name: combine(costs, statistics.median) for name, costs in found.items()}


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
        peak = own_peak()
        dbt(folder / "raw", folder, "test", "--select", "assert_decisions_reconcile").run()
    print("\n".join(table_lines(models, costs, rows)))
    print(
        f"Threads {options.threads}, memory_limit {options.memory}: the process held at most"
        f" {peak / 1e6:,.0f} MB, {told[SPILLED.lower()] / 1e6:,.0f} MB were put on disk."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
