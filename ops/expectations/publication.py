"""Suite `publication`: may what was built become what readers open?

dbt has tested every table by its rules. This looks at the file as a whole, as its readers will:
that its tables fit together and are of one day, what changed since the last one published, and
that nobody's address is in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import great_expectations.expectations as gxe
import pandas as pd

from ops.expectations.contact import ADDRESS, is_contact
from ops.expectations.history import Accepted
from ops.expectations.suite import Batch, Check
from ops.expectations.tables import Table

CUSTOMERS, SEGMENTS, PROFILES = (
    "marts.customers",
    "marts.customer_segments",
    "marts.segment_profiles",
)
# what other tools join on
KEYS = {
    CUSTOMERS: ("customer_id",),
    SEGMENTS: ("customer_id",),
    PROFILES: ("segment",),
    "marts.segment_promotions": ("segment", "promotion_id"),
    "marts.customer_promotions": ("customer_id", "promotion_id", "channel"),
}
# days that lie behind the as-of day; others may look ahead
PAST = {"first_order_date", "last_order_date", "first_known_at", "cohort_month", "ledger_month"}
BUILD_AGAIN = "Run make build; if it comes again, a model is wrong, or the file was changed."
NEW_BASELINE = "If it is right, build once with VARS='{gate_new_baseline: true}'."


@dataclass(frozen=True)
class Question:
    """What the suite has to know besides the tables."""

    earlier: Accepted | None
    maximum_mart_change: float
    maximum_segment_shift: float
    tolerated_rows: int


def segment_counts(marts: Mapping[str, Table]) -> dict[str, int]:
    """How many customers each segment has."""
    if SEGMENTS not in marts:
        return {}
    found = marts[SEGMENTS].read(["segment"], [])["segment"].value_counts()
    return {str(segment): int(count) for segment, count in found.items()}


def publication_batches(
    marts: Mapping[str, Table], day: date | None, question: Question
) -> list[Batch]:
    """Tables, segments, days and columns; of marts that know nobody, the tables and columns."""
    batches = [_tables(marts, question), _columns(marts)]
    if segments := segment_counts(marts):
        batches.insert(1, _segments(marts, segments, question))
    if day:
        batches.insert(-1, _days(marts, day))
    return batches


def _tables(marts: Mapping[str, Table], question: Question) -> Batch:
    """That no table is missing, keys are keys, and customers are as many as before."""
    whole: dict[str, Any] = {name: table.row_count for name, table in marts.items()}
    checks = []
    known = question.earlier.marts if question.earlier else {}
    for name in sorted({CUSTOMERS, SEGMENTS, *known}):
        checks.append(
            Check(
                gxe.ExpectColumnToExist,
                {"column": name},
                f"table {name} is there, as readers know it",
                f"See whether its model still builds. {NEW_BASELINE}",
                seen=f"{marts[name].row_count:,} rows" if name in marts else "no such table",
            )
        )
    for name, key in KEYS.items():
        if name in marts:
            rows = marts[name].read(key, [])
            column = f"{name}: rows without a key of their own"
            whole[column] = int((rows.duplicated() | rows.isna().any(axis=1)).sum())
            checks.append(
                _at_most(column, 0, f"{', '.join(key)} is the key of {name}", BUILD_AGAIN)
            )
    if CUSTOMERS in marts and question.earlier and CUSTOMERS in question.earlier.marts:
        checks.append(_volume(question.earlier, question))
    return Batch("tables", pd.DataFrame([whole]), checks)


def _volume(earlier: Accepted, question: Question) -> Check:
    before = earlier.marts[CUSTOMERS]
    change = max(round(before * question.maximum_mart_change), question.tolerated_rows)
    fewest, most = max(before - change, 1 if before else 0), before + change
    return Check(
        gxe.ExpectColumnMaxToBeBetween,
        {"column": CUSTOMERS, "min_value": fewest, "max_value": most},
        f"rows of {CUSTOMERS}: {fewest:,} to {most:,}; as of {earlier.as_of} it had {before:,}",
        f"See marts of the build file, source_quality first. {NEW_BASELINE}",
    )


def _segments(marts: Mapping[str, Table], segments: dict[str, int], question: Question) -> Batch:
    """That segments share all customers out, and none swells or shrinks overnight."""
    frame = pd.DataFrame({"customers": pd.Series(segments, dtype="int64")})
    checks = []
    if question.earlier and question.earlier.segments:
        before = pd.Series(question.earlier.segments, dtype="int64")
        frame = frame.reindex(frame.index.union(before.index), fill_value=0)
        frame["before"] = before.reindex(frame.index, fill_value=0)
        shares = frame / frame.sum()
        frame["shift"] = (shares["customers"] - shares["before"]).round(9)
        as_of, most = question.earlier.as_of, question.maximum_segment_shift
        checks.append(_shift(frame["shift"], as_of, most))
    for name, column in ((CUSTOMERS, None), (PROFILES, "customer_count")):
        if name not in marts:
            continue
        table = marts[name]
        count = int(table.read([column], [])[column].sum()) if column else table.row_count
        checks.append(
            Check(
                gxe.ExpectColumnSumToBeBetween,
                {"column": "customers", "min_value": count, "max_value": count},
                f"segments share out the {count:,} customers of {name}, each in one",
                BUILD_AGAIN,
            )
        )
    return Batch("segments", frame.reset_index(names="segment"), checks)


def _shift(shifts: "pd.Series[Any]", as_of: str, most: float) -> Check:
    shifted = shifts[shifts.abs() > most].sort_index()
    return Check(
        gxe.ExpectColumnValuesToBeBetween,
        {"column": "shift", "min_value": -most, "max_value": most},
        f"no segment grew or shrank by more than {most:.0%} of all customers since {as_of}",
        "See marts.customer_segments: a policy seed or the delivery changed, or many customers "
        "did. How much is too much is var gate_maximum_segment_shift.",
        stops=False,
        seen=", ".join(f"{name} {shift:+.1%}" for name, shift in shifted.items()),
    )


def _days(marts: Mapping[str, Table], day: date) -> Batch:
    """That every table is as of the same day, and what is past lies not after it."""
    whole: dict[str, Any] = {}
    checks = []
    for name, table in marts.items():
        for column in table.columns:
            if column != "as_of_date" and column not in PAST:
                continue
            days = pd.to_datetime(table.read([column], [])[column]).dropna()
            if days.empty:
                continue
            place = f"{name}.{column}"
            whole[place] = (days.max().date() - day).days
            seen = f"{days.min().date()} to {days.max().date()}"
            if column == "as_of_date":
                whole[place] = max(whole[place], (day - days.min().date()).days)
                expected = f"all of {name} is as of {day}"
            else:
                expected = f"{place} is {day} or before"
            checks.append(_at_most(place, 0, expected, BUILD_AGAIN, seen))
    return Batch("days", pd.DataFrame([whole]), checks)


def _columns(marts: Mapping[str, Table]) -> Batch:
    """That no column holds contact data, by its name and by what is in it."""
    rows = []
    for name, table in marts.items():
        values = table.read(table.columns, [])
        for column in table.columns:
            texts = values[column]
            is_text = pd.api.types.is_string_dtype(texts.dropna())
            unique = pd.Series(texts.dropna().unique()).astype(str) if is_text else pd.Series([])
            rows.append(
                {
                    "column": f"{name}.{column}",
                    "is_contact": is_contact(column),
                    "addresses": int(unique.astype(str).str.fullmatch(ADDRESS).sum()),
                    "is_id": column.endswith("_id"),
                }
            )
    frame = pd.DataFrame(rows)
    frame["addresses_of_ids"] = frame["addresses"].where(frame["is_id"], 0)
    frame["addresses"] = frame["addresses"].where(~frame["is_id"], 0)
    named = [str(row["column"]) for row in rows if row["is_contact"]]
    filled = frame.loc[frame["addresses"] > 0, "column"].tolist()
    ids = frame.loc[frame["addresses_of_ids"] > 0, "column"].tolist()
    apart = "Contact data is published in marts/activation alone: take the column out of the mart."
    return Batch(
        "columns",
        frame,
        [
            Check(
                gxe.ExpectColumnValuesToBeInSet,
                {"column": "is_contact", "value_set": [False]},
                "no column is named for an address, a name or a birthday",
                apart,
                seen=", ".join(named),
            ),
            _at_most("addresses", 0, "no value is an e-mail address", apart, ", ".join(filled)),
            Check(
                gxe.ExpectColumnMaxToBeBetween,
                {"column": "addresses_of_ids", "max_value": 0},
                "no id is an e-mail address",
                "Whoever reads the marts reads them. Let the shop deliver ids that say nothing.",
                stops=False,
                seen=", ".join(ids),
            ),
        ],
    )


def _at_most(column: str, limit: int, expected: str, remedy: str, seen: str = "") -> Check:
    arguments = {"column": column, "max_value": limit}
    return Check(gxe.ExpectColumnMaxToBeBetween, arguments, expected, remedy, seen=seen)
