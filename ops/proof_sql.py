"""Which stored columns a query reads, and in which of its clauses.

Names are resolved by sqlglot against the columns of every relation of the project. A column that a
CTE or derived table only hands on (`select *`) is read where it is used, or not at all; everything
else counts, whatever clause it stands in, and so do the rows of every relation that is named. What
cannot be resolved with certainty raises `Unreadable`: nothing passes because it was not understood.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, ScopeType, traverse_scope
from sqlglot.schema import MappingSchema
from sqlglot.tokens import TokenType  # type: ignore[attr-defined]

DIALECT = "duckdb"
Relation = tuple[str, str, str]  # database, schema, name
Columns = Mapping[Relation, Iterable[str]]

# Functions that hold a value from elsewhere, of which the query itself says nothing.
STATEFUL = {"getvariable", "getenv", "current_setting", "nextval", "currval", "read_blob"}
TEXTS = {
    TokenType.STRING,
    TokenType.NATIONAL_STRING,
    TokenType.HEREDOC_STRING,
    TokenType.BYTE_STRING,
}
CLAUSES = {
    "expressions": "select list",
    "from_": "from",
    "joins": "join",
    "where": "where",
    "group": "group by",
    "having": "having",
    "qualify": "qualify",
    "windows": "window",
    "order": "order by",
    "distinct": "distinct",
    "limit": "limit",
    "laterals": "lateral",
}


class Unreadable(Exception):
    """A query of which it cannot be said what it reads."""


@dataclass(frozen=True)
class Use:
    """One stored column where it is used; without a column, the rows of a relation."""

    relation: Relation
    column: str | None
    clause: str
    projection: str | None = None
    within: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reading:
    """What a query reads: columns and rows, and the texts and field names that it mentions."""

    uses: frozenset[Use]
    texts: frozenset[str]


def schema_of(columns: Columns) -> MappingSchema:
    """The relations with their columns, as sqlglot wants them."""
    nested: dict[str, object] = {}
    for (database, schema, name), names in columns.items():
        level = nested
        for part in (database, schema):
            level = level.setdefault(part, {})  # type: ignore[assignment]
        level[name] = dict.fromkeys(names, "text") or {"_": "text"}
    return MappingSchema(nested, dialect=DIALECT)


def statements(sql: str) -> list[exp.Expr]:
    """The statements of a text, none of them beyond what the parser understands."""
    try:
        found = [tree for tree in sqlglot.parse(sql, dialect=DIALECT) if tree is not None]
    except SqlglotError as error:
        raise Unreadable(f"does not parse: {_first_line(error)}") from error
    for tree in found:
        if isinstance(tree, exp.Command) or next(tree.find_all(exp.Command), None):
            raise Unreadable(f"holds a command that cannot be read: {tree.sql(DIALECT)[:60]}")
    return found


def tables(tree: exp.Expr) -> set[Relation]:
    """Every relation that a statement names; a table function is none and raises."""
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = set()
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.GenerateSeries):
            continue
        if not isinstance(table.this, exp.Identifier):
            raise Unreadable(f"reads the table function {table.sql(DIALECT)[:60]}")
        if table.name not in ctes or table.db:
            found.add((table.catalog, table.db, table.name))
    return found


def read(
    sql: str,
    schema: MappingSchema,
    is_delivered_file: Callable[[str], Relation | None] = lambda _: None,
) -> Reading:
    """What a select reads. Table functions are files of the delivery, and number series."""
    trees = statements(sql)
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise Unreadable("is not one select")
    tree = trees[0]
    _replace_table_functions(tree, is_delivered_file)
    _refuse(tree)
    for relation in tables(tree):
        if not schema.column_names(exp.table_(relation[2], relation[1], relation[0])):
            name = ".".join(filter(None, relation))
            raise Unreadable(f"reads {name}, which is no relation of this project")
    texts = {token.text for token in sqlglot.tokenize(sql, DIALECT) if token.token_type in TEXTS}
    texts |= {dot.expression.name for dot in tree.find_all(exp.Dot)}
    try:
        tree = qualify(tree, dialect=DIALECT, schema=schema, quote_identifiers=False)
        scopes = traverse_scope(tree)
    except SqlglotError as error:
        raise Unreadable(f"has a name that cannot be resolved: {_first_line(error)}") from error
    _refuse_what_is_left(tree)
    return Reading(frozenset(_Resolver(scopes, schema).uses()), frozenset(texts))


# -- what is refused ------------------------------------------------------------------------------


@cache
def _built_in() -> frozenset[str]:
    """The names of DuckDB's own functions: any other could hold a query of its own."""
    with duckdb.connect() as connection:
        rows = connection.sql("select lower(function_name) from duckdb_functions()").fetchall()
    return frozenset(name for (name,) in rows)


def _replace_table_functions(
    tree: exp.Expr, is_delivered_file: Callable[[str], Relation | None]
) -> None:
    """A file of the delivery becomes the relation it stands for; a series of numbers a value."""
    for table in list(tree.find_all(exp.Table)):
        if isinstance(table.this, exp.Identifier):
            continue
        text = table.this.sql(DIALECT)
        if relation := is_delivered_file(text):
            database, schema, name = relation
            table.set("this", exp.to_identifier(name, quoted=True))
            table.set("db", exp.to_identifier(schema, quoted=True))
            table.set("catalog", exp.to_identifier(database, quoted=True))
        elif not isinstance(table.this, exp.GenerateSeries) or table.find(exp.Column):
            raise Unreadable(f"reads {text[:80]}, which is neither a model nor a delivered file")


def _refuse(tree: exp.Expr) -> None:
    """Constructs whose columns only the database knows."""
    for node in tree.walk():
        if isinstance(node, exp.Columns):
            raise Unreadable("has COLUMNS()")
        if isinstance(node, exp.Pivot):
            raise Unreadable("has PIVOT or UNPIVOT")
        if isinstance(node, exp.Parameter | exp.Placeholder | exp.SessionParameter):
            raise Unreadable("has a parameter")
        if isinstance(node, exp.With) and node.args.get("recursive"):
            raise Unreadable("is recursive")
        if isinstance(node, exp.Join) and (
            node.method.upper() in ("NATURAL", "POSITIONAL") or node.args.get("global_")
        ):
            raise Unreadable(f"has a {node.method.lower()} join, which names no columns")
        if isinstance(node, exp.SetOperation) and node.args.get("by_name"):
            raise Unreadable("has a union by name")
        if isinstance(node, exp.Lateral | exp.Unnest):
            raise Unreadable(f"has {type(node).__name__.lower()} rows")
        name = node.name.lower() if isinstance(node, exp.Anonymous) else None
        if name is not None and name not in _built_in():
            raise Unreadable(f"calls {name}(), which is no function of DuckDB's own")
        if isinstance(node, exp.Func) and (name or node.sql_name().lower()) in STATEFUL:
            raise Unreadable(f"calls {name or node.sql_name().lower()}()")


def _refuse_what_is_left(tree: exp.Expr) -> None:
    """What name resolution should have expanded."""
    for node in tree.walk():
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            raise Unreadable("has a star that cannot be resolved")
        if isinstance(node, exp.Join) and node.args.get("using"):
            raise Unreadable("has USING that cannot be resolved")
        if isinstance(node, exp.TableColumn):
            raise Unreadable(f"takes a whole row as a value: {node.name}")


# -- what is read ---------------------------------------------------------------------------------


class _Resolver:
    """Follows every column of a qualified query to where it is stored."""

    def __init__(self, scopes: list[Scope], schema: MappingSchema) -> None:
        self.scopes = {id(scope.expression): scope for scope in scopes}
        self.schema = schema
        self.root = scopes[-1]
        self.handing_on = {key for key, scope in self.scopes.items() if self._hands_on(scope)}
        self.known: dict[tuple[int, str], frozenset[tuple[Relation, str]]] = {}

    def uses(self) -> Iterator[Use]:
        """Every use of a stored column, and every relation whose rows are read."""
        for scope in self.scopes.values():
            for table in scope.tables:
                source = scope.sources.get(table.alias_or_name)
                if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
                    yield Use(
                        _relation(source),
                        None,
                        "join"
                        if table.parent_select and isinstance(table.parent, exp.Join)
                        else "from",
                    )
        for column in self.root.expression.find_all(exp.Column):
            if self._is_handed_on(column):
                continue
            clause, projection, within = self._place(column)
            for relation, name in self._stored(column):
                yield Use(relation, name, clause, projection, within)

    def _hands_on(self, scope: Scope) -> bool:
        """Whether a plain column in this select list is read only where somebody uses it."""
        kept = (ScopeType.CTE, ScopeType.DERIVED_TABLE, ScopeType.SET_OPERATION)
        query = scope.expression
        if scope.scope_type not in kept or not isinstance(query, exp.Select):
            return False
        if scope.scope_type == ScopeType.SET_OPERATION and not self._adds_up(scope.parent):
            return False
        group, order = query.args.get("group"), query.args.get("order")
        counts_all = bool(group and group.args.get("all")) or any(
            isinstance(key.this, exp.Literal) or key.name.lower() == "all"
            for key in (order.expressions if order else [])
        )
        return not query.args.get("distinct") and not counts_all

    def _adds_up(self, scope: Scope | None) -> bool:
        """Whether a set operation, and each that it is part of, keeps every row: union all."""
        if scope is None or not isinstance(scope.expression, exp.Union):
            return False
        if scope.expression.args.get("distinct") or scope.expression.args.get("order"):
            return False
        if scope.scope_type == ScopeType.SET_OPERATION:
            return self._adds_up(scope.parent)
        return scope.scope_type in (ScopeType.CTE, ScopeType.DERIVED_TABLE)

    def _is_handed_on(self, column: exp.Column) -> bool:
        """Whether a column is a plain item of a select list that hands on."""
        item = column.parent if isinstance(column.parent, exp.Alias) else column
        select = item.parent
        if id(select) not in self.handing_on or item.arg_key != "expressions":
            return False
        return not self._is_named_below(select, item.alias_or_name)

    def _is_named_below(self, select: exp.Expr | None, name: str) -> bool:
        """Whether the same select orders or filters by the item's alias."""
        return select is not None and any(
            not column.table and column.name == name
            for key in ("order", "having", "qualify", "group", "where")
            if select.args.get(key)
            for column in select.args[key].find_all(exp.Column)
        )

    def _stored(self, column: exp.Column) -> frozenset[tuple[Relation, str]]:
        """The stored columns that a column hands on, through any number of CTEs."""
        node: exp.Expr | None = column
        while node is not None:
            scope = self.scopes.get(id(node))
            if scope is not None and column.table in scope.sources:
                return self._from_source(scope.sources[column.table], column.name)
            if scope is not None and not column.table and self._is_output(node, column):
                return frozenset()  # an item of the select list, which is read by itself
            node = node.parent
        raise Unreadable(f"has a column that cannot be resolved: {column.sql(DIALECT)}")

    def _is_output(self, query: exp.Expr, column: exp.Column) -> bool:
        return isinstance(query, exp.Query) and column.name in query.named_selects

    def _from_source(self, source: Scope | exp.Table, name: str) -> frozenset[tuple[Relation, str]]:
        if isinstance(source, exp.Table):
            if not isinstance(source.this, exp.Identifier):
                return frozenset()  # numbers of a series
            relation = _relation(source)
            if name not in self.schema.column_names(source, only_visible=False):
                raise Unreadable(f"reads {relation[2]}.{name}, which is not in the contract")
            return frozenset({(relation, name)})
        key = (id(source), name)
        if key not in self.known:
            query = source.expression
            if not isinstance(query, exp.Query) or name not in query.named_selects:
                raise Unreadable(f"has a column that cannot be resolved: {name}")
            position = [i for i, found in enumerate(query.named_selects) if found == name]
            self.known[key] = self._from_query(query, position)
        return self.known[key]

    def _from_query(self, query: exp.Expr, positions: list[int]) -> frozenset[tuple[Relation, str]]:
        """What stands at these places of a select list, where it is a plain column."""
        if isinstance(query, exp.Subquery):
            return self._from_query(query.this, positions)
        if isinstance(query, exp.SetOperation):
            return self._from_query(query.left, positions) | self._from_query(
                query.right, positions
            )
        if not isinstance(query, exp.Select):
            return frozenset()  # values: what they hold is read by itself
        found: frozenset[tuple[Relation, str]] = frozenset()
        for position in positions:
            item = query.selects[position].unalias()
            if isinstance(item, exp.Column):
                found |= self._stored(item)
        return found

    def _place(self, column: exp.Column) -> tuple[str, str | None, frozenset[str]]:
        """The clause and the item of the select list in which a column stands, and its tests."""
        within = set()
        node: exp.Expr = column
        clause, projection = "select list", None
        while node.parent is not None:
            parent = node.parent
            if isinstance(parent, exp.Is) and isinstance(parent.expression, exp.Null):
                within.add("null test")
            if isinstance(parent, exp.Extract) and parent.name.lower() in ("month", "day"):
                within.add("month or day")
            if isinstance(parent, exp.GT | exp.GTE | exp.LT | exp.LTE):
                other = parent.expression if node is parent.this else parent.this
                if not other.find(exp.Column):
                    within.add("comparison with a constant")
            if isinstance(parent, exp.Window):
                within.add("window")
            if id(parent) in self.scopes:
                clause = CLAUSES.get(node.arg_key or "", str(node.arg_key))
                projection = node.alias_or_name if node.arg_key == "expressions" else None
                break
            node = parent
        return ("window" if "window" in within else clause), projection, frozenset(within)


def _relation(table: exp.Table) -> Relation:
    return table.catalog, table.db, table.name


def _first_line(error: Exception) -> str:
    return (
        " ".join(str(error).splitlines()[0].split())[:200] if str(error) else type(error).__name__
    )
