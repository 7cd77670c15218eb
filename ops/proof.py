"""Proof that no protected attribute reaches what decides about people.

Every model that decides is followed back to the delivered tables. Whatever the compiled SQL of one
of them reads, in whatever clause, must not be protected: neither a column nor the rows of a
protected table. What cannot be read with certainty counts as a finding too.

    python -m ops.proof                    # the demo shop, files and source tables
    python -m ops.proof --raw folder       # your own files

Exit codes: 0 proven; 1 something reaches, or cannot be read; 2 the caller can put it right.
"""

import argparse
import csv
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlglot import exp

from ops.build import gather_vars
from ops.project import ROOT, UserError, contract_tables, project_vars, target_settings
from ops.proof_project import Compiler, Node, Project, file_relation
from ops.proof_python import refs
from ops.proof_sql import Reading, Relation, Unreadable, Use, read, schema_of, statements, tables

DECIDING = ("models/intermediate/", "models/marts/")
PROTECTED = ("models/staging/protected/", "models/intermediate/fairness/", "models/marts/audit/")
ATTRIBUTES = "customer_attributes"

# The one edge back: a promotion that is stopped for everybody, never a person.
EDGE = "int_promotion_verdicts"
EDGE_COLUMNS = {
    "promotion_id",
    "is_stopped",
    "fairness_verdict",
    "failed_attribute_count",
    "excepted_attribute_count",
    "stop_reason",
}
EDGE_READERS = {"int_promotion_decisions", "int_segment_plan"}


@dataclass(frozen=True)
class Exemption:
    """A protected column that one model may use in one item of a select list, and why."""

    model: str
    table: str
    projection: str
    within: str | None
    reason: str

    def covers(self, model: str, table: str, use: Use) -> bool:
        return (
            (model, table, use.projection) == (self.model, self.table, self.projection)
            and use.clause == "select list"
            and (self.within is None or self.within in use.within)
        )

    def __str__(self) -> str:
        return f"{self.model}.{self.projection}: {self.reason}"


BIRTH_DATE = {
    "raw_customers": [
        Exemption(
            "raw_customers",
            "customers",
            "birth_date",
            None,
            "the birth date as it was delivered; who reads it is listed here",
        ),
        Exemption(
            "raw_customers",
            "customers",
            "unparsed_values",
            "null test",
            "says that a birth date could not be read, never what was written",
        ),
    ],
    "stg_customers_checked": [
        Exemption(
            "stg_customers_checked",
            "raw_customers",
            "birth_month_day",
            "month or day",
            "a birthday greeting needs the day, not the age",
        ),
        Exemption(
            "stg_customers_checked",
            "raw_customers",
            "is_minor",
            "comparison with a constant",
            "a known minor is never contacted",
        ),
    ],
}


@dataclass
class Report:
    """What was looked at and what was found."""

    findings: list[str] = field(default_factory=list)
    models: set[str] = field(default_factory=set)
    columns: set[tuple[str, str]] = field(default_factory=set)
    raw_columns: set[tuple[str, str]] = field(default_factory=set)
    exemptions: set[Exemption] = field(default_factory=set)
    edge_readers: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        if self.findings:
            count = len(self.findings)
            return "\n".join(
                [*self.findings, f"Not proven: {count} finding{'s' if count != 1 else ''}."]
            )
        lines = [
            f"Proven: {len(self.models)} models decide about people or lead to one that does; they "
            f"read {len(self.columns)} columns, none of them protected but:",
            *(f"  {exemption}" for exemption in sorted(self.exemptions, key=str)),
        ]
        if self.edge_readers:
            lines.append(
                f"  {EDGE}: whether a promotion is stopped for all; read by "
                f"{', '.join(sorted(self.edge_readers))}"
            )
        return "\n".join(lines)


# -- the rules ------------------------------------------------------------------------------------


class Proof:
    """One project, judged once."""

    def __init__(self, project: Project, words: Iterable[str], root: Path = ROOT) -> None:
        self.project, self.root = project, root
        self.words = sorted(words)
        self.report = Report()
        self.ids = {node.relation: key for key, node in project.nodes.items()}
        columns = {node.relation: node.columns for node in project.nodes.values()}
        self.schema = schema_of(columns | project.files)
        self.parents: dict[str, set[str]] = {}

    def run(self) -> Report:
        """Look at every model that decides and at all that it comes from."""
        report, nodes = self.report, self.project.nodes
        report.findings += self.project.broken
        waiting = [key for key, node in nodes.items() if self.decides(node)]
        while waiting:
            key = waiting.pop()
            if key in self.parents:
                continue
            self.parents[key] = set()
            report.models.add(nodes[key].name)
            self._examine(key)
            waiting += [
                parent
                for parent in self.parents[key]
                if nodes[parent].kind == "model" and not self.is_protected(parent)
            ]
        self._judge_edge()
        self._judge_what_runs_besides()
        report.findings = sorted(set(report.findings))
        return report

    def decides(self, node: Node) -> bool:
        """Whether a model decides about people, or is read by those who do."""
        return (
            node.kind in ("model", "snapshot")
            and node.path.startswith(DECIDING)
            and not node.path.startswith(PROTECTED)
        )

    def is_protected(self, key: str) -> bool:
        """Whether a relation holds protected attributes, or comes from one that does."""
        node = self.project.nodes[key]
        is_attributes = node.name in (ATTRIBUTES, f"raw_{ATTRIBUTES}", f"demo_{ATTRIBUTES}")
        return node.path.startswith(PROTECTED) or is_attributes

    def _find(self, node: Node, what: str, remedy: str) -> None:
        self.report.findings.append(f"{node.name}: {what}. {remedy}")

    def _examine(self, key: str) -> None:
        """What one model reads, by its code, its hooks and dbt's own graph."""
        node = self.project.nodes[key]
        if node.kind == "snapshot":
            self._find(node, "is a snapshot, of which no SQL is compiled", "Make it a model.")
        elif not node.code:
            self._find(node, "has no compiled code", "Mend what keeps it from compiling.")
        for asked in sorted(node.asks):
            self._find(
                node,
                f"asks the warehouse while it compiles ({asked})",
                "What it learns is text in the SQL, of which nobody sees the origin: join instead.",
            )
        uses: set[Use] = set()
        for code in node.code:
            try:
                uses |= self._uses(node, code)
            except Unreadable as error:
                self._find(node, str(error), "Write it so that every column is named.")
        for hook in node.hooks:
            uses |= self._hook_uses(node, hook)
        named = {self._id(node, use.relation) for use in uses} | node.parents
        for parent in sorted(filter(None, named)):
            if parent in self.project.nodes:
                self.parents[key].add(parent)
                self._judge_rows(node, parent)
        for use in sorted(uses, key=str):
            if use.column is not None:
                self._judge_column(node, use)

    def _uses(self, node: Node, code: str) -> set[Use]:
        """The stored columns that a model's code reads."""
        if node.language == "python":
            found: set[Use] = set()
            for name in refs(code, self.root):
                if (parent := self.project.by_name(name)) is None:
                    raise Unreadable(f"reads {name}, which is no model")
                found |= _all_of(self.project.nodes[parent], "dbt.ref")
            return found
        is_raw = node.path.startswith("models/raw/")
        reading = read(code, self.schema, self._file if is_raw else lambda _: None)
        if is_raw:
            self._judge_texts(node, reading)
        return set(reading.uses)

    def _file(self, text: str) -> Relation | None:
        """The relation that a delivered file stands for."""
        found = (file_relation(text, files) for files in self.project.raw_files)
        relation = next(filter(None, found), None)
        return relation if relation in self.project.files else None

    def _id(self, node: Node, relation: Relation) -> str | None:
        """The node of a relation; a delivered file is none, and anything else is a finding."""
        if relation in self.ids:
            return self.ids[relation]
        if relation in self.project.files:
            if relation[2] == ATTRIBUTES:
                self._find(node, f"reads the file of {ATTRIBUTES}", REMOVE)
            return None
        name = ".".join(filter(None, relation))
        self._find(node, f"reads {name}, which is no relation of this project", "Use ref().")
        return None

    # -- judging one use --

    def _judge_rows(self, node: Node, parent: str) -> None:
        """No row of a protected relation may be read, be it only to count it."""
        read_node = self.project.nodes[parent]
        if not self.is_protected(parent) or parent == self.ids.get(node.relation):
            return
        if read_node.name == EDGE and node.name in EDGE_READERS:
            self.report.edge_readers.add(node.name)
            return
        remedy = REMOVE
        if read_node.name == EDGE:
            remedy = f"Only {' and '.join(sorted(EDGE_READERS))} may read it: read those."
        self._find(node, f"reads rows of {read_node.name}, which is protected", remedy)

    def _judge_column(self, node: Node, use: Use) -> None:
        """No protected column may be read, but where it is exempt."""
        parent = self.ids.get(use.relation)
        read_node = self.project.nodes[parent] if parent else None
        name, column = use.relation[2], str(use.column)
        if read_node is not None and self.is_protected(str(parent)):
            if not (read_node.name == EDGE and node.name in EDGE_READERS) and read_node is not node:
                self._find(node, f"reads {name}.{column} in {_where(use)}", REMOVE)
            return
        self.report.columns.add((name, column))
        is_raw = read_node is not None and read_node.path.startswith("models/raw/")
        if is_raw and column != "unparsed_values":
            self.report.raw_columns.add((name.removeprefix("raw_"), column))
        is_delivered = read_node is None or read_node.kind in ("seed", "source")
        word = self.protected_word(column) if is_raw or is_delivered else None
        if word is None:
            return
        table = "customers" if is_delivered and node.name == "raw_customers" else name
        for exemption in BIRTH_DATE.get(node.name, []):
            if exemption.covers(node.name, table, use):
                self.report.exemptions.add(exemption)
                return
        exempt = ", ".join(
            str(exemption).split(":")[0] for listed in BIRTH_DATE.values() for exemption in listed
        )
        self._find(
            node,
            f"reads {name}.{column} in {_where(use)}; {word} is protected",
            f"Leave the column out. A birth date may be used in {exempt} alone, as it is there."
            if "birth" in word
            else "Leave the column out, or deliver it in customer_attributes, for audit.",
        )

    def _judge_texts(self, node: Node, reading: Reading) -> None:
        """A raw model may not take a protected attribute out of a document or out of rows."""
        labels = {f"{column}={end}" for column in node.columns for end in ("", "; ")}
        for text in sorted(reading.texts - labels):  # labels are those of unparsed_values
            if word := self.protected_word(text):
                self._find(
                    node,
                    f"holds the text {text[:60]!r}; {word} is protected",
                    "Leave it out, or deliver it in customer_attributes, for audit.",
                )

    def protected_word(self, name: str) -> str | None:
        """The protected attribute among the words of a name, if there is one."""
        parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
        words = "_" + "_".join(re.findall(r"[^\W_]+", parted)) + "_"
        return next((word for word in self.words if f"_{word}_" in words), None)

    # -- what no ancestor's select shows --

    def _judge_edge(self) -> None:
        """The verdicts tell of promotions, and nothing before the selection knows them."""
        nodes = self.project.nodes
        edge = self.project.by_name(EDGE)
        if edge is None:
            return
        if extra := sorted(set(nodes[edge].columns) - EDGE_COLUMNS):
            self._find(
                nodes[edge],
                f"has the column {', '.join(extra)}",
                f"Only {', '.join(sorted(EDGE_COLUMNS))} may come back from audit.",
            )
        if ["promotion_id"] not in nodes[edge].keys:
            self._find(nodes[edge], "is not tested to have one row per promotion", "Add is_key.")
        for key, node in nodes.items():
            if key in self.parents and (
                node.path.startswith("models/intermediate/") or node.name == "customer_segments"
            ):
                for reader in sorted(self._names_before(key) & EDGE_READERS):
                    self._find(
                        node,
                        f"is decided after the verdicts, through {reader}",
                        "Selections and segments come before them.",
                    )

    def _names_before(self, key: str) -> set[str]:
        """The names of all that a model comes from."""
        seen: set[str] = set()
        waiting = [key]
        while waiting:
            for parent in self.parents.get(waiting.pop(), set()) - seen:
                seen.add(parent)
                waiting.append(parent)
        return {self.project.nodes[parent].name for parent in seen}

    def _judge_what_runs_besides(self) -> None:
        """Nothing but a model itself may write into its relation, whoever runs it."""
        for node in self.project.nodes.values():
            if node.language == "python" and node.path.startswith(PROTECTED):
                for code in node.code:
                    try:
                        refs(code, self.root)
                    except Unreadable as error:
                        self._find(node, str(error), "It could write what others read.")
            for hook in node.hooks:
                self._judge_writes(node, hook)
        for text in sorted(self.project.around):
            self._judge_around(text)

    def _judge_writes(self, node: Node, hook: str) -> None:
        try:
            for tree in statements(hook):
                if isinstance(tree, exp.Query):
                    continue
                target = tree.find(exp.Table)
                written = target and (target.catalog, target.db, target.name)
                known = isinstance(tree, exp.Delete | exp.Insert | exp.Update)
                if not known or written != node.relation:
                    self._find(
                        node,
                        f"has a hook that does more than change its own rows: {hook[:80]}",
                        "A hook may delete, insert or update in {{ this }} alone.",
                    )
        except Unreadable as error:
            self._find(node, f"has a hook that {error}", "Write plain SQL on {{ this }}.")

    def _judge_around(self, text: str) -> None:
        """SQL at the start or end of a run touches no relation of the project."""
        try:
            if "{{" in text or "{%" in text:
                raise Unreadable("is a template")
            for tree in statements(text):
                if isinstance(tree, exp.Create) or tables(tree) & set(self.ids):
                    raise Unreadable("touches relations of the project")
        except Unreadable as error:
            self.report.findings.append(
                f"on-run hook {text[:60]!r} {error}. Make it a hook of the model it belongs to."
            )

    def _hook_uses(self, node: Node, hook: str) -> set[Use]:
        """A hook counts as reading every column of every relation that it names."""
        found: set[Use] = set()
        try:
            for tree in statements(hook):
                for relation in tables(tree) - {node.relation}:
                    if relation in self.ids:
                        found |= _all_of(self.project.nodes[self.ids[relation]], "hook")
                    else:
                        found.add(Use(relation, None, "hook"))
        except Unreadable as error:
            self._find(node, f"has a hook that {error}", "Write plain SQL on {{ this }}.")
        return found


REMOVE = "Remove it: only models/intermediate/fairness and models/marts/audit may know it."


def _where(use: Use) -> str:
    return f"{use.clause} ({use.projection})" if use.projection else use.clause


def _all_of(node: Node, clause: str) -> set[Use]:
    """Every column of a relation, and its rows."""
    return {Use(node.relation, column, clause) for column in [*node.columns, None]}


# -- the shapes of the project --------------------------------------------------------------------


def protected_words(root: Path = ROOT) -> list[str]:
    """The attributes of seed protected_attributes."""
    path = root / "seeds" / "policy" / "protected_attributes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [row["attribute"] for row in csv.DictReader(file)]


def compile_shapes(root: Path, home: Path, profiles: Path, target: str | None = None) -> Project:
    """The demo shop; the same tables as files; and as tables of the warehouse."""
    compiler = Compiler(root, home, profiles, target)
    compiler.add({"demo_shop": True}, states=(False, True))
    project = compiler.project
    if project.broken:
        return project
    same_day = {"as_of_date": "2026-06-30", "business_timezone": "Europe/Berlin"}
    folder = home / "delivered"
    folder.mkdir()
    for table in contract_tables(project_vars()):
        raw = project.by_name(f"raw_{table}")
        columns = (
            [name for name in project.nodes[raw].columns if name != "unparsed_values"]
            if raw
            else ["nothing"]
        )
        (folder / f"{table}.csv").write_text(",".join(columns) + "\n", encoding="utf-8")
    own = {"demo_shop": False, **same_day}
    compiler.add({**own, "raw_files": f"{folder}/{{name}}.csv"}, states=(True,))
    compiler.add(own, states=(True,))
    return project


def main(argv: Sequence[str] | None = None) -> int:
    """Prove, and turn what a person can mend into one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m ops.proof", description=__doc__.split("\n")[0])
    parser.add_argument("--raw", type=Path, help="folder of your own files; none: every shape")
    parser.add_argument("--as-of", metavar="DATE", help="last day to count, YYYY-MM-DD or today")
    parser.add_argument("--target", help="target of profiles.yml; none: its default")
    parser.add_argument("--vars", default="", metavar="YAML", help="dbt vars, '{name: value}'")
    arguments = parser.parse_args(argv)
    profiles = Path(os.environ.get("DBT_PROFILES_DIR", ROOT))
    try:
        target_settings(arguments.target)
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "proof"
            if arguments.raw or arguments.as_of or arguments.vars:
                compiler = Compiler(ROOT, home, profiles, arguments.target)
                compiler.add(gather_vars(arguments), states=(False, True))
                project = compiler.project
            else:
                project = compile_shapes(ROOT, home, profiles, arguments.target)
            report = Proof(project, protected_words()).run()
    except UserError as error:
        print(f"proof: {error}", file=sys.stderr)
        return 2
    print(report)
    return 1 if report.findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
