"""`make audit`: the fairness audit as one page for people, from the published file.

It says what is checked and against which limits, what was stopped, which groups failed or are near
it, what stands in for an attribute, and how many groups are too small to be judged. Numbers that
the marts withhold are not on it. The page needs no other file and no network.
"""

import html
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from ops.project import UserError, build_file, display, published_file

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem;
       color: #1b1b1b; background: #fff; }
p { max-width: 46rem; } h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #ccc;
         vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.FAIL, .stop { color: #a40000; font-weight: 600; } .WARN { color: #7a4b00; font-weight: 600; }
.wide { overflow-x: auto; }
"""

STOPPED = """
    select promotion_id as promotion,
        coalesce(max(decision_reason) filter (where decision_reason like 'unfair by %'),
            'goes on by exception (seed fairness_exceptions)') as what,
        cast(sum(fairness_stopped_customer_count) as bigint) as "customers who would have got it"
    from marts.segment_promotions where fairness_verdict = 'FAIL'
    group by all order by all
"""
VERDICTS = """
    select promotion_id as promotion, basis as comparison,
        count(*) filter (where verdict = 'FAIL') as "FAIL",
        count(*) filter (where verdict = 'WARN') as "WARN",
        count(*) filter (where verdict = 'WATCH') as "WATCH",
        count(*) filter (where verdict = 'PASS') as "PASS",
        count(*) filter (where verdict = 'INSUFFICIENT') as "too few people"
    from audit.promotion_fairness group by all order by all
"""
GROUPS = """
    select promotion_id as promotion, basis as comparison, attribute, group_name as group,
        reference_group_name as "compared with", verdict,
        format('{:,} of {:,}', selected_count, eligible_count) as selected,
        printf('%.1f %%', 100 * selection_rate::double) as rate,
        format('{:.2f} ({:.2f} to {:.2f})', impact_ratio::double, impact_ratio_lower::double,
            impact_ratio_upper::double) as "ratio (95 %)",
        format('{:.2f}', conditional_ratio::double) as "at equal value",
        case when is_explained then 'explained by value and aim'
            when is_simpson then 'turns round at equal value' else '' end as remark
    from audit.promotion_fairness
    where verdict in ('FAIL', 'WARN') and not is_suppressed
    order by verdict, promotion, comparison, attribute, "group"
"""
PROXIES = """
    select variable, attribute, verdict, customer_count as customers,
        format('{:.2f}', cramers_v::double) as "Cramér's V",
        printf('%.1f %%', 100 * uncertainty_coefficient::double) as "uncertainty taken away",
        format('{:.2f}', balanced_error_rate::double) as "balanced error (chance .50)"
    from audit.attribute_proxies order by cramers_v desc nulls last, variable, attribute
"""
WITHHELD = """
    select count(*) filter (where is_suppressed), count(*) from audit.promotion_fairness
"""


def audit_page(published: Path) -> str:
    """The page as HTML. A file without the audit raises UserError."""
    if not published.exists():
        raise UserError(f"There is no {display(published)}. Run make build.")
    with duckdb.connect(str(published), read_only=True) as connection:
        try:
            as_of = connection.execute("select max(as_of_date) from marts.customer_segments")
            day = (as_of.fetchone() or [None])[0]
            stopped = table(connection, STOPPED, "Nothing is stopped.")
            groups = table(connection, GROUPS, "No group is under the limit.")
            verdicts = table(connection, VERDICTS, "There is nothing to compare yet.")
            proxies = table(connection, PROXIES, "No protected attribute is known of anybody.")
            hidden, total = connection.execute(WITHHELD).fetchone() or (0, 0)
        except duckdb.CatalogException as error:
            raise UserError(
                f"{display(published)} has no fairness audit ({error}). Run make build."
            ) from error
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Fairness audit, {day}</title>
<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>
<h1>Fairness audit, {day}</h1>
<p>Every promotion is asked of every protected attribute that the shop knows, and of every pair:
does each group get it as often as the group that gets it most? A group <b
class="FAIL">fails</b> where its rate is under four fifths of that (the limit of seed
<code>fairness_limits</code>) and this is shown: adjusted for the number of questions, by less
than 5 % chance. A failing promotion is stopped for everybody until it is mended or somebody
answers for an exception (seed <code>fairness_exceptions</code>). The limit is for screening; it
is not a law about offers, and a PASS is not a proof of compliance.</p>
<h2>Stopped, or going on by exception</h2>{stopped}
<h2>Groups that fail, or are under the limit without proof</h2>{groups}
<h2>All verdicts, in groups</h2>{verdicts}
<p><b>eligible</b>: selected tonight, of those eligible. <b>contactable</b>: selected tonight,
of all who may be contacted. <b>opened</b>: got it lately, of those to whom the policy opened
it. <b>outside</b>: got it lately without a decision of the policy, of all who may be contacted.
<b>contacted</b>: got any message lately.</p>
<h2>What stands in for an attribute</h2>
<p>Decisions see none of these attributes (<code>make proof</code>). But a segment or region may say
as much.</p>{proxies}
<h2>Withheld</h2>
<p>{hidden:,} of {total:,} groups are not published: they, or what would give them away, are of
too few people.</p></body></html>
"""


def table(connection: duckdb.DuckDBPyConnection, query: str, empty: str) -> str:
    """The rows of a query as an HTML table."""
    found = connection.execute(query)
    names = [column[0] for column in found.description or []]
    rows = found.fetchall()
    if not rows:
        return f"<p>{html.escape(empty)}</p>"
    numeric = [all(isinstance(row[n], int) for row in rows) for n in range(len(names))]
    head = "".join(cell("th", name, number) for name, number in zip(names, numeric, strict=True))
    body = "".join(
        "<tr>" + "".join(cell("td", *pair) for pair in zip(row, numeric, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def cell(tag: str, content: Any, is_number: bool) -> str:
    """One cell; verdicts get their colour."""
    text = (
        ""
        if content is None
        else f"{content:,}"
        if is_number and content != str(content)
        else content
    )
    names = ["n"] * is_number + [str(content)] * (content in ("FAIL", "WARN"))
    style = f' class="{" ".join(names)}"' if names else ""
    return f"<{tag}{style}>{html.escape(str(text))}</{tag}>"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page beside the published file."""
    page = build_file().with_name("fairness.html")
    try:
        page.write_text(audit_page(published_file()), encoding="utf-8")
    except UserError as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    print(display(page))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
