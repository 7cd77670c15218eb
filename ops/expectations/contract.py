"""What is known of a delivery before it comes: the raw contract, and the limits of the policy."""

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from ops.project import ROOT, UserError

LIMITS = ROOT / "seeds" / "policy" / "delivery_expectations.csv"

MEANINGS = {
    "severity": "stop or warn",
    "is_required": "true or false",
    "minimum_rows": "a whole number, 0 or more",
    "maximum_growth_share": "a share, 0 or more (1 is twice as many), or empty",
    "days": "a whole number of days, 0 or more, or empty",
    "share": "a share from 0 to 1, or empty",
}


@dataclass(frozen=True)
class Contract:
    """A raw table: its required columns and their types, its key, and when a row happened."""

    required: dict[str, str]
    key: tuple[str, ...]
    clock: str | None


def contract(table: str) -> Contract:
    """As models/raw and the tested key of the staging model say."""
    raw = _model(next((ROOT / "models" / "raw").glob(f"raw_{table}.yml")))
    staged = _model(next((ROOT / "models" / "staging").rglob(f"stg_{table}.yml")))
    required = {
        column["name"]: column["data_type"]
        for column in raw["columns"]
        if column.get("config", {}).get("meta", {}).get("required")
    }
    keys = [test["is_key"] for test in staged["data_tests"] if "is_key" in test]
    clocks = [name for name, kind in required.items() if kind in ("timestamp", "date")]
    return Contract(required, tuple(keys[0]["arguments"]["columns"]), next(iter(clocks), None))


def _model(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    return found


def is_own_select(table: str) -> bool:
    """Whether an adopter wrote a select of their own for a table, so that files have no say."""
    text = (ROOT / "models" / "raw" / f"raw_{table}.sql").read_text(encoding="utf-8")
    return f"{{{{ raw_table('{table}') }}}}" not in text


@dataclass(frozen=True)
class Limits:
    """A row of seed delivery_expectations; None where nothing is asked."""

    is_required: bool
    minimum_rows: int
    maximum_drop_share: float | None
    maximum_growth_share: float | None
    warn_after_days: int | None
    stop_after_days: int | None
    maximum_unreadable_share: float | None
    maximum_repeated_share: float | None
    severity: str


def read_limits(tables: list[str], path: Path = LIMITS) -> dict[str, Limits]:
    """The limits of every table of the contract; a cell that is none stops, and says which."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [row.get("table_name") or "" for row in rows]
    for wrong in sorted({*names} ^ {*tables} | {name for name in names if names.count(name) > 1}):
        raise UserError(
            f"Seed {path.stem} has {names.count(wrong)} rows for table {wrong!r}. It has one for "
            f"each table of the raw contract: {', '.join(tables)}."
        )
    return {row["table_name"]: Limits(**_cells(row, path)) for row in rows}


def _cells(row: dict[str, str], path: Path) -> dict[str, Any]:
    cells = {}
    for column in fields(Limits):
        text = (row.get(column.name) or "").strip()
        try:
            cells[column.name] = _cell(column.name, text)
        except (ValueError, KeyError):
            raise UserError(
                f"Seed {path.stem}, table {row['table_name']}: {column.name} is {text!r}. It is "
                f"{MEANINGS.get(column.name) or MEANINGS[column.name.split('_')[-1]]}."
            ) from None
    return cells


def _cell(name: str, text: str) -> Any:
    if name == "severity":
        return {"stop": "stop", "warn": "warn"}[text]
    if name == "is_required":
        return {"true": True, "false": False}[text.lower()]
    if not text and name != "minimum_rows":
        return None
    is_share = name.endswith("_share")
    value = float(text) if is_share else int(text)
    if not value >= 0 or (is_share and name != "maximum_growth_share" and value > 1):
        raise ValueError
    return value
