"""The vars of one dbt call: what RAW, AS_OF and VARS say, checked and merged."""

import datetime
import re
from collections.abc import Mapping
from typing import Any

import yaml

from ops.project import UserError, suggestion

KINDS = {bool: "true or false", str: "text", dict: "a mapping"}


def as_of_var(text: str) -> str:
    """AS_OF as the var as_of_date: a calendar day, or today."""
    if text == "today":
        return text
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise UserError(
            f"The as-of date {text!r} is not a calendar day. Give it as YYYY-MM-DD, or today."
        ) from None


def parse_vars(text: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """VARS as a mapping of known vars; a name or a kind of value that no model reads is refused."""
    try:
        given = yaml.safe_load(text) if text.strip() else {}
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a day that no calendar has
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise UserError(
            f"VARS is not YAML ({problem}). Write it as VARS='{{segment_map: shopify}}'."
        ) from error
    if not isinstance(given, dict):
        raise UserError(
            f"VARS is {text!r}, not a mapping of var to value. "
            "Write it as VARS='{segment_map: shopify}'."
        )
    return {str(name): _checked(str(name), value, defaults) for name, value in given.items()}


def _checked(name: str, value: Any, defaults: Mapping[str, Any]) -> Any:
    """One var's value, of the kind that its default has."""
    if name not in defaults:
        raise UserError(
            f"VARS sets {name}, which is no var of this project.{suggestion(name, defaults)} "
            "dbt_project.yml lists them all."
        )
    if name == "as_of_date" and value is not None:
        return as_of_var(str(value))
    if isinstance(value, datetime.date):  # YAML reads an unquoted day as a date
        value = value.isoformat()
    default = defaults[name]
    if default is None:
        return value
    is_number = isinstance(default, int | float) and not isinstance(default, bool)
    fits = (
        isinstance(value, int | float) and not isinstance(value, bool)
        if is_number
        else isinstance(value, type(default))
    )
    if not fits:
        kind = "a number" if is_number else KINDS.get(type(default), type(default).__name__)
        raise UserError(
            f"VARS sets {name} to {value!r}, but it is {kind}; the default is {default!r}. "
            "Mend the value."
        )
    return value


def merge(vars_given: dict[str, Any], vars_meant: dict[str, Any]) -> dict[str, Any]:
    """VARS together with what RAW and AS_OF mean; only a table may be switched off by both."""
    for name, value in vars_given.items():
        if name not in vars_meant or value == vars_meant[name]:
            continue
        if name.startswith("has_") and not value:
            continue
        if name.startswith("has_"):
            raise UserError(
                f"VARS sets {name}: true, but RAW has no file for {name.removeprefix('has_')}. "
                "Add the file, or leave the var out."
            )
        source = "AS_OF" if name == "as_of_date" else "RAW"
        raise UserError(
            f"VARS sets {name}, and {source} already says {vars_meant[name]!r}. Give one of them."
        )
    return {**vars_meant, **vars_given}
