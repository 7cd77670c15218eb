"""Measure whether "did it work?" is honest: nothing found where nothing is, and found what is.

    python -m ops.bench_lift                # 2,000 simulated promotions a cell, half a minute
    python -m ops.bench_lift --smoke        # 300

People are drawn with fixed seeds, their sums take the place of int_experiment_moments, and the
project's own compiled SQL judges them, all promotions of a part in one run. Each cell of the
tables is a share of promotions, with its goal beside or below; docs/lift_honesty.md reads them. The
exit code is 1 where a share is further from its goal than chance takes it.
"""

import argparse
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from ops.project import ROOT

Array = npt.NDArray[Any]

SEED = 20261125
PROMOTIONS, SMOKE_PROMOTIONS = 2_000, 300
CHAIN = (
    "int_experiment_plan",
    "int_experiment_balance",
    "int_lift_comparisons",
    "int_lift_means",
    "int_lift_effects",
    "int_lift_adjusted",
    "int_lift_stratified",
    "int_lift_detectable",
    "int_lift_decisive",
    "int_lift_verdicts",
)
FIXED = ("int_lift_comparisons", "int_lift_means", "int_lift_effects")
ADJUSTED = ("int_lift_adjusted", "int_lift_stratified")
POLICY = ("lift_metrics", "lift_policies")
SUMS = ("outcome_sum", "outcome_square_sum", "earlier_sum", "earlier_square_sum", "product_sum")
OUTCOME = ("event_count", "outcome_sum", "outcome_square_sum")
MOMENTS = ("customer_count", "event_count", *SUMS)

# who buys in four weeks, segment by segment, and who they are; about 20 % of all
SHARES, RATES = (0.4, 0.3, 0.2, 0.1), (0.10, 0.18, 0.28, 0.46)
# within a segment some buy nine times as often as others, before as after
KEENNESS = (0.2, 1.8)
# logarithm of an order's amount: segment by segment, between people, between their orders
AMOUNTS, PERSONAL, OCCASIONAL = (3.7, 3.9, 4.1, 4.4), 0.5, 0.8
EFFECT = 1.2  # on the rate of buying
BATCH = 50  # promotions whose people are in memory at once
LOOKS, PEOPLE_A_LOOK = 28, 200
BASE_RATE = 0.05
COVERAGE = "promotions"
FAMILIES = "nothing happens, arms of 2,000, all 12 metrics: verdicts"
POWER = "as much happens as is stated to be detectable"
SMALL = "nothing happens, 95 % treated: p < .05 by buyers in the control"
GAINS = "`net_revenue`, sigma 1.5"
CHANCE = 3  # standard deviations that one run's luck may take a share past its goal


@dataclass(frozen=True)
class Figure:
    """A cell of a table: in how many of the promotions, and in how many it should be."""

    table: str
    row: str
    column: str
    hits: int
    trials: int
    lowest: float | None = None
    highest: float | None = None

    @property
    def share(self) -> float:
        return self.hits / self.trials

    def is_within(self, deviations: float = 0) -> bool:
        """Whether the share keeps its goal, give or take so many standard deviations of chance."""

        def slack(goal: float) -> float:
            return deviations * float(np.sqrt(goal * (1 - goal) / self.trials)) + 1e-12

        low, high = self.lowest, self.highest
        return (low is None or self.share >= low - slack(low)) and (
            high is None or self.share <= high + slack(high)
        )

    @property
    def goal(self) -> str:
        if self.lowest is not None and self.highest is not None:
            return f"{100 * self.lowest:g} to {self.highest:.0%}"
        return f"at most {self.highest:.0%}" if self.highest is not None else ""

    def __str__(self) -> str:
        kept = self.is_within()
        chance = " (chance)" if self.is_within(CHANCE) else " **missed**"
        return f"{self.share:.1%}" + ("" if kept else chance)


def lines(figures: Sequence[Figure]) -> Iterator[str]:
    """The tables; goals stand below the columns of the first and beside the rows of others."""
    for table in dict.fromkeys(figure.table for figure in figures):
        cells = [figure for figure in figures if figure.table == table]
        columns = list(dict.fromkeys(cell.column for cell in cells))
        is_below = table == COVERAGE
        has_goals = any(cell.goal for cell in cells)
        is_beside = has_goals and not is_below
        head = [table, *columns, *(["goal"] if is_beside else [])]
        yield ""
        yield f"| {' | '.join(head)} |"
        yield "|---" * len(head) + "|"
        for row in dict.fromkeys(cell.row for cell in cells):
            found = {cell.column: cell for cell in cells if cell.row == row}
            told = [str(found.get(column, "")) for column in columns]
            goals = [next((cell.goal for cell in found.values() if cell.goal), "none")]
            yield f"| {' | '.join([row, *told, *(goals if is_beside else [])])} |"
        if is_below:
            goals = [
                next((cell.goal for cell in cells if cell.column == column and cell.goal), "")
                for column in columns
            ]
            yield f"| goal | {' | '.join(goals)} |"


def compile_models(folder: Path) -> dict[str, str]:
    """The SQL of the models as dbt would run it in a file called build."""
    from dbt.cli.main import dbtRunner

    from ops.dbt_run import release_build

    os.environ["LIFETIME_BUILD_PATH"] = str(folder / "build.duckdb")
    places = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
    places += ["--target-path", str(folder), "--log-path", str(folder), "--log-level", "none"]
    answer = dbtRunner().invoke(["compile", "--select", *CHAIN, *places])
    release_build()
    if not answer.success:
        raise SystemExit(f"The models do not compile: {answer.exception}")
    return {
        path.stem: path.read_text(encoding="utf-8")
        for path in folder.glob("compiled/**/outcomes/*.sql")
    }


@contextmanager
def judged(
    statements: Mapping[str, str],
    moments: pd.DataFrame,
    models: Sequence[str] = CHAIN,
    is_planned: bool = False,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in which these models judged these sums, by the general row of the policy.

    Outcomes are those of the metrics that are there. All days are over; if it is planned, the arms
    were to be equally large.
    """
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("attach ':memory:' as build")
        connection.execute("create schema build.policy; create schema build.intermediate")
        for name in POLICY:
            path = ROOT / "seeds" / "policy" / f"{name}.csv"
            connection.execute(f"create table build.policy.{name} as from read_csv('{path}')")
        connection.register("given", moments)
        connection.execute(
            """
            use build.intermediate;
            create table int_experiment_moments as from given;
            delete from build.policy.lift_metrics
            where metric not in (select metric from int_experiment_moments);
            create table int_experiment_counts as
            select
                experiment_key, segment, arm, is_control, max(customer_count) as customer_count,
                max(customer_count) as assigned_count, max(customer_count) as complete_count,
                null::bigint as held_out_count
            from int_experiment_moments
            group by all;
            create table int_experiments as
            select distinct
                experiment_key, 'p' || experiment_key as promotion_id, 'delivered' as draw,
                policies.* exclude (promotion_id)
            from int_experiment_moments
            cross join build.policy.lift_policies as policies
            where policies.promotion_id = 'any';
            create table build.policy.planned_arms as
            select promotion_id, arm, 0.5 as planned_share
            from int_experiments
            cross join (values ('treatment'), ('control')) as arms (arm)
            """
            + ("" if is_planned else "where false")
        )
        for name in models:
            connection.execute(f"create table {name} as {statements[name]}")
        yield connection


def counted(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    """The numbers of a query's only row."""
    (row,) = connection.execute(query).fetchall()
    return tuple(int(value or 0) for value in row)


# -- people ---------------------------------------------------------------------------------------


def mean_revenue(effect: float = 1) -> float:
    """Revenue that is expected of a person of `outcomes`."""
    spread = (PERSONAL**2 + OCCASIONAL**2) / 2
    segments = zip(SHARES, RATES, AMOUNTS, strict=True)
    orders = effect * 1.3
    return orders * sum(share * rate * math.exp(mu + spread) for share, rate, mu in segments)


def outcomes(
    random: np.random.Generator, people: int, treated: Array, effect: float
) -> tuple[Array, dict[str, tuple[Array, Array, Array]]]:
    """The segment of each person, and by metric the outcome, the same before, and the event."""
    segment = random.choice(len(SHARES), people, p=SHARES)
    chance = np.asarray(RATES)[segment] * random.choice(KEENNESS, people)
    taste = np.asarray(AMOUNTS)[segment] + PERSONAL * random.standard_normal(people)

    def period(factor: Array | float) -> tuple[Array, Array, Array]:
        bought = (random.random(people) < chance * factor).astype(float)
        orders = bought * (1 + random.poisson(0.3, people))
        amount = np.exp(taste + OCCASIONAL * random.standard_normal(people))
        return bought, orders, np.round(orders * amount, 2)

    before, orders_before, revenue_before = period(1)
    bought, orders, revenue = period(np.where(treated, effect, 1.0))
    later, _, later_revenue = period(1)
    known = (random.random(people) < 0.7).astype(float)
    margin = np.round(revenue * random.uniform(0.2, 0.5, people), 2)
    margin_before = np.round(revenue_before * 0.35, 2)
    net_margin = margin - 0.02 - 5 * bought * (1 - known)
    future = np.round(chance * np.exp(taste + OCCASIONAL**2 / 2) * (8 + 3 * bought), 2)
    none = np.zeros(people)

    def chance_of(rate: float) -> Array:
        return (random.random(people) < rate).astype(float)

    visit, visit_before = np.maximum(bought, chance_of(0.4)), np.maximum(before, chance_of(0.4))
    unsubscribe, complaint = chance_of(0.02), chance_of(0.01)
    return segment, {
        "visit": (visit, visit_before, visit),
        "purchase": (bought, before, bought),
        "order_count": (orders, orders_before, bought),
        "repeat_purchase": (bought * known, before * known, bought * known),
        "net_revenue": (revenue, revenue_before, bought),
        "margin": (margin, margin_before, bought),
        "net_margin": (net_margin, margin_before, bought),
        "later_purchase": (later, before, later),
        "later_net_margin": (np.round(later_revenue * 0.35, 2), margin_before, later),
        "future_value": (future, revenue_before, bought),
        "unsubscribe": (unsubscribe, none, unsubscribe),
        "complaint": (complaint, none, complaint),
    }


def promotions(
    seed: int,
    count: int,
    people: int,
    metrics: Sequence[str] | None = None,
    effect: float = 1,
) -> pd.DataFrame:
    """Sums of promotions with so many people, each of whom was put in an arm by a coin."""
    random = np.random.default_rng(seed)
    found: list[pd.DataFrame] = []
    for first in range(0, count, BATCH):
        batch = min(BATCH, count - first)
        promotion = np.repeat(np.arange(batch), people)
        treated = random.random(batch * people) < 0.5
        segment, measures = outcomes(random, batch * people, treated, effect)
        cell = (promotion * len(SHARES) + segment) * 2 + treated
        shape = (batch, len(SHARES), 2)

        def sums(values: Array | None, cell: Any = cell, shape: Any = shape) -> Array:
            parts = np.bincount(cell, values, minlength=int(np.prod(shape))).reshape(shape)
            # all segments together stand last
            return np.concatenate([parts, parts.sum(axis=1, keepdims=True)], axis=1).ravel()

        size = batch * (len(SHARES) + 1) * 2
        arm = np.tile(["control", "treatment"], size // 2)
        names = [f"segment {number}" for number in range(len(SHARES))] + ["all"]
        for metric in metrics or measures:
            y, x, event = measures[metric]
            columns = (None, event, y, y * y, x, x * x, x * y)
            found.append(
                pd.DataFrame(
                    {
                        "experiment_key": np.repeat(np.arange(first, first + batch), size // batch),
                        "segment": np.tile(np.repeat(names, 2), batch),
                        "metric": metric,
                        "arm": arm,
                        "is_control": arm == "control",
                        **{
                            name: sums(values)
                            for name, values in zip(MOMENTS, columns, strict=True)
                        },
                    }
                )
            )
    return typed(pd.concat(found, ignore_index=True))


def arms(metric: str, **sums: tuple[Array, Array]) -> pd.DataFrame:
    """One experiment an element of control and treatment; sums that are not given are 0."""
    count = len(sums["customer_count"][0])
    parts = [
        pd.DataFrame(
            {
                "experiment_key": np.arange(count),
                "segment": "all",
                "metric": metric,
                "arm": arm,
                "is_control": arm == "control",
                **{name: np.zeros(count) for name in MOMENTS},
                **{name: values[position] for name, values in sums.items()},
            }
        )
        for position, arm in enumerate(("control", "treatment"))
    ]
    return typed(pd.concat(parts, ignore_index=True))


def typed(moments: pd.DataFrame) -> pd.DataFrame:
    """Counts as whole numbers."""
    return moments.astype({"customer_count": np.int64, "event_count": np.int64})


def rates(
    seed: int,
    people: tuple[int, int],
    chances: tuple[float, float],
    count: int,
    metric: str = "purchase",
) -> pd.DataFrame:
    """Experiments about a rate: control, treatment."""
    random = np.random.default_rng(seed)
    bought = [random.binomial(n, p, count) for n, p in zip(people, chances, strict=True)]
    events = (bought[0], bought[1])
    sizes = (np.full(count, people[0]), np.full(count, people[1]))
    return arms(
        metric,
        customer_count=sizes,
        event_count=events,
        outcome_sum=events,
        outcome_square_sum=events,
    )


def spending(
    random: np.random.Generator, people: int, count: int, spread: float, more: float = 0
) -> tuple[Array, Array, Array]:
    """Buyers, revenue and its squares of groups in which a fifth buys, with lognormal amounts.

    `more` is added for each person, buyer or not.
    """
    buyers = random.binomial(people, 0.2, count)
    amounts = np.exp(spread * random.standard_normal(int(buyers.sum())))
    group = np.repeat(np.arange(count), buyers)
    total = np.bincount(group, amounts, minlength=count)
    squares = np.bincount(group, amounts * amounts, minlength=count)
    return buyers, total + people * more, squares + 2 * more * total + people * more * more


def revenues(
    seed: int, people: tuple[int, int], count: int, spread: float, more: float = 0
) -> pd.DataFrame:
    """Experiments about skewed revenue: control, treatment."""
    random = np.random.default_rng(seed)
    control = spending(random, people[0], count, spread)
    treated = spending(random, people[1], count, spread, more)
    return arms(
        "net_revenue",
        customer_count=(np.full(count, people[0]), np.full(count, people[1])),
        **{name: (control[place], treated[place]) for place, name in enumerate(OUTCOME)},
    )


# -- the five parts -------------------------------------------------------------------------------


def whole(statements: Mapping[str, str], count: int) -> list[Figure]:
    """Parts 1 and 5: people with a past, all metrics, segments, arms by a coin."""
    found: list[Figure] = []
    with judged(statements, promotions(SEED + 1, count, 4_000), is_planned=True) as connection:
        found += coverage(connection, "nothing happens, 392 buyers an arm", 0, 0, count)
        family = """
            select count(distinct experiment_key) filter ({}) from int_lift_verdicts
            inner join build.policy.lift_metrics using (metric)
        """
        said = "verdict in ('works', 'harms') and segment"
        for name, condition, most in (
            ("any goal said to work or harm", f"{said} = 'all' and not is_guardrail", 0.05),
            ("any guardrail said to work or harm", f"{said} = 'all' and is_guardrail", 0.05),
            ("any goal of any segment", f"{said} != 'all' and not is_guardrail", 0.05),
            ("called a broken assignment", "verdict = 'broken assignment'", 0.01),
            ("any goal with p < .05, uncorrected",
             "decisive_p_value < 0.05 and segment = 'all' and not is_guardrail", None),
        ):  # fmt: skip
            (hits,) = counted(connection, family.format("where " + condition))
            found.append(Figure(FAMILIES, name, "of the promotions", hits, count, None, most))
    metrics = ("purchase", "net_revenue")
    moments = promotions(SEED + 4, count, 1_200, metrics)
    with judged(statements, moments, is_planned=True) as connection:
        found += coverage(connection, "nothing happens, 118 buyers an arm", 0, 0, count)
    bought = sum(share * rate for share, rate in zip(SHARES, RATES, strict=True)) * (EFFECT - 1)
    spent = mean_revenue(EFFECT) - mean_revenue()
    moments = promotions(SEED + 2, count, 4_000, metrics, EFFECT)
    with judged(statements, moments, is_planned=True) as connection:
        found += coverage(connection, f"{EFFECT - 1:.0%} more buy", bought, spent, count)
    return found


def coverage(
    connection: duckdb.DuckDBPyConnection, part: str, bought: float, spent: float, count: int
) -> list[Figure]:
    """How often p is below .05, and intervals hold the truth, of a rate and of revenue."""
    found: list[Figure] = []
    for metric, truth in (("purchase", bought), ("net_revenue", spent)):
        hits = counted(
            connection,
            f"""
            select
                count(*) filter (where p_value < 0.05),
                count(*) filter (where {truth} between difference_lower and difference_upper),
                count(*) filter (where {truth} between newcombe_lower and newcombe_upper),
                count(*) filter (where adjusted_p_value < 0.05),
                count(*) filter (where {truth} between adjusted_lower and adjusted_upper),
                count(*) filter (where {truth} between stratified_lower and stratified_upper)
            from int_lift_effects
            inner join int_lift_adjusted using (experiment_key, segment, arm, metric)
            inner join int_lift_stratified using (experiment_key, arm, metric)
            where metric = '{metric}' and segment = 'all'
            """,
        )
        is_null = truth == 0
        for name, number in zip(
            ("p < .05", "interval holds the truth", "Newcombe's",
             "p < .05, CUPED", "CUPED's", "stratified"), hits, strict=True,
        ):  # fmt: skip
            if name.startswith("Newcombe") and metric != "purchase":
                continue
            low: float | None
            high: float | None
            low, high = (0.03, 0.07) if name.startswith("p <") else (0.93, 0.97)
            if name.startswith("p <") and not is_null:
                low = high = None
            found.append(Figure(COVERAGE, f"{part}: `{metric}`", name, number, count, low, high))
    return found


def peeking(statements: Mapping[str, str], count: int) -> list[Figure]:
    """Part 2: people come day by day, and somebody looks every day; nothing happens."""
    random = np.random.default_rng(SEED + 3)
    shape = (count, LOOKS)
    sums = []
    for _ in range(2):
        drawn = spending(random, PEOPLE_A_LOOK // 2, count * LOOKS, 1)
        sums.append([values.reshape(shape).cumsum(axis=1).ravel() for values in drawn])
    people = np.tile(PEOPLE_A_LOOK // 2 * np.arange(1, LOOKS + 1), count)
    money = {
        name: (one, other) for name, one, other in zip(OUTCOME, sums[0], sums[1], strict=True)
    } | {"customer_count": (people, people)}
    rate = dict.fromkeys(OUTCOME, money["event_count"]) | {"customer_count": (people, people)}
    found: list[Figure] = []
    for metric, columns in (("purchase", rate), ("net_revenue", money)):
        models = (*FIXED, "int_lift_detectable")
        with judged(statements, arms(metric, **columns), models) as connection:
            hits = counted(
                connection,
                f"""
                with looks as (
                    select
                        experiment_key // {LOOKS} as promotion,
                        experiment_key % {LOOKS} = {LOOKS - 1} as is_last,
                        least(x1, x0) >= 100 as is_large,
                        always_valid_lower > 0 or always_valid_upper < 0 as is_outside,
                        p_value < 0.05 as is_significant
                    from int_lift_detectable
                    inner join int_lift_effects using (experiment_key, segment, arm, metric)
                    inner join int_lift_comparisons using (experiment_key, segment, arm, metric)
                ),

                promotions as (
                    select
                        bool_or(is_outside) as ever_outside,
                        bool_or(is_outside and is_large) as ever_outside_large,
                        bool_or(case when is_last then is_significant else is_outside end
                            and is_large) as ever_said,
                        bool_or(is_significant) as ever_significant,
                        bool_or(is_significant and is_large) as ever_significant_large
                    from looks
                    group by promotion
                )

                select
                    count(*) filter (where ever_outside),
                    count(*) filter (where ever_outside_large),
                    count(*) filter (where ever_said),
                    count(*) filter (where ever_significant),
                    count(*) filter (where ever_significant_large)
                from promotions
                """,
            )
        for (name, most), number in zip(
            (("always-valid interval leaves 0 out", 0.05),
             ("the same, from 100 buyers an arm on", 0.05),
             ("the rule: always-valid until the last look, p then", None),
             ("p < .05", None), ("p < .05, from 100 buyers an arm on", None)), hits, strict=True,
        ):  # fmt: skip
            part = f"nothing happens, at any of {LOOKS} looks"
            found.append(Figure(part, name, f"`{metric}`", number, count, None, most))
    return found


def detectable(statements: Mapping[str, str], moments: pd.DataFrame) -> float:
    """The minimum detectable effect that the models state for one experiment."""
    with judged(statements, moments, (*FIXED, "int_lift_detectable")) as connection:
        row = connection.sql("select minimum_detectable_effect from int_lift_detectable").fetchone()
    assert row is not None
    return float(row[0])


def significant(statements: Mapping[str, str], moments: pd.DataFrame, is_gain: bool) -> int:
    """The experiments with p < .05; a gain has to be found as one."""
    condition = "p_value < 0.05" + (" and difference > 0" if is_gain else "")
    with judged(statements, moments, FIXED) as connection:
        (hits,) = counted(
            connection, f"select count(*) filter (where {condition}) from int_lift_effects"
        )
    return hits


def power(statements: Mapping[str, str], count: int) -> list[Figure]:
    """Part 3: a change as large as the one that is stated to be found in four of five."""
    found: list[Figure] = []
    textbook = 0.0280159  # (1.96 + .84) sqrt(p (1 - p) (1/n1 + 1/n0)) of 500 against 9,500
    for position, (people, goal) in enumerate(
        (((500, 9_500), True), ((5_000, 5_000), True), ((500, 9_500), False))
    ):
        sizes, events = (
            [np.asarray([n]) for n in people],
            [np.asarray([BASE_RATE * n]) for n in people],
        )
        exact = arms(
            "purchase",
            customer_count=(sizes[0], sizes[1]),
            **dict.fromkeys(
                ("event_count", "outcome_sum", "outcome_square_sum"), (events[0], events[1])
            ),
        )
        effect = detectable(statements, exact) if goal else textbook
        moments = rates(SEED + 10 + position, people, (BASE_RATE, BASE_RATE + effect), count)
        hits = significant(statements, moments, is_gain=True)
        name = f"rate .05, {people[1]:,} against {people[0]:,}: +{effect:.4f}"
        low, high = (0.76, 0.84) if goal else (None, None)
        found.append(
            Figure(
                POWER, name + ("" if goal else ", the textbook's"), "found", hits, count, low, high
            )
        )
    for position, sized in enumerate(((2_000, 2_000), (2_000, 18_000))):
        # what the whole population says: mean and variance of a fifth with lognormal amounts
        mean, square = 0.2 * np.exp(0.5), 0.2 * np.exp(2)
        both = [np.asarray([float(n)]) for n in sized]
        exact = arms(
            "net_revenue",
            customer_count=(both[0], both[1]),
            outcome_sum=(both[0] * mean, both[1] * mean),
            outcome_square_sum=(both[0] * square, both[1] * square),
        )
        effect = detectable(statements, exact)
        moments = revenues(SEED + 20 + position, sized, count, 1, effect)
        hits = significant(statements, moments, is_gain=True)
        name = f"revenue {mean:.2f}, {sized[1]:,} against {sized[0]:,}: +{effect:.4f}"
        found.append(Figure(POWER, name, "found", hits, count, 0.76, 0.84))
    return found


def small(statements: Mapping[str, str], count: int) -> list[Figure]:
    """Part 4: nothing happens, 19 treated for a control; how wrong is p where buyers are few?"""
    found: list[Figure] = []
    gains: list[Figure] = []
    for position, buyers in enumerate((25, 50, 100, 200, 400)):
        people = (buyers * 5, buyers * 5 * 19)
        seed = SEED + 30 + position * 4
        drawn = {"`purchase`": rates(seed, people, (0.2, 0.2), count)}
        for step, spread in enumerate((1.0, 1.5, 2.0), start=1):
            name = f"`net_revenue`, sigma {spread:g}"
            drawn[name] = revenues(seed + step, people, count, spread)
        for name, moments in drawn.items():
            hits = significant(statements, moments, is_gain=False)
            found.append(Figure(SMALL, f"{buyers}", name, hits, count))
            hits = significant(statements, moments, is_gain=True)
            gains.append(Figure(SMALL, f"{buyers}", f"{name}: as a gain", hits, count))
    return found + [gain for gain in gains if gain.column.startswith(GAINS)]


def guardrails(statements: Mapping[str, str], count: int) -> list[Figure]:
    """Part 5 again: guardrails as few as the policy admits, in ten times as many promotions."""
    count *= 10
    found: list[Figure] = []
    for position, people in enumerate(((2_000, 2_000), (500, 9_500))):
        drawn = [
            rates(SEED + 60 + 2 * position + step, people, (rate, rate), count, metric)
            for step, (metric, rate) in enumerate((("unsubscribe", 0.02), ("complaint", 0.01)))
        ]
        models = [
            name for name in CHAIN if name not in ("int_lift_adjusted", "int_lift_stratified")
        ]
        with judged(statements, pd.concat(drawn), models) as connection:
            (hits,) = counted(
                connection,
                "select count(distinct experiment_key) from int_lift_verdicts"
                " where verdict in ('works', 'harms')",
            )
        name = f"any guardrail, {people[1]:,} against {people[0]:,}, {count:,} promotions"
        found.append(Figure(FAMILIES, name, "of the promotions", hits, count, None, 0.05))
    return found


def measure(statements: Mapping[str, str], count: int) -> list[Figure]:
    """All lines of the table."""
    return [
        figure
        for part in (whole, guardrails, peeking, power, small)
        for figure in part(statements, count)
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate, judge, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.bench_lift",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--promotions", type=int, default=PROMOTIONS, help="simulated, a cell")
    parser.add_argument("--smoke", action="store_true", help=f"{SMOKE_PROMOTIONS} promotions")
    options = parser.parse_args(argv)
    count = SMOKE_PROMOTIONS if options.smoke else options.promotions
    with tempfile.TemporaryDirectory() as folder:
        statements = compile_models(Path(folder))
    figures = measure(statements, count)
    versions = ", ".join(f"{name} {version(name)}" for name in ("dbt-core", "duckdb", "numpy"))
    print(f"{date.today():%Y-%m-%d}, {count:,} promotions a cell, seed {SEED}, {versions}")
    print("\n".join(lines(figures)))
    return int(not all(figure.is_within(CHANCE) for figure in figures))


if __name__ == "__main__":
    raise SystemExit(main())
