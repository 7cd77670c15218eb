"""A demo shop of any size as files, and dbt on it in a folder of its own."""

import contextlib
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from ops.bench.core import THREADS
from ops.bench.costs import Call, Cost
from ops.build import gather_vars
from ops.build import parser as build_parser
from ops.demo.books import LAST_DAY
from ops.demo.parquet import ORDERS_PER_CUSTOMER
from ops.project import ROOT, project_vars

BUILD = "build.duckdb"  # the name is the catalogue in the compiled SQL
POLICY_SEEDS = "path:seeds/policy"
Node = dict[str, Any]
Models = dict[str, Node]


def module(name: str, *arguments: str | Path) -> Call:
    """A module of this project as a program; no library takes more threads than DuckDB does."""
    environment = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS"), str(THREADS))
    return Call([sys.executable, "-m", name, *map(str, arguments)], environment)


def write_shop(raw: Path, orders: int, orders_per_customer: float = ORDERS_PER_CUSTOMER) -> None:
    """Write about so many orders, and what goes with them, as Parquet."""
    each = ["--orders-per-customer", str(orders_per_customer)]
    module("ops.demo_shop", "--orders", str(orders), *each, "--out", raw).run()


def write_profile(folder: Path, **settings: str) -> None:
    """The profile as shipped, with some of DuckDB's settings."""
    profile = yaml.safe_load((ROOT / "profiles.yml.example").read_text(encoding="utf-8"))
    profile["lifetime_segments"]["outputs"]["duckdb"]["settings"] |= settings
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")


def shop_vars(raw: Path, day: date) -> dict[str, Any]:
    """The vars of a build of that shop as of a day."""
    words = ["--raw", str(raw), "--as-of", day.isoformat()]
    with contextlib.redirect_stdout(None):  # which tables were found is no news here
        variables = gather_vars(build_parser().parse_args(words))
    return {**project_vars()["demo_settings"], **variables}


def dbt_arguments(raw: Path, folder: Path, *arguments: str, day: date = LAST_DAY) -> list[str]:
    """A dbt command on that shop as of a day, which keeps what it writes in this folder."""
    places = ["--project-dir", str(ROOT), "--profiles-dir", str(folder)]
    places += ["--target-path", str(folder), "--log-path", str(folder)]
    return [*arguments, *places, "--quiet", "--vars", json.dumps(shop_vars(raw, day))]


def dbt_environment(folder: Path) -> dict[str, str]:
    """Where dbt builds."""
    return {"LIFETIME_BUILD_PATH": str(folder / BUILD)}


def dbt(raw: Path, folder: Path, *arguments: str) -> Call:
    """That command as a program."""
    program = str(Path(sys.executable).with_name("dbt"))
    return Call([program, *dbt_arguments(raw, folder, *arguments)], dbt_environment(folder))


def build_by_node(raw: Path, folder: Path, costs: Path, day: date = LAST_DAY) -> Cost:
    """A whole build as of a day, one node at a time; what each took is written to costs."""
    words = dbt_arguments(raw, folder, "build", "--exclude-resource-type", "unit_test", day=day)
    call = module("ops.bench.nodes", costs, *words)
    return replace(call, environment=call.environment | dbt_environment(folder)).run()


def models_in_order(folder: Path, is_wanted: Callable[[Node], bool]) -> Models:
    """Some models of the manifest that dbt left in this folder, each after what it reads."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    models = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and is_wanted(node)
    }
    order = TopologicalSorter({key: node["depends_on"]["nodes"] for key, node in models.items()})
    return {key: models[key] for key in order.static_order() if key in models}
