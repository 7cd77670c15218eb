"""The manifest check: names, documentation, layers and limits, each rule also shown to fail.

A rule takes the project (dbt's manifest and the text of its files) and names what breaks it. That
no protected attribute reaches a decision is more than a rule of layers: `ops/proof.py` proves it.
"""

import copy
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner
from dbt.jsonschemas import jsonschemas

from ops.expectations.contact import is_contact

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("raw", "staging", "intermediate", "marts")
MAX_SQL_LINES = 120
MAX_YAML_LINES = 200
MAX_COLUMNS = 88
CLOCK = re.compile(
    r"\b(current_date|current_time|current_timestamp|localtimestamp|sysdate|run_started_at)\b"
    r"|\b(now|today|getdate)\s*\(",
    re.IGNORECASE,
)
BRANCH = re.compile(r"\btarget\s*\.\s*(type|name)\b")
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*|/\*.*?\*/", re.DOTALL)

Node = dict[str, Any]


@dataclass
class Project:
    """What dbt read: nodes by id, and the text of SQL, Python and YAML by path."""

    nodes: dict[str, Node]
    files: dict[str, str]

    def of(self, *kinds: str) -> Iterator[Node]:
        return (node for node in self.nodes.values() if node["resource_type"] in kinds)

    def parents(self, node: Node) -> list[str]:
        """Ids of what a node reads, models, seeds and sources alike."""
        return list(node.get("depends_on", {}).get("nodes", []))

    def path(self, node_id: str) -> str:
        return str(self.nodes[node_id]["original_file_path"]) if node_id in self.nodes else ""


def layer(path: str) -> int:
    """How far to the right a file stands: sources and seeds 0, raw 1, to marts 4."""
    folders = Path(path).parts
    return LAYERS.index(folders[1]) + 1 if folders[:1] == ("models",) else 0


# -- the rules ------------------------------------------------------------------------------------


def described(project: Project) -> Iterator[str]:
    """Every model, seed and source has a description; a model's starts with its grain."""
    for node in project.of("model", "seed", "source"):
        if not node["description"].strip():
            yield f"{node['name']} has no description"
        elif node["resource_type"] == "model" and not node["description"].startswith("One row per"):
            yield f"{node['name']}: the description does not start with 'One row per'"


def columns_described_and_typed(project: Project) -> Iterator[str]:
    """Every column of a model or policy seed says what it means and what type it has.

    The demo's seeds have the contract's columns, which the raw models describe.
    """
    for node in project.of("model", "seed"):
        if node["original_file_path"].startswith("seeds/demo/"):
            continue
        if not node["columns"]:
            yield f"{node['name']} lists no columns"
        seed_types = node["config"].get("column_types") or {}
        for name, column in node["columns"].items():
            if not column["description"].strip():
                yield f"{node['name']}.{name} has no description"
            if not column.get("data_type") and name not in seed_types:
                yield f"{node['name']}.{name} has no data_type"


def contract_enforced(project: Project) -> Iterator[str]:
    """Every SQL model keeps its contract; dbt allows none on a Python model."""
    for node in project.of("model"):
        if node["language"] == "sql" and not node["config"]["contract"]["enforced"]:
            yield f"{node['name']} does not enforce its contract"


def key_tested(project: Project) -> Iterator[str]:
    """One row of a model or policy seed is told from another by a tested key.

    Rows as they were delivered have none: raw models, checked rows and the demo's seeds.
    """
    keyed = {
        test.get("attached_node")
        for test in project.of("test")
        if (test.get("test_metadata") or {}).get("name") in ("is_key", "unique")
    }
    for node_id, node in project.nodes.items():
        path = node["original_file_path"]
        delivered = path.startswith(("models/raw/", "seeds/demo/")) or node["name"].endswith(
            ("_checked", "source_rows")
        )
        if node["resource_type"] in ("model", "seed") and not delivered and node_id not in keyed:
            yield f"{node['name']} has no tested key (is_key or unique)"


def yaml_beside_sql(project: Project) -> Iterator[str]:
    """Each model's and policy seed's properties stand beside it, in a file of its name."""
    for node in project.of("model", "seed"):
        path = Path(node["original_file_path"])
        if str(path).startswith("seeds/demo/"):
            continue
        found = str(node.get("patch_path") or "").split("://")[-1]
        if found != str(path.with_suffix(".yml")):
            yield f"{path} has its properties in {found or 'no file'}"


def grain_comes_first(project: Project) -> Iterator[str]:
    """Line 1 of a model is its grain, line 2 the question it answers."""
    for path, text in project.files.items():
        lines = [*text.splitlines(), "", ""]
        if path.startswith("models/") and path.endswith(".sql"):
            if not lines[0].startswith("-- One row per"):
                yield f"{path}: line 1 is not '-- One row per …'"
            elif not lines[1].startswith("-- "):
                yield f"{path}: line 2 does not say what the model answers"


def reads_leftwards(project: Project) -> Iterator[str]:
    """A model reads what lies to its left, or beside it in its own layer; raw only from staging."""
    for node in project.of("model"):
        own = layer(node["original_file_path"])
        for parent in project.parents(node):
            if not parent.startswith("model."):
                continue
            theirs = layer(project.path(parent))
            if theirs > own:
                yield f"{node['name']} reads {parent.split('.')[-1]}, which lies to its right"
            if theirs == 1 and own != 2:
                yield f"{node['name']} reads {parent.split('.')[-1]}: only staging reads raw models"


def deliveries_read_by_raw(project: Project) -> Iterator[str]:
    """Only raw models read sources and the demo's seeds."""
    for node in project.of("model"):
        for parent in project.parents(node):
            is_delivery = parent.startswith("source.") or project.path(parent).startswith(
                "seeds/demo/"
            )
            if is_delivery and layer(node["original_file_path"]) != 1:
                yield f"{node['name']} reads {parent.split('.')[-1]}: only raw models may"


def contact_data_stays_in_activation(project: Project) -> Iterator[str]:
    """No mart that analysts read has a column for an address, a name or a birthday."""
    for node in project.of("model"):
        path = node["original_file_path"]
        if not path.startswith("models/marts/") or path.startswith("models/marts/activation/"):
            continue
        for name in node["columns"]:
            if is_contact(name):
                yield f"{node['name']}.{name} is contact data: it belongs to marts/activation alone"


def no_clock(project: Project) -> Iterator[str]:
    """A model knows no time but the as-of date."""
    for path, text in project.files.items():
        if path.startswith("models/") and path.endswith((".sql", ".py")):
            for found in CLOCK.finditer(COMMENT.sub("", text)):
                yield f"{path} reads the clock: {found.group(0)}"


def no_warehouse_branch(project: Project) -> Iterator[str]:
    """What differs between warehouses is a macro's business, never a model's."""
    for path, text in project.files.items():
        if path.startswith("models/") and path.endswith(".sql"):
            for found in BRANCH.finditer(COMMENT.sub("", text)):
                yield f"{path} branches on the warehouse: {found.group(0)}"


def short_files(project: Project) -> Iterator[str]:
    """A file that outgrew one screen too many is split by concept."""
    for path, text in project.files.items():
        limit = MAX_SQL_LINES if path.endswith(".sql") else MAX_YAML_LINES
        if (count := len(text.splitlines())) > limit:
            yield f"{path} has {count} lines, more than {limit}"


def narrow_lines(project: Project) -> Iterator[str]:
    """SQL is read beside something else: 88 columns."""
    for path, text in project.files.items():
        for number, line in enumerate(text.splitlines(), start=1):
            if path.endswith(".sql") and len(line) > MAX_COLUMNS:
                yield f"{path}:{number} has {len(line)} columns, more than {MAX_COLUMNS}"


RULES = [
    described,
    columns_described_and_typed,
    contract_enforced,
    key_tested,
    yaml_beside_sql,
    grain_comes_first,
    reads_leftwards,
    deliveries_read_by_raw,
    contact_data_stays_in_activation,
    no_clock,
    no_warehouse_branch,
    short_files,
    narrow_lines,
]


# -- the project itself ---------------------------------------------------------------------------


def parse(project_dir: Path, target_dir: Path) -> tuple[Any, list[str]]:
    """dbt's answer to parse, and everything it calls deprecated.

    dbt checks YAML keys against its published schema for a few warehouses only; DuckDB is put
    among them, for a key that dbt ignores in silence is a typing mistake.
    """
    profiles = target_dir / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    example = (ROOT / "profiles.yml.example").read_text(encoding="utf-8")
    (profiles / "profiles.yml").write_text(example, encoding="utf-8")
    deprecated: list[str] = []

    def listen(event: Any) -> None:
        if event.info.name.endswith("Deprecation"):
            deprecated.append(" ".join(event.info.msg.split()))

    arguments = ["--no-partial-parse", "--show-all-deprecations", "--log-level", "none"]
    arguments += ["--no-use-colors", "--project-dir", str(project_dir)]
    arguments += ["--profiles-dir", str(profiles)]
    arguments += ["--target-path", str(target_dir), "--log-path", str(target_dir)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonschemas, "_JSONSCHEMA_SUPPORTED_ADAPTERS", {"duckdb"})
        patch.setitem(os.environ, "LIFETIME_BUILD_PATH", ":memory:")
        return dbtRunner(callbacks=[listen]).invoke(["parse", *arguments]), deprecated


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder with the project's manifest, and what is deprecated in the project."""
    target_dir = tmp_path_factory.mktemp("target")
    answer, deprecated = parse(ROOT, target_dir)
    assert answer.success, answer.exception
    return target_dir, deprecated


@pytest.fixture(scope="module")
def project(parsed: tuple[Path, list[str]]) -> Project:
    manifest = json.loads((parsed[0] / "manifest.json").read_text(encoding="utf-8"))
    nodes = {
        node_id: node
        for node_id, node in {**manifest["nodes"], **manifest["sources"]}.items()
        if node["package_name"] == "lifetime_segments"
    }
    paths = [
        path
        for folder in ("models", "seeds", "tests", "analyses")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".sql", ".yml") or (folder == "models" and path.suffix == ".py")
    ]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    return Project(nodes, texts)


def test_nothing_is_deprecated(parsed: tuple[Path, list[str]]) -> None:
    assert not parsed[1], "\n".join(parsed[1])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_project_keeps(rule: Callable[[Project], Iterator[str]], project: Project) -> None:
    broken = list(rule(project))
    assert not broken, "\n".join(broken)


# -- each rule fails on a planted fault -----------------------------------------------------------


def model(path: str, *parents: str) -> Node:
    """A model without fault, as dbt's manifest has it."""
    return {
        "resource_type": "model",
        "name": Path(path).stem,
        "original_file_path": path,
        "patch_path": f"shop://{Path(path).with_suffix('.yml')}",
        "language": "sql",
        "description": "One row per customer.",
        "columns": {"customer_id": {"description": "The id.", "data_type": "string"}},
        "config": {"contract": {"enforced": True}},
        "depends_on": {"nodes": list(parents)},
    }


def clean_project() -> Project:
    """A small project that keeps every rule."""
    customers = model("models/marts/customers.sql", "model.shop.int_customers")
    seed = model("seeds/policy/tiers.csv") | {"resource_type": "seed"}
    nodes = {
        "source.shop.raw.customers": {
            "resource_type": "source",
            "name": "customers",
            "original_file_path": "models/raw/_sources.yml",
            "description": "Who the shop knows.",
        },
        "seed.shop.demo_customers": model("seeds/demo/demo_customers.csv")
        | {"resource_type": "seed"},
        "seed.shop.tiers": seed,
        "model.shop.raw_customers": model(
            "models/raw/raw_customers.sql", "source.shop.raw.customers", "seed.shop.demo_customers"
        ),
        "model.shop.stg_customers": model(
            "models/staging/stg_customers.sql", "model.shop.raw_customers"
        ),
        "model.shop.int_customers": model(
            "models/intermediate/int_customers.sql", "model.shop.stg_customers", "seed.shop.tiers"
        ),
        "model.shop.customers": customers,
    }
    for name in ("stg_customers", "int_customers", "customers"):
        nodes[f"test.shop.{name}"] = key_test(f"model.shop.{name}")
    nodes["test.shop.tiers"] = key_test("seed.shop.tiers")
    sql = "-- One row per customer.\n-- Who they are; not as of now().\nselect 1\n"
    return Project(nodes, {"models/marts/customers.sql": sql, "models/marts/customers.yml": "a: 1"})


def key_test(node_id: str) -> Node:
    return {
        "resource_type": "test",
        "name": "is_key",
        "original_file_path": "",
        "test_metadata": {"name": "is_key"},
        "attached_node": node_id,
    }


def mart(project: Project) -> Node:
    return project.nodes["model.shop.customers"]


def reads(node_id: str) -> Callable[[Project], None]:
    """A fault: the mart reads one more node."""
    return lambda project: mart(project)["depends_on"]["nodes"].append(node_id)


def sql(text: str) -> Callable[[Project], None]:
    """A fault in the mart's SQL."""
    return lambda project: project.files.update({"models/marts/customers.sql": text})


HEAD = "-- One row per customer.\n-- Who they are.\n"
FAULTS: list[tuple[Callable[[Project], Iterator[str]], Callable[[Project], Any]]] = [
    (described, lambda project: mart(project).update(description=" ")),
    (described, lambda project: mart(project).update(description="Customers.")),
    (described, lambda project: project.nodes["source.shop.raw.customers"].update(description="")),
    (columns_described_and_typed, lambda project: mart(project).update(columns={})),
    (
        columns_described_and_typed,
        lambda project: mart(project)["columns"]["customer_id"].update(description=""),
    ),
    (
        columns_described_and_typed,
        lambda project: mart(project)["columns"]["customer_id"].pop("data_type"),
    ),
    (contract_enforced, lambda project: mart(project)["config"]["contract"].update(enforced=False)),
    (key_tested, lambda project: project.nodes.pop("test.shop.customers")),
    (key_tested, lambda project: project.nodes.pop("test.shop.tiers")),
    (
        key_tested,
        lambda project: project.nodes["test.shop.customers"]["test_metadata"].update(name="other"),
    ),
    (yaml_beside_sql, lambda project: mart(project).update(patch_path=None)),
    (yaml_beside_sql, lambda project: mart(project).update(patch_path="shop://models/all.yml")),
    (grain_comes_first, sql("select 1\n")),
    (grain_comes_first, sql("-- One row per customer.\nselect 1\n")),
    (grain_comes_first, sql("")),
    (
        reads_leftwards,
        lambda project: project.nodes["model.shop.stg_customers"]["depends_on"]["nodes"].append(
            "model.shop.customers"
        ),
    ),
    (reads_leftwards, reads("model.shop.raw_customers")),
    (deliveries_read_by_raw, reads("source.shop.raw.customers")),
    (deliveries_read_by_raw, reads("seed.shop.demo_customers")),
    *(
        (
            contact_data_stays_in_activation,
            lambda project, name=name: mart(project)["columns"].update({name: {}}),
        )
        for name in ("email", "customer_email", "phone", "last_name", "birth_month_day", "e_mail")
    ),
    (no_clock, sql(HEAD + "select current_date as today\n")),
    (no_clock, sql(HEAD + "select NOW() as today\n")),
    (no_clock, sql(HEAD + "select '{{ run_started_at }}' as today\n")),
    (no_warehouse_branch, sql(HEAD + "{% if target.type == 'spark' %} select 1 {% endif %}\n")),
    (short_files, sql(HEAD + "select 1\n" * MAX_SQL_LINES)),
    (narrow_lines, sql(HEAD + "select 1 as " + "a" * MAX_COLUMNS + "\n")),
    (
        short_files,
        lambda project: project.files.update({"models/a.yml": "a:\n" * (MAX_YAML_LINES + 1)}),
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_passes_a_clean_project(rule: Callable[[Project], Iterator[str]]) -> None:
    assert list(rule(clean_project())) == []


@pytest.mark.parametrize(
    ("rule", "plant"), FAULTS, ids=lambda value: getattr(value, "__name__", "fault")
)
def test_rule_finds_a_planted_fault(
    rule: Callable[[Project], Iterator[str]], plant: Callable[[Project], Any]
) -> None:
    project = copy.deepcopy(clean_project())
    plant(project)
    assert list(rule(project))


def test_counts_of_messages_and_an_activation_mart_s_addresses_are_no_leak() -> None:
    project = clean_project()
    allowed = ("email_clicked_count_90d", "is_email_known", "promotion_name", "message_key")
    mart(project)["columns"].update({name: {} for name in allowed})
    path = "models/marts/activation/audience_sync.sql"
    project.nodes["model.shop.sync"] = model(path) | {"columns": {"email": {}, "phone": {}}}
    assert list(contact_data_stays_in_activation(project)) == []


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _ in FAULTS} == set(RULES)


@pytest.mark.parametrize(
    ("properties", "complaint"),
    [
        ("data_tests: [{accepted_values: {values: [1]}}]", "MissingArguments"),
        ("owner: somebody", "owner"),
    ],
    ids=["test_arguments_not_nested", "key_that_dbt_does_not_know"],
)
def test_deprecated_yaml_is_found(properties: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.sql").write_text("select 1 as a", encoding="utf-8")
    (tmp_path / "models" / "one.yml").write_text(
        f"models:\n  - name: one\n    columns:\n      - name: a\n        {properties}\n",
        encoding="utf-8",
    )
    (tmp_path / "dbt_project.yml").write_text(
        "name: tiny\nprofile: lifetime_segments\nmodel-paths: [models]\n", encoding="utf-8"
    )
    _, deprecated = parse(tmp_path, tmp_path / "target")
    assert len(deprecated) == 1
    assert complaint in deprecated[0]
