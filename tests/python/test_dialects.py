"""Engines that are not at hand: each model compiles for them and parses in their dialect.

No connection is made, so this says that the syntax is theirs, and nothing of the numbers.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import yaml
from shop import REPOSITORY
from sqlfluff.core import FluffConfig, Linter
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

PYTHON = REPOSITORY / ".venv" / "dialects" / "bin" / "python"

# Nothing answers at these; dbt wants a complete profile all the same.
LOGIN = {"host": "127.0.0.1", "user": "nobody", "schema": "build", "threads": 1}
TARGETS: dict[str, dict[str, Any]] = {
    "bigquery": {"method": "oauth-secrets", "token": "none", "project": "shop"},
    "databricks": {"http_path": "/none", "token": "none", "catalog": "shop"},
    "redshift": {"port": 5439, "password": "none", "dbname": "shop"},
    "snowflake": {"account": "none", "password": "none", "database": "shop", "warehouse": "shop"},
    "trino": {"method": "none", "port": 8080, "database": "shop"},
}

# What asks a warehouse while dbt compiles answers without one: which night it is comes from a var,
# and the demo's seeds are not loaded.
ANSWERS = """
{% macro is_incremental() %}{{ return(var('is_a_later_night')) }}{% endmacro %}
{% macro load_relation(relation) %}{{ return(none) }}{% endmacro %}
"""

# Names that stand before a bracket and are no functions.
NO_FUNCTIONS = {"group", "numeric"}

# What sqlglot would write otherwise, or does not know, and the engine's documentation has.
KNOWN: dict[str, set[str]] = {
    "bigquery": {"strpos"},
    "databricks": {"conv", "dateadd", "mod", "percentile_cont", "position", "substr"},
    "redshift": {"mod", "substr", "timezone"},
    "snowflake": {"extract", "mod", "position", "stddev_samp", "substr"},
    "trino": {"at_timezone", "mod", "position", "to_milliseconds", "with_timezone"},
}

# What the engine has not: these models would not run there as they are. README names them.
MISSING: dict[str, set[str]] = {
    "trino": {"percentile_cont"},  # only approx_percentile, which does not interpolate
}

# What sqlfluff cannot read, by a piece of its complaint.
UNREAD: dict[str, str] = {
    "bigquery": "within group",  # percentile_cont is no aggregate there
    "snowflake": "' || ",  # position('a' || b in c): the engine has it, sqlfluff's grammar has not
    "trino": "' || ",
}


# -- compiling without a connection ---------------------------------------------------------------


def without_checks(properties: dict[str, Any]) -> dict[str, Any]:
    """What a model's SQL does not depend on takes dbt longer to read than all the rest."""
    properties.pop("unit_tests", None)
    for node in [*properties.get("models", []), *properties.get("seeds", [])]:
        for part in [node, *node.get("columns", [])]:
            part.pop("data_tests", None)
            part.pop("description", None)
    return properties


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The SQL of each model in each dialect."""
    if not PYTHON.exists():
        pytest.skip("the adapters are not installed: make .venv/dialects/installed")
    project = tmp_path_factory.mktemp("dialects") / "project"
    for folder in ("models", "macros", "seeds"):
        shutil.copytree(REPOSITORY / folder, project / folder)
    shutil.copy(REPOSITORY / "dbt_project.yml", project)
    (project / "macros" / "answers.sql").write_text(ANSWERS)
    for file in [*project.glob("models/**/*.yml"), *project.glob("seeds/**/*.yml")]:
        properties = without_checks(yaml.load(file.read_text(), yaml.CSafeLoader))
        file.write_text(yaml.dump(properties, Dumper=yaml.CSafeDumper) if properties else "")
    outputs = {name: {"type": name, **LOGIN, **login} for name, login in TARGETS.items()}
    outputs["bigquery"].pop("user")
    profile = {"lifetime_segments": {"target": "trino", "outputs": outputs}}
    (project / "profiles.yml").write_text(yaml.safe_dump(profile))
    compiler = Path(__file__).with_name("compile_dialects.py")
    subprocess.run([PYTHON, compiler, project, *TARGETS], check=True)
    return {name: json.loads((project.parent / f"{name}.json").read_text()) for name in TARGETS}


@pytest.mark.parametrize("dialect", TARGETS)
def test_every_model_compiles(dialect: str, models: dict[str, dict[str, str]]) -> None:
    """All of SQL; the two models in Python are DuckDB's."""
    written = {path.stem for path in (REPOSITORY / "models").rglob("*.sql")}
    assert set(models[dialect]) >= written, models[dialect].get("error")
    assert all(models[dialect].values())


# -- sqlglot --------------------------------------------------------------------------------------


def functions(sql: str, dialect: str) -> set[str]:
    """The names before a bracket, in lower case."""
    tokens = sqlglot.tokenize(sql, dialect=dialect)
    return {
        token.text.lower()
        for token, following in pairwise(tokens)
        if following.token_type == TokenType.L_PAREN and token.text.isidentifier()
    } - NO_FUNCTIONS


def complaints(sql: str, dialect: str) -> Iterator[str]:
    """Why it does not parse, or each function that sqlglot would not write in this dialect."""
    try:
        statement = sqlglot.parse_one(sql, dialect=dialect)
        known = functions(statement.sql(dialect=dialect), dialect)
    except SqlglotError as error:
        yield str(error)
        return
    unknown = {call.name.lower() for call in statement.find_all(exp.Anonymous)}
    yield from sorted((functions(sql, dialect) - known) | unknown)


@pytest.mark.parametrize("dialect", TARGETS)
def test_every_model_parses(dialect: str, models: dict[str, dict[str, str]]) -> None:
    """By sqlglot, and with functions of that engine alone."""
    found = {name: set(complaints(sql, dialect)) for name, sql in models[dialect].items()}
    allowed = KNOWN[dialect] | MISSING.get(dialect, set())
    assert {name: odd - allowed for name, odd in found.items() if odd - allowed} == {}
    assert set().union(*found.values()) == allowed, "a name is listed that no model needs"


@pytest.mark.parametrize(
    ("dialect", "sql", "complaint"),
    [
        ("snowflake", "select sum(a) over w from t window w as (order by b)", "Unexpected token"),
        ("bigquery", "select a from t union select b from t", "Expected DISTINCT or ALL"),
        ("snowflake", "select trim(both 'x' from a) from t", "Expecting )"),
        ("trino", "select a from t where", "Required keyword"),
        ("snowflake", "select count(*) filter (where a) from t", "filter"),
        ("snowflake", "select bool_or(a) from t", "bool_or"),
        ("bigquery", "select regexp_matches(a, 'b') from t", "regexp_matches"),
        ("trino", "select percentile_cont(0.5) within group (order by a) from t", "percentile"),
        ("databricks", "select no_such_function(a) from t", "no_such_function"),
    ],
)
def test_what_an_engine_lacks_is_found(dialect: str, sql: str, complaint: str) -> None:
    assert any(complaint in found for found in complaints(sql, dialect))


# -- sqlfluff -------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("dialect", TARGETS)
def test_every_model_parses_in_sqlfluff(dialect: str, models: dict[str, dict[str, str]]) -> None:
    """Whose grammar is stricter than sqlglot's, and takes a second or two a model."""
    linter = Linter(
        config=FluffConfig(
            overrides={"dialect": dialect, "templater": "raw", "large_file_skip_byte_limit": 0}
        )
    )
    found: dict[str, list[str]] = {}
    for name, sql in models[dialect].items():
        # Trino's numeric is called decimal
        parsed = linter.parse_string(sql.replace("numeric(", "decimal("))
        found[name] = [error.desc() for error in parsed.violations]
    if unread := UNREAD.get(dialect):
        assert any(unread in text for texts in found.values() for text in texts), "is read now"
        found = {name: [text for text in found[name] if unread not in text] for name in found}
    assert {name: texts for name, texts in found.items() if texts} == {}
