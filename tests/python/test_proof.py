"""The proof that no protected attribute reaches a decision: it holds, and leaks are found.

Leaks are planted in a small project of compiled SQL, and once in a copy of this one, through dbt.
"""

import copy
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from shop import REPOSITORY

from ops.proof import EDGE, Proof, main, protected_words
from ops.proof_project import Compiler, Node, Project, _runs_nothing, file_relation
from ops.proof_python import refs
from ops.proof_sql import Reading, Unreadable, read, schema_of

# -- this project ---------------------------------------------------------------------------------


def test_no_protected_attribute_reaches_a_decision(proven: Proof) -> None:
    assert not proven.report.findings, "\n".join(proven.report.findings)
    assert {"customer_segments", "int_promotion_selection"} <= proven.report.models
    assert "stg_customers_checked" in proven.report.models
    assert not {"stg_customer_attributes", "raw_customer_attributes"} & proven.report.models
    assert {str(found).split(":")[0] for found in proven.report.exemptions} == {
        "raw_customers.birth_date",
        "raw_customers.unparsed_values",
        "stg_customers_checked.birth_month_day",
        "stg_customers_checked.is_minor",
    }


def test_a_model_finds_all_that_it_reads_among_the_columns_that_the_proof_saw(
    proven: Proof,
) -> None:
    """DuckDB itself resolves every model's names in a warehouse of those columns alone."""
    types = {"text": "varchar"}
    checked = 0
    for key, node in proven.project.nodes.items():
        if node.name not in proven.report.models or node.language == "python":
            continue
        for code in node.code:
            uses = read(code, proven.schema).uses
            with duckdb.connect() as connection:
                connection.execute("attach ':memory:' as build")
                for relation in {use.relation for use in uses}:
                    owner = proven.project.nodes[proven.ids[relation]]
                    seen = {use.column for use in uses if use.relation == relation} - {None}
                    listed = ", ".join(
                        f'"{name}" {types.get(owner.types.get(name, ""), owner.types.get(name))}'
                        for name in owner.columns
                        if name in seen
                    )
                    database, schema, name = relation
                    connection.execute(f"create schema if not exists {database}.{schema}")
                    connection.execute(
                        f"create table {database}.{schema}.{name} ({listed or 'unread int'})"
                    )
                try:
                    connection.execute(f"explain {code}")
                except duckdb.Error as error:
                    pytest.fail(f"{key}: {error}")
                checked += 1
    assert checked > 150


# -- what a query reads ---------------------------------------------------------------------------

SCHEMA = schema_of(
    {
        ("d", "s", "people"): ["id", "city", "sex"],
        ("d", "s", "orders"): ["id", "day", "sex"],
        ("d", "s", "marks"): ["id", "mark"],
    }
)
PEOPLE = "with p as (select * from d.s.people)"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"{PEOPLE} select id, city from p", set()),
        (f"{PEOPLE}, q as (select *, 1 as one from p) select id from q", set()),
        ("select id from (select id, sex from d.s.people) as t", set()),
        ("with u as (select id, sex from d.s.people union all select id, sex from d.s.orders)"
         " select id from u", set()),
        (f"{PEOPLE}, q as (select * exclude (sex) from p) select * from q", set()),
        ("select * from d.s.people", {"sex in select list"}),
        ("from d.s.people", {"sex in select list"}),
        (f"{PEOPLE} select id, sex as city from p", {"sex in select list"}),
        (f"{PEOPLE}, q as (select id, sex as a from p), r as (select id, a as b from q)"
         " select id from r where b = 'f'", {"sex in where"}),
        (f"{PEOPLE}, q as (select id from p where sex = 'f') select count(*) as n from q",
         {"sex in where"}),
        ("select p.id from d.s.people as p join d.s.marks as m on p.sex = m.mark",
         {"sex in join", "rows of marks"}),
        ("select p.id from d.s.people as p join d.s.orders as o using (sex)", {"sex in join"}),
        ("select p.id from d.s.people as p cross join d.s.marks as m", {"rows of marks"}),
        ("select p.id from d.s.people as p left join (select count(*) as n from d.s.marks) as m"
         " on m.n > 0", {"rows of marks"}),
        ("select id from d.s.people as p where exists (select 1 from d.s.marks as m"
         " where m.id = p.id)", {"rows of marks"}),
        ("select id from d.s.people where id not in (select id from d.s.marks)",
         {"rows of marks"}),
        ("select id from d.s.people semi join d.s.marks using (id)", {"rows of marks"}),
        ("select id, (select max(sex) from d.s.orders as o where o.id = p.id) as x"
         " from d.s.people as p", {"sex in select list"}),
        (f"{PEOPLE} select id, row_number() over (order by sex) as n from p", {"sex in window"}),
        (f"{PEOPLE}, q as (select id, row_number() over (order by sex) as n from p)"
         " select id from q where n = 1", {"sex in window"}),
        (f"{PEOPLE} select id from p qualify row_number() over (partition by sex order by id) = 1",
         {"sex in window"}),
        (f"{PEOPLE} select id, count(*) over w as n from p window w as (partition by sex)",
         {"sex in window"}),
        (f"{PEOPLE}, q as (select distinct * from p) select id from q", {"sex in select list"}),
        (f"{PEOPLE}, q as (select distinct on (sex) id from p) select id from q",
         {"sex in distinct"}),
        (f"{PEOPLE}, q as (select id, sex from p group by all) select id from q",
         {"sex in select list"}),
        (f"{PEOPLE}, q as (select sex, count(*) as n from p group by 1) select n from q",
         {"sex in group by"}),
        (f"{PEOPLE}, q as (select id, sex from p order by 2 limit 9) select id from q",
         {"sex in select list"}),
        (f"{PEOPLE}, q as (select id, sex as a from p order by a limit 9) select id from q",
         {"sex in select list"}),
        (f"{PEOPLE}, q as (select id, sex from p order by all limit 9) select id from q",
         {"sex in select list"}),
        (f"{PEOPLE}, q as (select id from p group by id having max(sex) > 'f') select id from q",
         {"sex in having"}),
        (f"{PEOPLE}, q as (select id, unnest([sex]) as u from p) select id from q",
         {"sex in select list"}),
        (f"{PEOPLE} select count(*) filter (where sex = 'f') as n from p", {"sex in select list"}),
        (f"{PEOPLE} select list(id order by sex) as ids from p", {"sex in select list"}),
        (f"{PEOPLE} select {{'a': sex}} as s from p", {"sex in select list"}),
        ("with u as (select id, sex from d.s.people union select id, sex from d.s.orders)"
         " select id from u", {"sex in select list"}),
        ("with u as (select id, sex from d.s.people except all select id, sex from d.s.orders)"
         " select id from u", {"sex in select list"}),
        ("with u as (select id, sex from d.s.people intersect select id, sex from d.s.orders)"
         " select count(*) as n from u", {"sex in select list"}),
        ("with u as (select id, sex from d.s.people union all select id, city from d.s.people)"
         " select sex from u", {"sex in select list"}),
        (f"{PEOPLE}, q as (select id from p limit (select count(*) from d.s.marks))"
         " select id from q", {"rows of marks"}),
    ],
)  # fmt: skip
def test_what_a_query_reads(query: str, found: set[str]) -> None:
    assert shown(read(query, SCHEMA)) == found


def shown(reading: Reading) -> set[str]:
    """Where sex is read, and whether any row of marks is."""
    uses = reading.uses
    rows = {"rows of marks" for use in uses if use.column is None and use.relation[2] == "marks"}
    return rows | {f"sex in {use.clause}" for use in uses if use.column == "sex"}


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("select columns('s.*') from d.s.people", "COLUMNS"),
        ("select * from (pivot d.s.people on sex using count(*))", "PIVOT"),
        ("pivot d.s.people on sex using count(*)", "not one select"),
        ("select people from d.s.people", "whole row"),
        ("select md5(concat(p.*)) as h from d.s.people as p", "star"),
        ("select * from d.s.unknown", "no relation"),
        ("select id from d.s.unknown", "no relation"),
        ("select p.gender from d.s.people as p", "cannot be resolved"),
        ("select * from query_table('d.s.marks')", "neither a model nor a delivered file"),
        ("select * from read_csv('people.csv')", "neither a model nor a delivered file"),
        ("select * from 'people.csv'", "no relation"),
        ("select p.id from d.s.people as p natural join d.s.orders", "natural join"),
        ("select p.id from d.s.people as p positional join d.s.orders", "positional"),
        ("select p.id from d.s.people as p, unnest([p.sex]) as u(x)", "unnest"),
        ("select p.id from d.s.people as p cross join lateral (select max(sex) as s"
         " from d.s.orders as o where o.id = p.id) as l", "lateral"),
        ("with recursive r as (select 1 as n union all select n + 1 as n from r) select n from r",
         "recursive"),
        ("select id from d.s.people union by name select id from d.s.orders", "by name"),
        ("select id, looked_up(id) as x from d.s.people", "no function of DuckDB"),
        ("select getvariable('x') as x", "getvariable"),
        ("select $x as x", "parameter"),
        ("select 1 as a; select 2 as a", "not one select"),
        ("delete from d.s.people", "not one select"),
        ("select from where", "parse"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_with_certainty_is_no_proof(query: str, complaint: str) -> None:
    with pytest.raises(Unreadable, match=complaint):
        read(query, SCHEMA)


def test_a_file_is_a_delivered_one_or_none() -> None:
    reading = "read_csv('/data/customers.csv', all_varchar = true)"
    assert file_relation(reading, "/data/{name}.csv") == ("delivered", "files", "customers")
    assert file_relation(reading, {"customers": "/data/customers.csv"}) is not None
    assert file_relation(reading, {"orders": "/data/orders.csv"}) is None
    assert file_relation(reading, "/other/{name}.csv") is None
    assert file_relation("read_csv('/data/../x.csv')", "/data/{name}.csv") is None
    assert file_relation("read_text('/data/customers.csv')", "/data/{name}.csv") is None
    assert file_relation(reading, None) is None


# -- what a Python model reads --------------------------------------------------------------------

FIT = (REPOSITORY / "models/intermediate/lifetime_value/int_clv_fit.py").read_text(encoding="utf-8")
RETURN = 'return as_relation(fit_groups(dbt.ref("int_customer_clv_summary")), session)'


def test_a_python_model_reads_the_models_that_it_names() -> None:
    assert RETURN in FIT
    assert refs(FIT, REPOSITORY) == {"int_customer_clv_summary"}


@pytest.mark.parametrize(
    "instead",
    [
        'return session.sql("select * from protected.stg_customer_attributes")',
        "return session",
        'rows = session\n    return rows.sql("select 1")',
        'return dbt.ref("a").query("t", "select * from protected.stg_customer_attributes")',
        'return dbt.ref("stg_" + "customer_attributes")',
        'return dbt.source("raw", "customer_attributes")',
        'return open("people.csv")',
        'return getattr(session, "sql")("select 1")',
        'return eval("session")',
        "import duckdb\n    return duckdb.sql('select 1')",
        "from ops.fit import main\n    return main()",
        "from ops.fit import fit_groups as str\n    return str(session)",
        "return session.__class__",
        "return [f for f in (session.sql,)][0]('select 1')",
        "import os\n    return os.environ",
    ],
)
def test_a_python_model_that_does_more_is_no_proof(instead: str) -> None:
    with pytest.raises(Unreadable):
        refs(FIT.replace(RETURN, instead), REPOSITORY)


def test_a_function_that_is_handed_the_rows_is_looked_at_too(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "ops", tmp_path / "ops")
    assert refs(FIT, tmp_path)
    module = tmp_path / "ops" / "fit.py"
    text = module.read_text(encoding="utf-8")
    for sound, leak in (
        ("select max(as_of_date) from summary_rows", "select 1 from protected.customers"),
        ("    is_of_group = table", "    open('x')\n    is_of_group = table"),
    ):  # fmt: skip
        assert sound in text
        module.write_text(text.replace(sound, leak), encoding="utf-8")
        with pytest.raises(Unreadable, match=r"fit\.py"):
            refs(FIT, tmp_path)


# -- leaks in a small project ---------------------------------------------------------------------


class Small(Project):
    """A project of models that are written as `… from {model}`, as if dbt had compiled them."""

    def put(self, path: str, columns: str, code: str | None = None) -> Node:
        """Add a model, or a seed if it has no code; a file of the same name is replaced."""
        name = Path(path).stem
        kind = "seed" if code is None else "model"
        node = Node(
            name, kind, path, ("build", Path(path).parts[1], name), columns.split(),
            language="python" if path.endswith(".py") else "sql",
        )  # fmt: skip
        self.nodes[f"{kind}.{name}"] = node
        if code is not None:
            self.code(name, code)
        return node

    def code(self, name: str, code: str) -> None:
        """Give a model other code."""
        node = self.nodes[f"model.{name}"]
        if node.language == "python":
            node.code = {code}
            named = re.findall(r'ref\("(\w+)"\)', code)
        else:
            node.code = {self.sql(code)}
            named = re.findall(r"\{(\w+)\}", code)
        node.parents = {str(self.by_name(parent)) for parent in named}

    def sql(self, text: str) -> str:
        """A text with the names of relations for {model}."""
        return re.sub(
            r"\{(\w+)\}",
            lambda found: ".".join(self.nodes[str(self.by_name(found.group(1)))].relation),
            text,
        )


def small() -> Small:
    """A project without a leak, with all that the proof exempts."""
    project = Small()
    put = project.put
    put("seeds/demo/demo_customers.csv", "customer_id birth_date country gender")
    put("seeds/demo/demo_customer_attributes.csv", "customer_id value")
    put(
        "models/raw/raw_customers.sql",
        "customer_id birth_date country unparsed_values",
        "select customer_id, try_cast(birth_date as date) as birth_date, country,"
        " case when birth_date is not null and try_cast(birth_date as date) is null"
        " then 'birth_date=; ' end as unparsed_values from {demo_customers}",
    )
    put(
        "models/raw/raw_customer_attributes.sql",
        "customer_id value",
        "select customer_id, value from {demo_customer_attributes}",
    )
    put(
        "models/staging/stg_customers_checked.sql",
        "customer_id birth_month_day is_minor country",
        "with customers as (select * from {raw_customers}) select customer_id,"
        " cast(extract(month from birth_date) as text) as birth_month_day,"
        " birth_date > cast('2008-06-30' as date) as is_minor, country from customers",
    )
    put(
        "models/staging/protected/stg_customer_attributes.sql",
        "customer_id value",
        "select customer_id, value from {raw_customer_attributes}",
    )
    put(
        "models/intermediate/int_customers.sql",
        "customer_id country is_minor",
        "with checked as (select * from {stg_customers_checked})"
        " select customer_id, country, is_minor from checked",
    )
    put(
        "models/intermediate/int_fit.py",
        "customer_id",
        FIT.replace("int_customer_clv_summary", "int_customers"),
    )
    put(
        "models/intermediate/int_promotion_selection.sql",
        "customer_id promotion_id",
        "select c.customer_id, 'spring' as promotion_id from {int_customers} as c"
        " inner join {int_fit} as f on c.customer_id = f.customer_id",
    )
    put(
        "models/intermediate/fairness/int_promotion_rates.sql",
        "promotion_id value",
        "select s.promotion_id, a.value from {int_promotion_selection} as s"
        " inner join {stg_customer_attributes} as a on s.customer_id = a.customer_id",
    )
    put(
        "models/intermediate/fairness/int_promotion_verdicts.sql",
        "promotion_id is_stopped stop_reason",
        "select promotion_id, count(value) > 3 as is_stopped, 'ratio' as stop_reason"
        " from {int_promotion_rates} group by promotion_id",
    ).keys.append(["promotion_id"])
    put(
        "models/marts/customer_segments.sql",
        "customer_id country",
        "select customer_id, country from {int_customers}",
    )
    put(
        "models/intermediate/promotions/int_promotion_decisions.sql",
        "customer_id promotion_id reason",
        "select s.customer_id, s.promotion_id, v.stop_reason as reason"
        " from {int_promotion_selection} as s left join {int_promotion_verdicts} as v"
        " on s.promotion_id = v.promotion_id",
    )
    put(
        "models/intermediate/promotions/int_segment_plan.sql",
        "promotion_id is_stopped",
        "select s.promotion_id, v.is_stopped from {int_promotion_selection} as s"
        " left join {int_promotion_verdicts} as v on s.promotion_id = v.promotion_id",
    )
    put(
        "models/marts/audit/fairness.sql",
        "promotion_id value",
        "select promotion_id, value from {int_promotion_rates}",
    )
    return project  # fmt: skip


def judge(project: Project) -> list[str]:
    """What the proof finds in a small project."""
    return Proof(project, protected_words()).run().findings


def test_a_small_project_without_a_leak_is_proven() -> None:
    proof = Proof(small(), protected_words())
    report = proof.run()
    assert not report.findings, "\n".join(report.findings)
    assert report.edge_readers == {"int_promotion_decisions", "int_segment_plan"}
    assert len(report.exemptions) == 4
    assert ("customers", "country") in report.raw_columns
    assert "Proven: " in str(report)


def test_the_proof_needs_no_verdicts() -> None:
    project = small()
    del project.nodes[f"model.{EDGE}"]
    project.code("int_promotion_decisions", "select customer_id, promotion_id, '' as reason"
                 " from {int_promotion_selection}")  # fmt: skip
    project.code("int_segment_plan", "select promotion_id, false as is_stopped"
                 " from {int_promotion_decisions}")  # fmt: skip
    assert judge(project) == []


Plant = Callable[[Small], Any]
ATTRIBUTES = "{stg_customer_attributes}"


def code(name: str, text: str) -> Plant:
    """A leak: a model is written otherwise."""
    return lambda project: project.code(name, text)


def proxy(project: Small) -> None:
    """A leak: an intermediate model copies the attribute under a name that says nothing."""
    project.put("models/intermediate/int_customer_flavours.sql", "customer_id flavour",
                f"select customer_id, value as flavour from {ATTRIBUTES}")  # fmt: skip
    project.code("customer_segments", "select f.customer_id, f.flavour as country"
                 " from {int_customer_flavours} as f")  # fmt: skip


def hook(text: str, name: str = "int_customers") -> Plant:
    """A leak: a hook of a model."""
    return lambda project: project.nodes[f"model.{name}"].hooks.add(project.sql(text))


def verdict_of_customers(project: Small) -> None:
    """A leak: verdicts about persons."""
    project.nodes[f"model.{EDGE}"].columns.append("customer_id")


def unkeyed_verdicts(project: Small) -> None:
    """A leak: several verdicts of a promotion, which multiply rows."""
    project.nodes[f"model.{EDGE}"].keys.clear()


def own_select(project: Small) -> None:
    """A leak: a raw select of an adopter's own that renames a protected column."""
    project.code("raw_customers", "select customer_id, try_cast(birth_date as date) as birth_date,"
                 " country, null as unparsed_values from (select customer_id, birth_date,"
                 " gender as country from {demo_customers}) as delivered")  # fmt: skip


def document(project: Small) -> None:
    """A leak: the attribute taken out of a document."""
    project.code("raw_customers", "select customer_id, null as birth_date,"
                 " json_extract_string(country, '$.gender') as country, null as unparsed_values"
                 " from {demo_customers}")  # fmt: skip


def checked(birth: str) -> Plant:
    """A leak: birth dates used otherwise in staging."""
    return code(
        "stg_customers_checked",
        f"with customers as (select * from {{raw_customers}}) select customer_id, {birth},"
        " country from customers",
    )


MONTH = "cast(extract(month from birth_date) as text) as birth_month_day"
MINOR = "birth_date > cast('2008-06-30' as date) as is_minor"

LEAKS: list[tuple[str, Plant, str]] = [
    ("a_where_of_an_upstream_cte",
     code("int_customers", "with known as (select customer_id from {stg_customer_attributes}"
          " where value = 'f'), c as (select * from {stg_customers_checked})"
          " select c.customer_id, c.country, c.is_minor from c inner join known"
          " on c.customer_id = known.customer_id"),
     "int_customers: reads stg_customer_attributes.value in where"),
    ("a_join",
     code("customer_segments", "select c.customer_id, c.country from {int_customers} as c"
          " inner join {stg_customer_attributes} as a on c.country = a.value"),
     "customer_segments: reads stg_customer_attributes.value in join"),
    ("a_window_order",
     code("int_customers", "select c.customer_id, c.country, row_number() over (order by a.value)"
          " = 1 as is_minor from {stg_customers_checked} as c left join"
          " {stg_customer_attributes} as a on c.customer_id = a.customer_id"),
     "int_customers: reads stg_customer_attributes.value in window"),
    ("a_proxy_copy", proxy, "int_customer_flavours: reads stg_customer_attributes.value in select"),
    ("a_semi_join",
     code("customer_segments", "select customer_id, country from {int_customers} where exists"
          " (select 1 from {stg_customer_attributes})"),
     "customer_segments: reads rows of stg_customer_attributes"),
    ("a_count",
     code("customer_segments", "select customer_id, cast((select count(*) from"
          " {raw_customer_attributes}) as text) as country from {int_customers}"),
     "customer_segments: reads rows of raw_customer_attributes"),
    ("the_seed_itself",
     code("customer_segments", "select customer_id, value as country"
          " from {demo_customer_attributes}"),
     "customer_segments: reads rows of demo_customer_attributes"),
    ("an_audit_mart",
     code("int_segment_plan", "select promotion_id, value = 'f' as is_stopped from {fairness}"),
     "int_segment_plan: reads fairness.value"),
    ("a_reference_that_no_sql_shows",
     lambda project: project.nodes["model.int_customers"].parents.add(
         "model.stg_customer_attributes"),
     "int_customers: reads rows of stg_customer_attributes"),
    ("a_question_while_compiling",
     lambda project: project.nodes["model.int_customers"].asks.add("run_query("),
     "int_customers: asks the warehouse while it compiles"),
    ("a_python_model_that_refers",
     code("int_fit", FIT.replace("int_customer_clv_summary", "stg_customer_attributes")),
     "int_fit: reads stg_customer_attributes.value in dbt.ref"),
    ("a_python_model_that_reads_birth_dates",
     code("int_fit", FIT.replace("int_customer_clv_summary", "raw_customers")),
     "int_fit: reads raw_customers.birth_date in dbt.ref"),
    ("a_python_model_with_a_session",
     code("int_fit", FIT.replace(RETURN, 'return session.sql("select 1")')),
     "int_fit: calls session.sql()"),
    ("a_hook",
     hook("delete from {int_customers} where customer_id in"
          " (select customer_id from {stg_customer_attributes})"),
     "int_customers: reads rows of stg_customer_attributes"),
    ("a_hook_elsewhere_that_writes_here",
     hook("insert into {int_customers} select customer_id, value, true"
          " from {stg_customer_attributes}", "fairness"),
     "fairness: has a hook that does more than change its own rows"),
    ("a_hook_that_makes_a_function",
     hook("create macro group_of(id) as (select value from {stg_customer_attributes})"),
     "int_customers: has a hook that does more"),
    ("sql_around_the_run",
     lambda project: project.around.add(project.sql("delete from {int_customers}")),
     "on-run hook"),
    ("verdicts_about_persons", verdict_of_customers, f"{EDGE}: has the column customer_id"),
    ("verdicts_without_a_key", unkeyed_verdicts, f"{EDGE}: is not tested"),
    ("another_reader_of_the_verdicts",
     code("customer_segments", "select c.customer_id, v.stop_reason as country from"
          " {int_customers} as c cross join {int_promotion_verdicts} as v"),
     f"customer_segments: reads rows of {EDGE}"),
    ("a_selection_after_the_verdicts",
     code("int_promotion_selection", "select customer_id, promotion_id"
          " from {int_segment_plan} cross join {int_customers}"),
     "int_promotion_selection: is decided after the verdicts"),
    ("another_model_of_fairness",
     code("int_promotion_decisions", "select s.customer_id, s.promotion_id, r.value as reason"
          " from {int_promotion_selection} as s cross join {int_promotion_rates} as r"),
     "int_promotion_decisions: reads int_promotion_rates.value in select list"),
    ("a_birth_date_in_a_further_item",
     code("stg_customers_checked", "select customer_id, " + MONTH + ", " + MINOR
          + ", cast(birth_date as text) as country from {raw_customers}"),
     "stg_customers_checked: reads raw_customers.birth_date in select list (country)"),
    ("a_birth_date_in_a_where",
     code("stg_customers_checked", "select customer_id, " + MONTH + ", " + MINOR
          + ", country from {raw_customers} where birth_date < cast('1960-01-01' as date)"),
     "stg_customers_checked: reads raw_customers.birth_date in where"),
    ("a_birth_date_called_a_birthday",
     checked(f"cast(birth_date as text) as birth_month_day, {MINOR}"),
     "stg_customers_checked: reads raw_customers.birth_date in select list (birth_month_day)"),
    ("an_age_called_a_minor",
     checked(f"{MONTH}, date_diff('year', birth_date, current_date) as is_minor"),
     "stg_customers_checked: reads raw_customers.birth_date in select list (is_minor)"),
    ("the_text_of_an_unreadable_birth_date",
     code("raw_customers", "select customer_id, try_cast(birth_date as date) as birth_date,"
          " country, 'birth_date=' || birth_date as unparsed_values from {demo_customers}"),
     "raw_customers: reads demo_customers.birth_date in select list (unparsed_values)"),
    ("a_raw_select_that_renames", own_select,
     "raw_customers: reads demo_customers.gender in select list (country); gender is protected"),
    ("a_document", document, "raw_customers: holds the text '$.gender'"),
    ("a_table_without_a_ref",
     code("customer_segments", "select customer_id, value as country from elsewhere.attributes"),
     "customer_segments: reads elsewhere.attributes, which is no relation"),
    ("a_file", code("customer_segments", "select * from 'attributes.parquet'"),
     "customer_segments: reads attributes.parquet, which is no relation"),
    ("no_compiled_code", lambda project: project.nodes["model.int_customers"].code.clear(),
     "int_customers: has no compiled code"),
    ("a_model_that_does_not_compile",
     lambda project: project.broken.append("int_customers does not compile: no such macro"),
     "int_customers does not compile"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("plant", "expected"), [leak[1:] for leak in LEAKS], ids=[leak[0] for leak in LEAKS]
)
def test_a_planted_leak_is_found(plant: Plant, expected: str) -> None:
    project = copy.deepcopy(small())
    plant(project)
    found = judge(project)
    assert any(line.startswith(expected) for line in found), "\n".join(found)
    assert all(line.endswith(".") or "does not compile" in line for line in found), "no remedy"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("gender", "gender"),
        ("customer_gender", "gender"),
        ("birthDate", "birth"),
        ("$.person.ethnicity", "ethnicity"),
        ("DATE-OF-BIRTH", "birth"),
        ("age", "age"),
        ("package", None),
        ("clv_stage", None),
        ("country", None),
        ("agent", None),
    ],
)
def test_names_are_compared_word_by_word(name: str, word: str | None) -> None:
    assert Proof(Project(), protected_words()).protected_word(name) == word


def test_the_command_tells_each_finding_and_its_remedy_on_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = small()
    monkeypatch.setattr("ops.proof.target_settings", lambda target: None)
    monkeypatch.setattr("ops.proof.compile_shapes", lambda *places: project)
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("Proven: ")
    proxy(project)
    assert main([]) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == "Not proven: 3 findings."
    assert (
        "int_customer_flavours: reads stg_customer_attributes.value in select list (flavour). "
        "Remove it: only models/intermediate/fairness and models/marts/audit may know it."
    ) in lines


# -- leaks through dbt ----------------------------------------------------------------------------


def change(path: Path, before: str, after: str) -> None:
    """Replace a passage that is there."""
    text = path.read_text(encoding="utf-8")
    assert before in text, path
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_leaks_in_a_copy_of_this_project_are_found_through_dbt(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("macros", "models", "seeds", "tests/generic", "ops"):
        shutil.copytree(REPOSITORY / name, project / name)
    for name in ("dbt_project.yml", "profiles.yml.example"):
        shutil.copy(REPOSITORY / name, project / name)
    shutil.copy(REPOSITORY / "profiles.yml.example", project / "profiles.yml")
    for seed in (project / "seeds" / "demo").glob("*.csv"):  # dbt hashes what it parses
        header = seed.read_text(encoding="utf-8").partition("\n")[0]
        seed.write_text(f"{header}\n", encoding="utf-8")
    models = project / "models"
    customers = models / "intermediate" / "customers"
    hooked = customers / "int_customer_cohort.sql"
    hooked.write_text(
        "{{ config(pre_hook=\"delete from {{ this }} where customer_key in (select 1 from"
        " {{ ref('stg_customer_attributes') }})\") }}\n" + hooked.read_text(encoding="utf-8"),
        encoding="utf-8",
    )  # fmt: skip
    (project / "macros" / "leak.sql").write_text(
        "{% macro known_groups() %}{% if execute %}{% do run_query('select 1 as a') %}{% endif %}"
        "{{ return('1 = 1') }}{% endmacro %}",
        encoding="utf-8",
    )
    change(customers / "int_customers.sql", "where customer_id is not null",
           "where customer_id is not null and {{ known_groups() }}")  # fmt: skip
    change(customers / "int_customer_segment.sql", "select * from final",
           "select final.* from final where exists (select 1 from"
           " {{ ref('stg_customer_attributes') }})")  # fmt: skip
    change(models / "raw" / "raw_customers.sql", "{{ raw_table('customers') }}",
           "{% call raw_table('customers') %} select customer_id, created_at,"
           " gender as acquisition_channel from {{ source('raw', 'customers') }} {% endcall %}",
           )  # fmt: skip
    change(models / "raw" / "_sources.yml", "        description: Who the shop knows.\n",
           "        description: Who the shop knows.\n        columns: [{name: customer_id},"
           " {name: created_at}, {name: gender}]\n")  # fmt: skip
    change(models / "intermediate" / "lifetime_value" / "int_clv_fit.py", RETURN,
           'return session.sql("select * from protected.stg_customer_attributes")')  # fmt: skip

    compiler = Compiler(project, tmp_path / "home", project)
    compiler.add({"demo_shop": True}, states=(True,))
    found = "\n".join(judge(compiler.project))
    for expected in (
        "int_customer_cohort: reads rows of stg_customer_attributes",
        "int_customers: asks the warehouse while it compiles (known_groups: run_query()",
        "int_customer_segment: reads rows of stg_customer_attributes",
        "raw_customers: reads customers.gender in select list (acquisition_channel)",
        "int_clv_fit: calls session.sql()",
    ):
        assert expected in found, found


@pytest.mark.parametrize(
    ("hook", "body", "is_nothing"),
    [
        ("{{ functions() }}", "", True),
        ("{{ functions() }}", "create table stolen as select 1", False),
        ("{{ functions() }} delete from marts.customers", "", False),
        ("{{ unknown() }}", "", False),
    ],
)
def test_a_hook_around_the_run_is_let_be_only_where_it_runs_nothing(
    hook: str, body: str, is_nothing: bool
) -> None:
    text = f"{{% macro default__functions() -%}}\n{body}\n{{%- endmacro %}}"
    macros = {"macro.lifetime_segments.default__functions": SimpleNamespace(macro_sql=text)}
    assert _runs_nothing(hook, SimpleNamespace(macros=macros)) is is_nothing
