"""Data Docs that read well without a network.

Great Expectations links style sheets, scripts, fonts and pictures of other hosts into its pages.
They are taken out, a style sheet is put in, and a policy in each page forbids the browser to load
anything at all.
"""

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops.project import UserError

if TYPE_CHECKING:
    from ops.expectations.suite import Finding

POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 84rem; padding: 1rem;
       color: #1b1b1b; background: #fff; }
h1, h2, h3, h4, h5, h6 { font-size: 1.1rem; line-height: 1.2; margin: 1.5rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #ccc;
         vertical-align: top; }
ol, ul { list-style: none; padding: 0; } ol li { display: inline; margin-right: 1rem; }
nav ul li { display: inline-block; margin-right: 1rem; }
p { margin: .3rem 0; } hr { border: 0; margin: .2rem; }
.badge { font: .9em ui-monospace, monospace; background: #eee; padding: 0 .25rem; }
.text-success::before { content: "\\2714 "; color: #1a6b1a; }
.text-danger::before { content: "\\2718 "; color: #a40000; }
.text-warning::before { content: "\\26a0 "; color: #7a4b00; }
.lead, .card, .collapse, .modal, .cooltip .top, [hidden] { display: none; }
"""
REMOVED = [
    re.compile(pattern, re.DOTALL | re.IGNORECASE)
    for pattern in (
        r"<script\b.*?</script>",
        r"<style\b.*?</style>",
        r"<link\b[^>]*>",
        r"<img\b[^>]*>",
        r"<title>.*?</title>",
        r"<nav\b.*?</nav>",
        r"<footer\b.*?</footer>",
        r"<a\b[^>]*href=\"#[^\"]*collapse[^\"]*\".*?</a>",
    )
]
LOADED = re.compile(r"https?://|(src|srcset)\s*=|url\(|@import", re.IGNORECASE)


def offline(text: str, title: str) -> str:
    """A page of the library without what it would load; what is not known to be harmless stops."""
    for pattern in REMOVED:
        text = pattern.sub("", text)
    text = re.sub(r"<a\b[^>]*href=\"\.\./.*?>(.*?)</a>", r"\1", text, flags=re.DOTALL)
    if found := LOADED.search(text):
        raise UserError(
            f"A page of Great Expectations would load {text[found.start() :][:60]!r}. This version "
            "writes other pages than ops/expectations/pages.py knows; pin the one before."
        )
    body = text[text.index("<body>") + len("<body>") : text.index("</body>")]
    return _page(title, f'<p><a href="index.html">All expectations of the gate</a></p>{body}')


def index(title: str, findings: "Sequence[Finding]") -> str:
    """Every expectation in plain words, what is not met first."""
    failed = [finding for finding in findings if not finding.is_met]
    stops = sum(finding.stops for finding in failed)
    said = f"{len(findings)} expectations; not met: {stops}; warnings: {len(failed) - stops}"
    parts = [f"<h1>Gate {title}</h1><p>{said}. What is not met stops; a warning does not.</p>"]
    if failed:
        parts.append("<h2>Not met</h2>" + _table(failed, with_remedy=True))
    for batch in dict.fromkeys(finding.batch for finding in findings):
        of_batch = [finding for finding in findings if finding.batch == batch]
        link = f'<a href="{html.escape(batch)}.html">{html.escape(batch)}</a>'
        parts.append(f"<h2>{link}</h2>{_table(of_batch, with_remedy=False)}")
    return _page(f"Gate {title}", "".join(parts))


def _table(findings: "Sequence[Finding]", with_remedy: bool) -> str:
    head = "<th></th><th>expected</th><th>seen</th>" + "<th>what to do</th>" * with_remedy
    rows = []
    for finding in findings:
        status = "success" if finding.is_met else "danger" if finding.stops else "warning"
        cells = [finding.expected, finding.seen, *[finding.remedy] * with_remedy]
        text = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        rows.append(f'<tr><td class="text-{status}"></td>{text}</tr>')
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{POLICY}'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    )
