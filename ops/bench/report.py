"""What was measured, as Markdown: ratios beside their goals, costs, shares, machine, versions."""

import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ops.bench.core import THREADS
from ops.bench.costs import Cost

PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "polars", "pandas", "lifetimes", "numpy", "scipy")
SLOWEST = 15
MORE = """\
The whole build and `dbt run` do much that the other contenders do not: each delivered row is
judged, and what is refused is kept with its reason; rows and money are reconciled; people are
erased by hash; consents, costs, affinities, lifetime value, churn, lifecycle and contactability
are computed. `dbt run` builds customers, segments and cohorts with all that they need, and the SQL
script is what dbt compiled of that. The comparable part is what the script spends on the models
that make what pandas and Polars compute too; those judge every row as well."""


@dataclass(frozen=True)
class Ratio:
    """A measured ratio; a goal is the most it may be, or the least."""

    what: str
    value: float
    most: float | None = None
    least: float | None = None

    def row(self) -> str:
        """Its line of the table."""
        if self.most is not None:
            goal, is_met = f"at most {self.most:g}", self.value <= self.most
        elif self.least is not None:
            goal, is_met = f"at least {self.least:g}", self.value >= self.least
        else:
            return f"| {self.what} | {self.value:,.2f} | | |"
        return f"| {self.what} | {self.value:,.2f} | {goal} | {'met' if is_met else '**missed**'} |"


@dataclass(frozen=True)
class Whole:
    """Processor seconds of one dbt build with every model and data test."""

    cost: Cost
    seconds: Mapping[str, float]
    counts: Mapping[str, int]
    models: Mapping[str, float]

    def share(self, kind: str) -> float:
        """Of all its seconds, those of one kind of node."""
        return self.seconds.get(kind, 0.0) / self.cost.cpu


@dataclass(frozen=True)
class Measured:
    """Everything that the page tells."""

    rows: Mapping[str, int]
    rounds: int
    totals: Mapping[str, object]
    ratios: list[Ratio]
    costs: Mapping[str, Cost]
    disk: Mapping[str, int]
    floor: str
    core: Cost
    core_models: int
    chain: Mapping[str, Cost]
    whole: Whole | None


def page(measured: Measured) -> Iterator[str]:
    """The page, line by line."""
    yield "# Benchmarks"
    yield ""
    yield "Written by `make bench`, every word and figure; another size has a page of its own, as"
    yield "[ten million orders](benchmarks_10000000.md) of a million customers have: `make bench"
    yield "ORDERS=10000000 ORDERS_PER_CUSTOMER=10 ROUNDS=1`, 45 minutes and 30 GB of disk. Seconds"
    yield "are those of the processors, user and system, unless it says otherwise, and so are"
    yield "ratios. They are worth comparing within one run."
    yield ""
    yield from about(measured)
    yield ""
    yield "## Goals"
    yield ""
    yield "| ratio | measured | goal | |"
    yield "|---|---|---|---|"
    yield from (ratio.row() for ratio in measured.ratios)
    yield ""
    yield MORE
    yield ""
    yield "## Contenders"
    yield ""
    yield from contenders(measured)
    yield ""
    yield "## Where the SQL's time goes"
    yield ""
    seconds = {name: cost.cpu for name, cost in measured.chain.items()}
    yield from shares(seconds, "of the script's seconds")
    if measured.whole:
        yield ""
        yield "## The whole build"
        yield ""
        yield from whole_build(measured.whole)


def about(measured: Measured) -> Iterator[str]:
    """What was measured, on what."""
    rows = measured.rows
    counted = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    yield f"- **Data.** The demo shop: {counted}; {rows['orders'] / rows['customers']:.1f} orders a"
    yield "  customer. Ids are strings; some orders were delivered twice; three currencies."
    totals = ", ".join(f"{name} {value:,}" for name, value in measured.totals.items())
    yield f"- **All contenders agree**, for every customer in every column and cell: {totals}."
    yield f"- **Rounds.** {measured.rounds}, all contenders by turns, each a process of its own;"
    yield "  the median counts."
    yield f"- **Machine.** {machine()}"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield f"- **Versions.** Python {platform.python_version()}, {versions}."
    yield f"- **Date.** {datetime.now(UTC).date()}."


def machine() -> str:
    """Processor, cores, memory, system."""
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.+)", facts)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {THREADS} threads"
        f" used, {memory:.0f} GiB, {platform.system()}."
    )


def contenders(measured: Measured) -> Iterator[str]:
    """What each took."""
    floor = measured.costs[measured.floor].cpu
    yield "| | CPU s | by the floor | wall s | peak MB | on disk MB |"
    yield "|---|---|---|---|---|---|"
    for name, cost in measured.costs.items():
        yield cost_row(name, cost, floor, f"{measured.disk[name] / 1e6:,.0f}")
    name = f"of the SQL script, the comparable part ({measured.core_models} models)"
    yield cost_row(name, measured.core, floor, "")
    if measured.whole:
        yield cost_row("`dbt build`, everything, once", measured.whole.cost, floor, "")


def cost_row(name: str, cost: Cost, floor: float, disk: str) -> str:
    """One line of that table."""
    return (
        f"| {name} | {cost.cpu:,.1f} | {cost.cpu / floor:,.1f} | {cost.wall:,.1f}"
        f" | {cost.peak / 1e6:,.0f} | {disk} |"
    )


def shares(seconds: Mapping[str, float], of_what: str) -> Iterator[str]:
    """The names with most seconds, and their share in all of them."""
    total = sum(seconds.values())
    first = sorted(seconds, key=lambda name: -seconds[name])[:SLOWEST]
    together = sum(seconds[name] for name in first) / total
    yield f"The slowest {len(first)} of {len(seconds)} models are {together:.0%} {of_what}."
    yield ""
    yield "| model | CPU s | share |"
    yield "|---|---|---|"
    for name in first:
        yield f"| `{name}` | {seconds[name]:,.2f} | {seconds[name] / total:.1%} |"


def whole_build(whole: Whole) -> Iterator[str]:
    """What kinds of nodes took, and the slowest models."""
    yield "| | nodes | CPU s | share |"
    yield "|---|---|---|---|"
    names = {"model": "models", "test": "data tests", "seed": "seeds", "operation": "hooks"}
    for kind, seconds in sorted(whole.seconds.items(), key=lambda item: -item[1]):
        name, count = names.get(kind, kind), whole.counts[kind]
        yield f"| {name} | {count:,} | {seconds:,.1f} | {whole.share(kind):.0%} |"
    rest = whole.cost.cpu - sum(whole.seconds.values())
    yield f"| dbt itself, before, between and after | | {rest:,.1f} | {rest / whole.cost.cpu:.0%} |"
    yield ""
    yield from shares(whole.models, "of all models' seconds")
