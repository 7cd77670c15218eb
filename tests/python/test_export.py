"""Exports: what each tool gets as CSV, and no cell of which a spreadsheet makes a formula."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ops import export, publish
from ops.project import UserError, activation_file, export_folder

DANGEROUS = tuple("=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20")
texts = st.text(st.sampled_from("=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20'\" ,;|ax7ä"), max_size=12)
COLUMNS = (
    "destination, external_id, kind, action, email, phone, email_sha256, phone_sha256, segment,"
    " lifecycle_stage, value_tier, promotion_id, message_key, content_key, product_id,"
    " send_from_at, send_until_at"
)
Row = dict[str, Any]


@pytest.fixture
def publish_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Row]], None]:
    """An activation file with these rows; what a row does not name is null."""
    monkeypatch.setenv("LIFETIME_BUILD_PATH", str(tmp_path / "build.duckdb"))
    types = ", ".join(
        f"{name.strip()} {'timestamp' if name.endswith('_at') else 'varchar'}"
        for name in COLUMNS.split(",")
    )

    def write(rows: list[Row]) -> None:
        activation_file().unlink(missing_ok=True)
        with duckdb.connect(str(activation_file())) as connection:
            connection.execute(f"create table audience_sync ({types})")
            for row in rows:
                names = ", ".join(row)
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"insert into audience_sync ({names}) values ({marks})",
                    list(row.values()),
                )

    return write


def read(path: Path) -> list[dict[str, str]]:
    """The rows as a reader of RFC 4180 gets them."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def member(action: str, **more: Any) -> Row:
    row = {"destination": "mailer", "kind": "message_tool", "action": action}
    return row | {"external_id": f"id of {action}"} | more


@given(texts)
@example("=1+1")
@example("'=1+1")
@example("a;=1+1")
@example("a\r\n=1+1")
@example('";"=1+1')
@example("a\r\nb")
@settings(max_examples=2000)
def test_a_guarded_text_begins_no_formula_and_comes_back(text: str) -> None:
    safe = export.guarded(text)
    assert export.unguarded(safe) == text
    for cells in re.split(r"\r\n|[,;|\t\r\n]", safe):
        assert not cells.lstrip(" '\"").startswith(DANGEROUS) or cells.startswith("'")
    assert not safe.startswith(DANGEROUS)


@given(st.text())
def test_the_guard_leaves_no_trace_on_any_text(text: str) -> None:
    assert export.unguarded(export.guarded(text)) == text
    assert export.unguarded(export.guarded(export.guarded(text))) == export.guarded(text)


@given(st.lists(st.lists(texts, min_size=3, max_size=3), max_size=4))
@settings(max_examples=500, deadline=None)
def test_a_file_reads_back_and_no_reading_of_it_begins_a_formula(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    """Also where a program takes semicolons or tabs for the delimiter, or breaks lines in cells."""
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    assert export.write_csv(path, ["one", "two", "three"], rows) == len(rows)
    raw = path.read_bytes().decode("utf-8")
    found = list(csv.reader(io.StringIO(raw, newline=""), strict=True))
    assert [[export.unguarded(text) for text in row] for row in found[1:]] == rows
    assert not [text for row in found for text in row if text.startswith(DANGEROUS)]
    for delimiter in ",;\t|":
        for lines in ([raw], raw.splitlines(keepends=True), re.split("[\r\n]", raw)):
            for line in lines:
                for row in csv.reader(io.StringIO(line, newline=""), delimiter=delimiter):
                    # an end of line that a misread quote swallowed begins no formula
                    for text in (cell.lstrip("\r\n") for cell in row):
                        assert not text.startswith(DANGEROUS), (line, delimiter)


def test_each_destination_gets_what_changes_for_it_in_the_columns_of_its_kind(
    publish_rows: Callable[[list[Row]], None],
) -> None:
    publish_rows(
        [
            member("add", email="a@b.de", segment="loyal", send_from_at="2026-07-01 08:00:00"),
            member("update", email="-x@b.de", promotion_id='say "hi", you'),
            member("keep", email="kept@b.de"),
            member("remove"),
            member("add", destination="ads", kind="ads", email_sha256="e3", segment="=lost"),
            member("remove", destination="struck", kind=None),
        ]
    )
    counts = export.export()
    assert {path.name: count for path, count in counts.items()} == {
        "ads.csv": 1,
        "mailer.csv": 3,
        "struck.csv": 1,
    }
    mailer = read(export_folder() / "mailer.csv")
    assert [row["action"] for row in mailer] == ["add", "remove", "update"]
    assert mailer[0]["email"] == "a@b.de"
    assert mailer[0]["send_from_at"] == "2026-07-01 08:00:00"
    assert {*mailer[1].values()} == {"id of remove", "remove", ""}
    assert mailer[2]["email"] == "'-x@b.de"
    assert mailer[2]["promotion_id"] == 'say "hi", you'
    (ad,) = read(export_folder() / "ads.csv")
    assert ad == {
        "external_id": "id of add",
        "action": "add",
        "email_sha256": "e3",
        "phone_sha256": "",
        "segment": "'=lost",
    }
    assert read(export_folder() / "struck.csv") == [
        {"external_id": "id of remove", "action": "remove"}
    ]
    assert (export_folder() / "ads.csv").read_bytes().count(b"\r\n") == 2


def test_numbers_and_times_are_written_as_they_are() -> None:
    assert [export.cell(value) for value in (-5, -0.5, None, "-5")] == [-5, -0.5, None, "'-5"]


def test_files_are_their_owner_s_and_the_last_export_s_alone(
    publish_rows: Callable[[list[Row]], None],
) -> None:
    publish_rows([member("add"), member("add", destination="other")])
    export.export()
    folder = export_folder()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    publish_rows([member("add")])
    export.export()
    assert sorted(path.name for path in folder.iterdir()) == [".files", "mailer.csv", "notes.txt"]
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert oct((folder / "mailer.csv").stat().st_mode & 0o777) == "0o600"
    export.forget()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_publishing_again_takes_the_old_export_away(
    publish_rows: Callable[[list[Row]], None], tmp_path: Path
) -> None:
    publish_rows([member("add")])
    export.export()
    with duckdb.connect(str(tmp_path / "build.duckdb")) as connection:
        connection.execute("create schema marts; create table marts.one as select 1 as one")
    publish.record_build("2026-06-30", True, "an-invocation")
    publish.publish()
    assert not export_folder().exists()


def test_without_a_build_there_is_nothing_to_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIFETIME_BUILD_PATH", str(tmp_path / "build.duckdb"))
    with pytest.raises(UserError, match="Run make build"):
        export.export()
    assert export.main() == 2
    assert "Run make build" in capsys.readouterr().err
