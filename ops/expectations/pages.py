"""Data Docs that read well without a network.

Great Expectations links style sheets, scripts, fonts and pictures of other hosts into its pages.
They are taken out, a style sheet is put in, and a policy in each page forbids the browser to load
anything at all.
"""

import re
import shutil
from pathlib import Path

from ops.project import UserError, display

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
        r"<footer\b.*?</footer>",
        r"<a\b[^>]*href=\"#[^\"]*collapse[^\"]*\".*?</a>",
        r"<a\b[^>]*href=\"https?:.*?</a>",
    )
]
LOADED = re.compile(r"(src|href|srcset|action)\s*=\s*[\"']?\s*(https?:)?//|url\(|@import", re.IGNORECASE)


def make_offline(folder: Path, title: str) -> None:
    """Rewrite every page of a folder; one that would still load something stops."""
    shutil.rmtree(folder / "static", ignore_errors=True)
    for page in folder.rglob("*.html"):
        text = offline(page.read_text(encoding="utf-8"), title)
        if found := LOADED.search(text):
            raise UserError(
                f"{display(page)} would load something from a network ({found[0]}). This version "
                "of Great Expectations writes other pages than ops/expectations/pages.py knows."
            )
        page.write_text(text, encoding="utf-8")


def offline(text: str, title: str) -> str:
    """A page without what it would load, with a style and a policy of its own."""
    for pattern in REMOVED:
        text = pattern.sub("", text)
    text = re.sub(r"<title>.*?</title>", "", text, flags=re.DOTALL)
    head = f"<head>\n{POLICY}\n<title>{title}</title>\n<style>{STYLE}</style>"
    return text.replace("<head>", head, 1)
