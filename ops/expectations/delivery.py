"""Suite `delivery`: is what was delivered there, complete, fresh and readable, before it is built?

Staging judges rows; this judges the delivery: by itself, and against those accepted before it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import great_expectations.expectations as gxe
import pandas as pd

from ops.expectations.contract import Contract, Limits
from ops.expectations.history import Accepted, usual_rows
from ops.expectations.suite import Batch, Check
from ops.expectations.tables import Table

TIME = r"^[0-9]{4,}[-/][0-9]{1,2}[-/][0-9]{1,2}(?:[ T].*)?$"
NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
READABLE = {
    "timestamp": (TIME, "times as YYYY-MM-DD hh:mm:ss"),
    "date": (TIME, "days as YYYY-MM-DD"),
    "numeric": (NUMBER, "numbers with a point and no sign for thousands"),
}
SEED = "seeds/policy/delivery_expectations.csv"
NEW_BASELINE = "If it is right, build once with VARS='{gate_new_baseline: true}'"


@dataclass(frozen=True)
class Question:
    """What the suite has to know besides the tables."""

    day: date
    contracts: dict[str, Contract]
    limits: dict[str, Limits]
    earlier: list[Accepted]
    tolerated_rows: int
    switched_off: frozenset[str] = frozenset()


def delivery_batches(tables: Mapping[str, Table], question: Question) -> list[Batch]:
    """The delivery as a whole, one row; then each table that has rows, by its required columns."""
    frames = {
        name: _frame(table, question.contracts[name])
        for name, table in tables.items()
        if table.row_count
    }
    whole: dict[str, Any] = {name: table.row_count for name, table in tables.items()}
    checks = []
    for name in question.limits:
        checks += _presence(name, question)
        if name in tables:
            checks += _volume(name, question)
        clock = question.contracts[name].clock
        if name in frames and clock in frames[name]:
            newest = newest_day(frames[name][clock], question.day)
            age = (question.day - newest).days if newest else None
            whole[f"{name}.{clock}"] = age
            checks += _freshness(name, newest, age, question)
    batches = [Batch("delivery", pd.DataFrame([whole]), checks)]
    for name, frame in frames.items():
        batches.append(_table_batch(name, tables[name], frame, question))
    return [batch for batch in batches if batch.checks]


def _frame(table: Table, contract: Contract) -> pd.DataFrame:
    """The required columns, as far as they are there."""
    found = [column for column in contract.required if column in table.columns]
    return _cleaned(table.read(found, contract.key), contract)


def _presence(name: str, question: Question) -> list[Check]:
    limits, earlier = question.limits[name], question.earlier
    if name in question.switched_off:
        return []
    if limits.is_required:
        why, remedy = "which the policy requires", f"Add the table, or ask less in {SEED}."
    elif earlier and name in earlier[-1].rows:
        why = f"which the accepted delivery of {earlier[-1].as_of} had"
        remedy = f"Add it. To do without it from now on: has_{name}: false in dbt_project.yml."
    else:
        return []
    stops = limits.severity == "stop"
    expected = f"table {name} is delivered, {why}"
    return [Check(gxe.ExpectColumnToExist, {"column": name}, expected, remedy, stops)]


def row_limits(usual: int | None, limits: Limits, tolerated_rows: int) -> tuple[int, int | None]:
    """The fewest and the most rows that a table may have; None where there may be any number."""
    fewest, most = limits.minimum_rows, None
    if usual is not None and limits.maximum_drop_share is not None:
        dropped = max(usual * limits.maximum_drop_share, tolerated_rows)
        fewest = max(fewest, math.ceil(round(usual - dropped, 6)))
    if usual is not None and limits.maximum_growth_share is not None:
        grown = max(usual * limits.maximum_growth_share, tolerated_rows)
        most = math.floor(round(usual + grown, 6))
    return fewest, most


def _volume(name: str, question: Question) -> list[Check]:
    limits = question.limits[name]
    usual = usual_rows(question.earlier, name)
    fewest, most = row_limits(usual, limits, question.tolerated_rows)
    if fewest == 0 and most is None:
        return []
    allowed = f"at least {fewest:,}" if most is None else f"{fewest:,} to {most:,}"
    before = (
        "no earlier delivery to compare with"
        if usual is None
        else f"the accepted deliveries before had {usual:,} (median)"
    )
    return [
        Check(
            gxe.ExpectColumnMaxToBeBetween,
            {"column": name, "min_value": fewest, "max_value": most},
            f"rows of {name}: {allowed}; {before}",
            "See how the delivery was made: a part may be missing, or a join may multiply rows. "
            f"{NEW_BASELINE}, or widen the limits of {name} in {SEED}.",
            limits.severity == "stop",
        )
    ]


def newest_day(values: "pd.Series[Any]", day: date) -> date | None:
    """The last calendar day in a column of texts or times that is not after the given one."""
    if _is_text(values):
        days = values.astype("str").str.extract(r"^([0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2})")[0]
        times = pd.to_datetime(days.str.replace("/", "-"), format="%Y-%m-%d", errors="coerce")
    else:
        times = values.dt.tz_convert(None) if values.dt.tz else values
    times = times[(times.dt.year >= 1) & (times < pd.Timestamp(day) + pd.Timedelta(days=1))]
    return None if times.empty else times.max().date()


def _freshness(name: str, newest: date | None, age: int | None, question: Question) -> list[Check]:
    """A warning and a stop, as far as the policy has them; where it would stop it does not warn."""
    limits, clock = question.limits[name], question.contracts[name].clock
    column, checks = f"{name}.{clock}", []
    remedy = (
        "See whether its export still runs. For a delivery of the past give its last day as "
        f"AS_OF; how old is too old stands in {SEED}."
    )
    last = limits.stop_after_days
    is_stopped = last is not None and (age is None or age > last)
    for days, stops in ((limits.warn_after_days, False), (last, True)):
        if days is None or (is_stopped and not stops):
            continue
        expected = f"the newest {clock} of {name} is at most {days} days before {question.day}"
        seen = f"{newest}, {age} days before"
        kind, limit = gxe.ExpectColumnMaxToBeBetween, {"max_value": days}
        if age is None:
            seen = f"no {clock} on {question.day} or before"
            kind, limit = gxe.ExpectColumnValuesToNotBeNull, {}
        checks.append(Check(kind, {"column": column, **limit}, expected, remedy, stops, seen))
    return checks


def _table_batch(name: str, table: Table, frame: pd.DataFrame, question: Question) -> Batch:
    contract, limits = question.contracts[name], question.limits[name]
    stops = limits.severity == "stop"
    checks = []
    for column, kind in contract.required.items():
        if column not in frame:
            checks.append(_missing_column(name, column, table, stops))
        elif (unreadable := limits.maximum_unreadable_share) is not None:
            checks += _readable(name, column, kind, frame, unreadable, stops)
    if limits.maximum_repeated_share is not None and all(part in frame for part in contract.key):
        key_column = f"key ({', '.join(contract.key)})"
        parts = frame[list(contract.key)]
        hashed = pd.util.hash_pandas_object(parts.astype("string"), index=False)
        frame = frame.assign(**{key_column: hashed.where(parts.notna().all(axis=1))})
        checks.append(_few_repeated(name, key_column, frame[key_column], limits))
    return Batch(name, frame, checks)


def _few_repeated(name: str, column: str, keys: "pd.Series[Any]", limits: Limits) -> Check:
    most = limits.maximum_repeated_share or 0.0
    repeated = int(keys.dropna().duplicated().sum())
    return Check(
        gxe.ExpectColumnProportionOfUniqueValuesToBeBetween,
        {"column": column, "min_value": round(1 - most, 6)},
        f"at most {most:.0%} of rows of {name} repeat the {column} of another",
        "See whether the export joins something that multiplies rows, or appends what it should "
        f"replace. If it is right, raise maximum_repeated_share of {name} in {SEED}.",
        limits.severity == "stop",
        f"{repeated:,} of {keys.count():,} ({repeated / max(keys.count(), 1):.1%})",
    )


def _missing_column(name: str, column: str, table: Table, stops: bool) -> Check:
    switch = "" if name == "orders" else f"; or do without the table: VARS='{{has_{name}: false}}'"
    return Check(
        gxe.ExpectColumnToExist,
        {"column": column},
        f"table '{name}' has column '{column}', which the raw contract requires",
        "Rename the column at its source, or select it under this name in "
        f"models/raw/raw_{name}.sql{switch}.",
        stops,
        f"columns {', '.join(table.columns)}",
    )


def _readable(
    name: str, column: str, kind: str, frame: pd.DataFrame, unreadable: float, stops: bool
) -> list[Check]:
    """That few values are missing, and that text can be read as the contract's type."""
    mostly = {"column": column, "mostly": round(1 - unreadable, 6)}
    share = f"in all but {unreadable:.0%} of rows"
    limit = f"maximum_unreadable_share of {name} in {SEED}"
    checks = [
        Check(
            gxe.ExpectColumnValuesToNotBeNull,
            mostly,
            f"{name}.{column} is given {share}",
            f"See why the export leaves it empty. If it is right, raise {limit}.",
            stops,
        )
    ]
    pattern, how = READABLE.get(kind.split("(")[0], ("", ""))
    if pattern and _is_text(frame[column]):
        checks.append(
            Check(
                gxe.ExpectColumnValuesToMatchRegex,
                {**mostly, "regex": pattern},
                f"{name}.{column} can be read as {kind} {share}",
                f"Deliver {how}, or read it in models/raw/raw_{name}.sql. If it is right, raise "
                f"{limit}.",
                stops,
            )
        )
    return checks


def _cleaned(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """As raw models read: what is not of the contract's type is text, and blank text is null."""
    cleaned = {}
    for column, values in frame.items():
        kind = contract.required[str(column)].split("(")[0]
        is_time = pd.api.types.is_datetime64_any_dtype(values)
        is_number = pd.api.types.is_numeric_dtype(values)
        if is_time if kind in ("timestamp", "date") else is_number and kind in READABLE:
            cleaned[str(column)] = values
        else:
            texts = values.astype("str").where(values.notna())
            cleaned[str(column)] = texts.str.strip(" \t\r\n").replace("", None)
    return pd.DataFrame(cleaned)


def _is_text(values: "pd.Series[Any]") -> bool:
    return bool(pd.api.types.is_string_dtype(values))
