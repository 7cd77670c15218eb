"""The SQL that dbt compiled as one script in one DuckDB connection, without dbt.

python -m ops.bench.script folder [memory_limit]

The folder holds script.json, a list of (model, statement, relation fitted or null), and the build
file with the seeds; costs.json tells what each model took.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import duckdb

from ops.bench.core import THREADS
from ops.bench.costs import cost_of
from ops.bench.shop import BUILD, Models, models_in_order
from ops.fit import as_relation, fit_groups
from ops.project import UserError

SCRIPT, COSTS = "script.json", "costs.json"

# what the others compute too, and what of its making they do not: costs of goods, categories,
# who is known by nothing but a profile, a consent, a survey, a message
COMPARED = (
    "int_customer_purchases",
    "int_customer_gaps",
    "int_customer_segment",
    "int_customer_clv_summary",
    "int_customer_engagement",
    "int_cohort_months",
)
NOT_COMPARED = {
    "int_customer_affinity",
    "int_order_costs",
    "stg_consents",
    "stg_customers",
    "stg_promotion_assignments",
    "stg_promotion_sends",
    "stg_surveys",
}


def compiled_models(folder: Path) -> Models:
    """The models that dbt compiled into this folder when it ran, each after what it reads."""
    return models_in_order(folder, lambda node: bool(node.get("compiled")))


def compared_models(models: Models) -> set[str]:
    """The names of the models that make what the other contenders compute too."""
    by_name = {node["name"]: node for node in models.values()}
    if missing := {*COMPARED, *NOT_COMPARED} - by_name.keys():
        raise UserError(
            f"There is no model {', '.join(sorted(missing))} among those that dbt ran. Put right"
            " COMPARED and NOT_COMPARED in ops/bench/script.py."
        )
    found: set[str] = set()
    ahead = list(COMPARED)
    while ahead:
        name = ahead.pop()
        if name not in found | NOT_COMPARED:
            found.add(name)
            read = by_name[name]["depends_on"]["nodes"]
            ahead += [models[key]["name"] for key in read if key in models]
    return found


def write_script(models: Models, folder: Path) -> None:
    """Each model as one statement; one that is Python fits what it reads."""
    script = []
    for node in models.values():
        relation = node["relation_name"]
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        source = None
        statement = f"create schema if not exists {node['schema']};\ncreate {kind} {relation} as\n"
        if node["language"] == "python":
            (key,) = node["depends_on"]["nodes"]
            source = models[key]["relation_name"]
            statement += "from fitted"
        else:
            statement += node["compiled_code"]
        script.append((node["name"], statement, source))
    (folder / SCRIPT).write_text(json.dumps(script, indent=1), encoding="utf-8")


def main(folder: Path, memory_limit: str = "") -> None:
    """Run the script."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "preserve_insertion_order": False,
    }
    if memory_limit:
        config["memory_limit"] = memory_limit
    script = json.loads((folder / SCRIPT).read_text(encoding="utf-8"))
    costs = {}
    with duckdb.connect(str(folder / BUILD), config=config) as connection:
        connection.execute("set TimeZone = 'UTC'")

        def run(statement: str, source: str | None) -> None:
            if source:
                fitted = as_relation(fit_groups(connection.table(source)), connection)
                fitted.create_view("fitted")
            connection.execute(statement)
            if source:
                connection.execute("drop view fitted")

        for name, statement, source in script:
            costs[name] = asdict(cost_of(lambda: run(statement, source)))  # noqa: B023
    (folder / COSTS).write_text(json.dumps(costs), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
