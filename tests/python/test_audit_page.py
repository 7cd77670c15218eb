"""The audit page: what was stopped is on it, what is withheld is not, and names do no harm."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from ops.audit import audit_page
from ops.project import UserError


def test_the_page_tells_what_was_stopped(demo_build: Path) -> None:
    page = audit_page(demo_build)
    stopped = page[page.index("Stopped") : page.index("Groups that fail")]
    assert "beauty_box" in stopped and "vip_early_access" not in stopped
    assert "explained by value and aim" in page
    assert re.search(r"<td>male</td><td>female</td><td class=\"FAIL\">FAIL</td>", page)


def test_the_page_needs_nothing_else(demo_build: Path) -> None:
    page = audit_page(demo_build)
    assert not re.search(r"(src|href|url\()", page)
    assert "<script" not in page


def test_hostile_names_are_text(demo_build: Path, tmp_path: Path) -> None:
    path = tmp_path / "hostile.duckdb"
    shutil.copy(demo_build, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update audit.promotion_fairness set group_name = '<script>alert(1)</script>'"
            " where verdict = 'FAIL' and not is_suppressed and attribute = 'gender'"
        )
    page = audit_page(path)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_without_an_audit_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="make build"):
        audit_page(tmp_path / "none.duckdb")
    with duckdb.connect(str(tmp_path / "empty.duckdb")):
        pass
    with pytest.raises(UserError, match="has no fairness audit"):
        audit_page(tmp_path / "empty.duckdb")
