"""The project as the proof sees it: what dbt compiles of each model, in every shape it can take.

A model's SQL differs with where the rows come from (demo seeds, files, tables) and with what the
warehouse already holds (the first night, or a later one); each of them is compiled. Nothing is
built: relations stand without rows, with the columns of their contracts.
"""

import csv
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ops.dbt_run import release_build
from ops.proof_sql import Relation

FILES: Relation = ("delivered", "files", "")
# dbt reads all other vars only when it compiles; shapes that share these share what it parsed
READ_WHEN_PARSED = ("demo_shop", "raw_database", "raw_schema")
# What a macro may do while it compiles besides: ask for the columns of a delivery, quote, dispatch.
ASKS = re.compile(
    r"\b(run_query|statement|load_result|store_result|get_columns_in_query)\s*\("
    r"|\b(graph|dbt_utils)\s*\."
    r"|\badapter\s*\.\s*(?!quote\b|dispatch\b)\w+"
    r"|\b(api|builtins|modules\s*\.\s*(?!datetime\b|pytz\b|re\b))\s*\."
)


@dataclass
class Node:
    """A model, seed or source: what it is called, what it has and what was compiled of it."""

    name: str
    kind: str
    path: str
    relation: Relation
    columns: list[str]
    parents: set[str] = field(default_factory=set)
    language: str = "sql"
    code: set[str] = field(default_factory=set)
    hooks: set[str] = field(default_factory=set)
    asks: set[str] = field(default_factory=set)
    keys: list[list[str]] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)


@dataclass
class Project:
    """All nodes by id, what did not compile, and the SQL that runs around the models."""

    nodes: dict[str, Node] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    around: set[str] = field(default_factory=set)
    raw_files: list[str | Mapping[str, str]] = field(default_factory=list)
    files: dict[Relation, list[str]] = field(default_factory=dict)

    def by_name(self, name: str) -> str | None:
        """The id of a model or seed, as ref() finds it."""
        kinds = ("model", "seed", "snapshot")
        return next(
            (key for key, node in self.nodes.items() if node.name == name and node.kind in kinds),
            None,
        )


# -- what dbt compiles ----------------------------------------------------------------------------


class Compiler:
    """Compiles a project in this process, in a folder of its own."""

    def __init__(self, root: Path, home: Path, profiles: Path, target: str | None = None) -> None:
        self.root, self.home, self.profiles, self.target = root, home, profiles, target
        self.project = Project()
        self.manifests: dict[str, Any] = {}
        self.runs = 0
        home.mkdir(parents=True, exist_ok=True)

    def add(self, variables: Mapping[str, Any], states: tuple[bool, ...]) -> None:
        """One shape of the project, in a warehouse that is empty or (True) holds every relation."""
        shape = json.dumps([variables.get(name) for name in READ_WHEN_PARSED])
        if shape not in self.manifests:
            parsed = self._dbt("parse", variables, self.home / "parsed", [], None)
            if not parsed.success:
                why = _plain(parsed.exception)
                self.project.broken.append(f"the project does not parse: {why}")
                return
            self.manifests[shape] = parsed.result
        manifest = self.manifests[shape]
        if variables.get("raw_files"):
            self.project.raw_files.append(variables["raw_files"])
        for is_full in states:
            self.runs += 1
            folder = self.home / str(self.runs)
            folder.mkdir()
            self._fill(manifest, folder / "build.duckdb", is_full)
            with _hooks_rendered() as rendered:
                answer = self._dbt(
                    "compile", variables, folder, ["--select", "resource_type:model"], manifest
                )
            self._take(manifest, answer, rendered)

    def _dbt(
        self,
        command: str,
        variables: Mapping[str, Any],
        folder: Path,
        options: list[str],
        manifest: Any,
    ) -> Any:
        from dbt.cli.main import dbtRunner

        folder.mkdir(exist_ok=True)
        places = ["--project-dir", str(self.root), "--profiles-dir", str(self.profiles)]
        places += ["--target", self.target] if self.target else []
        places += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
        quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json"]
        before = os.environ.get("LIFETIME_BUILD_PATH")
        os.environ["LIFETIME_BUILD_PATH"] = str(folder / "build.duckdb")
        os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        try:
            return dbtRunner(manifest=manifest).invoke(
                [*quiet, command, *places, "--vars", json.dumps(dict(variables)), *options]
            )
        finally:
            release_build()
            if before is None:
                del os.environ["LIFETIME_BUILD_PATH"]
            else:
                os.environ["LIFETIME_BUILD_PATH"] = before

    def _fill(self, manifest: Any, database: Path, with_models: bool) -> None:
        """Relations without rows, with the columns that they are to have."""
        with duckdb.connect(str(database)) as connection:
            for node in _relations(manifest):
                if node.database != database.stem:
                    continue
                if str(node.resource_type) == "model" and not with_models:
                    continue
                columns = _columns(self.root, node, manifest)
                if columns:
                    listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
                    connection.execute(f'create schema if not exists "{node.schema}"')
                    connection.execute(f"create or replace table {node.relation_name} ({listed})")

    def _take(self, manifest: Any, answer: Any, rendered: dict[str, set[str]]) -> None:
        """Add what was compiled to what is known of the project."""
        if answer.result is None:
            self.project.broken.append(f"the project does not compile: {_plain(answer.exception)}")
            return
        nodes = self.project.nodes
        for node in _relations(manifest):
            key = node.unique_id
            if key not in nodes:
                columns = _columns(self.root, node, manifest)
                types = {name.lower(): kind for name, kind in columns.items()}
                nodes[key] = Node(
                    node.name,
                    str(node.resource_type),
                    node.original_file_path,
                    _relation(node),
                    list(types),
                    language=str(getattr(node, "language", "sql")),
                    types=types,
                )
            if nodes[key].kind == "model":
                nodes[key].parents |= set(node.depends_on.nodes)
                nodes[key].asks |= set(_asks(node, manifest))
                nodes[key].hooks |= rendered.get(key, set())
                if (node.config.pre_hook or node.config.post_hook) and key not in rendered:
                    self.project.broken.append(f"{node.name}: its hooks do not compile")
        for node in manifest.nodes.values():
            kind = str(node.resource_type)
            if kind == "operation" and not _runs_nothing(node.raw_code, manifest):
                self.project.around.add(node.raw_code)
            metadata = getattr(node, "test_metadata", None)
            if metadata and metadata.name in ("is_key", "unique") and node.attached_node in nodes:
                key_columns = metadata.kwargs.get("columns") or [metadata.kwargs["column_name"]]
                nodes[node.attached_node].keys.append(key_columns)
        compiled: dict[str, Any] = {result.node.unique_id: result for result in answer.result}
        for key, found in nodes.items():
            if found.kind != "model" or key not in manifest.nodes:
                continue
            result = compiled.get(key)
            if result is None or not getattr(result.node, "compiled_code", None):
                why = _plain((result and result.message) or answer.exception)
                self.project.broken.append(f"{found.name} does not compile: {why}")
                continue
            is_python = found.language == "python"
            found.code.add(result.node.raw_code if is_python else result.node.compiled_code)
            if found.path.startswith("models/raw/"):
                self._note_files(result.node.compiled_code)

    def _note_files(self, code: str) -> None:
        """The columns of the delivered files that a raw model reads."""
        for text in re.findall(r"read_(?:csv|parquet)\((?:[^()']|'(?:[^']|'')*')*\)", code):
            for files in self.project.raw_files:
                relation = file_relation(text, files)
                if relation and relation not in self.project.files:
                    rows = duckdb.sql(f"describe select * from {text}").fetchall()
                    self.project.files[relation] = [str(row[0]).lower() for row in rows]


def _relations(manifest: Any) -> Iterator[Any]:
    """Models, seeds, snapshots and sources."""
    yield from (
        node
        for node in manifest.nodes.values()
        if str(node.resource_type) in ("model", "seed", "snapshot")
    )
    yield from manifest.sources.values()


def _relation(node: Any) -> Relation:
    name = getattr(node, "alias", None) or node.identifier
    return (node.database or "").lower(), node.schema.lower(), name.lower()


def _columns(root: Path, node: Any, manifest: Any) -> dict[str, str]:
    """Columns and types: the contract, a seed's header, for a source what the raw model reads."""
    declared = {name: column.data_type or "text" for name, column in node.columns.items()}
    kind = str(node.resource_type)
    if kind == "seed":
        with (root / node.original_file_path).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        return dict.fromkeys(header, "text") | {
            name: kind for name, kind in node.config.column_types.items() if name in header
        }
    if kind == "source" and not declared:
        raw = manifest.nodes.get(f"model.{node.package_name}.raw_{node.name}")
        return (
            dict.fromkeys((name for name in raw.columns if name != "unparsed_values"), "text")
            if raw
            else {}
        )
    return declared


def _asks(node: Any, manifest: Any) -> Iterator[str]:
    """What a model's template, or a macro below it, asks the warehouse while it compiles."""
    yield from (
        found.group(0) for found in ASKS.finditer(node.raw_code) if str(node.language) == "sql"
    )
    seen: set[str] = set()
    waiting = list(node.depends_on.macros)
    while waiting:
        key = waiting.pop()
        macro = manifest.macros.get(key)
        if key in seen or macro is None:
            continue
        seen.add(key)
        waiting += macro.depends_on.macros
        if macro.package_name not in ("dbt", "dbt_duckdb"):
            yield from (
                f"{macro.name}: {found.group(0)}" for found in ASKS.finditer(macro.macro_sql)
            )


@contextmanager
def _hooks_rendered() -> Iterator[dict[str, set[str]]]:
    """While dbt compiles: the hooks of each model as well, as a build would run them."""
    from dbt.clients.jinja import get_rendered
    from dbt.context.providers import generate_runtime_model_context
    from dbt.task.compile import CompileRunner

    rendered: dict[str, set[str]] = {}
    compile_model = CompileRunner.compile

    def with_hooks(runner: Any, manifest: Any) -> Any:
        node = compile_model(runner, manifest)
        hooks = [*node.config.get("pre_hook", []), *node.config.get("post_hook", [])]
        if hooks:
            context = generate_runtime_model_context(node, runner.config, manifest)
            rendered[node.unique_id] = {
                text for hook in hooks if (text := get_rendered(hook.sql, context, node).strip())
            }
        return node

    CompileRunner.compile = with_hooks
    try:
        yield rendered
    finally:
        CompileRunner.compile = compile_model


def _runs_nothing(hook: str, manifest: Any) -> bool:
    """Whether a hook calls one macro of the project whose form for this engine is empty."""
    call = re.fullmatch(r"\s*\{\{\s*(\w+)\(\)\s*\}\}\s*", hook)
    names = [f"{engine}__{call.group(1)}" for engine in ("duckdb", "default")] if call else []
    for name in names:
        macro = manifest.macros.get(f"macro.lifetime_segments.{name}")
        if macro is not None:
            body = re.sub(r"\{%-?\s*(end)?macro.*?%\}", "", macro.macro_sql, flags=re.DOTALL)
            return not body.strip()
    return False


def _plain(error: Any) -> str:
    return " ".join(str(error).split())[:300]


# -- files of a delivery --------------------------------------------------------------------------


def file_relation(text: str, files: str | Mapping[str, str] | None) -> Relation | None:
    """The relation that a reading of a delivered file stands for, or none if it is no such file."""
    found = re.match(r"\s*read_(csv|parquet)\(\s*'((?:[^']|'')*)'", text, re.IGNORECASE)
    if not found or not files:
        return None
    path = found.group(2).replace("''", "'")
    if isinstance(files, Mapping):
        table = next((name for name, place in files.items() if place == path), None)
    else:
        before, _, after = files.partition("{name}")
        is_one = path.startswith(before) and path.endswith(after)
        table = path[len(before) : len(path) - len(after)] if is_one else None
    return (FILES[0], FILES[1], table) if table and re.fullmatch(r"\w+", table) else None
