"""Nights as they come: published, failed, published again, all written down; started by cron."""

import json
import re
import shutil
import subprocess
from datetime import date, timedelta
from hashlib import md5
from pathlib import Path

import duckdb
import pytest
from nights import PEOPLE, Warehouse, configure, tiny_project
from shop import REPOSITORY

from ops import build, dbt_run, manifest, publish, rollback, runs, summary
from ops.project import published_file

PAGE = REPOSITORY / "docs" / "publishing.md"
TEST = "assert_every_customer_has_a_segment"
# of yesterday, for the gate stops what is older than a night's delivery may be
ORDERS = (
    "order_id,customer_id,ordered_at,gross_amount\n"
    f"1,ann,{date.today() - timedelta(days=1)} 10:00:00,20.00\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tiny_project(tmp_path / "project")


@pytest.fixture
def home(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A warehouse, and the tiny project as that which is built."""
    variables: dict[str, str] = {}
    configure(variables, tmp_path / "warehouse")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(dbt_run, "ROOT", project)
    monkeypatch.setattr(summary, "summary", lambda path: "all of it")
    return Warehouse(tmp_path / "warehouse")


def night(day: str = "2026-06-30") -> int:
    return build.main(["--vars", "{demo_shop: false, gates_enabled: false}", "--as-of", day])


# -- what is written down --------------------------------------------------------------------------


def test_nights_that_pass_fail_and_pass_again(
    home: Warehouse, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    segments = project / "models" / "customer_segments.sql"
    good = segments.read_text(encoding="utf-8")
    assert night() == 0
    first = home.published.read_bytes()

    segments.write_text(f"{good} where customer_id not in ('1', '2')", encoding="utf-8")
    assert night() == 1
    printed = capsys.readouterr().err
    assert f"Failed: {TEST}: 2 rows\n" in printed
    assert re.search(rf"\n    query: \S+{TEST}\.sql\n", printed)
    assert "0 not built, 1 failed, 0 skipped: nothing is published" in printed
    assert "run its query on" in printed
    segments.write_text(f"{good}, nowhere", encoding="utf-8")
    assert night("2026-07-01") == 1
    assert home.published.read_bytes() == first

    segments.write_text(good, encoding="utf-8")
    assert night() == 0
    found = home.rows(
        "select outcome, reason, passed_node_count, failed_node_count, as_of_date, "
        "accepted_row_count from audit.run_history order by started_at"
    )
    assert found == [
        ("published", None, 6, 0, date(2026, 6, 30), PEOPLE),
        ("failed", f"failed test: {TEST}", 5, 1, date(2026, 6, 30), PEOPLE),
        ("failed", "model not built: customer_segments", 4, 1, date(2026, 7, 1), PEOPLE),
        ("published", None, 6, 0, date(2026, 6, 30), PEOPLE),
    ]
    assert home.rows(
        "select command, target, "
        "abs(duration_seconds - epoch(ended_at - started_at)) < 0.000001, "
        "version is null from audit.run_history order by started_at"
    ) == [("build", "duckdb", True, failed) for failed in (False, True, True, False)]


@pytest.mark.parametrize("hook", ["on-run-start", "on-run-end"])
def test_a_hook_that_fails_leaves_what_is_published(
    hook: str, home: Warehouse, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert night() == 0
    first = home.published.read_bytes()
    settings = project / "dbt_project.yml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}{hook}: [select nothing_here]\n", encoding="utf-8")
    assert night() == 1
    printed = capsys.readouterr().err
    assert f"Not built: tiny-{hook}-0" in printed
    assert "nothing_here" in printed
    assert "nothing is published" in printed
    assert home.published.read_bytes() == first
    assert runs.finished()[-1]["reason"] == f"model not built: tiny-{hook}-0"


def test_a_delivery_that_cannot_be_read_is_written_down_without_its_data(
    home: Warehouse, tmp_path: Path
) -> None:
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "orders.csv").write_text('order_id,note\n1,"secret-value', encoding="utf-8")
    assert build.main(["--raw", str(folder)]) == 2
    last = runs.finished()[-1]
    assert (last["outcome"], last["reason"]) == ("refused", "unreadable delivery")
    kept = home.folder / "run_history.jsonl"
    assert "secret-value" not in kept.read_text(encoding="utf-8")


def test_a_line_of_the_log_is_a_run(home: Warehouse) -> None:
    assert night() == 0
    log = home.folder.with_name("warehouse.dbt") / "runs.jsonl"
    (line,) = [json.loads(text) for text in log.read_text(encoding="utf-8").splitlines()]
    assert {**line, "traceback": None} == {**runs.finished()[0], "traceback": None}
    assert line["outcome"] == "published"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", line["started_at"])


def test_a_run_that_was_killed_and_a_line_that_was_cut_off_are_no_hindrance(
    home: Warehouse,
) -> None:
    with runs.recorded("publish", "duckdb") as run:
        run.end("built")
    kept = home.folder / "run_history.jsonl"
    started, _ = kept.read_text(encoding="utf-8").splitlines()
    kept.write_text(f'{started}\n{{"event": "end', encoding="utf-8")
    assert night() == 0
    columns = "command, outcome, reason, ended_at is null"
    assert home.rows(f"select {columns} from audit.run_history order by started_at") == [
        ("publish", "interrupted", "killed", True),
        ("build", "published", None, False),
    ]


# -- what a file says of itself --------------------------------------------------------------------


def test_marts_and_what_tools_read_name_the_same_run_day_and_code(home: Warehouse) -> None:
    assert night() == 0
    ((run_id,),) = home.rows("select distinct run_id from marts.customers")
    published, activated = manifest.read(home.published), manifest.read(home.activation)
    assert published is not None
    assert activated is not None
    assert published[0] == activated[0]
    assert published[0].run_id == run_id
    assert published[0].as_of_date == "2026-06-30"
    assert published[0].project_version == "0.1.0"
    assert published[0].git_revision == manifest.git_revision()
    assert published[0].built_at is not None
    assert published[0].built_at < published[0].published_at
    assert home.rows("select run_id, version from audit.run_history") == [
        (run_id, published[0].version)
    ]
    assert published[1]["marts.customers"][0] == PEOPLE
    assert published[1] == rollback.published_contents(home.published)
    assert activated[1] == rollback.published_contents(home.activation)


def test_a_project_without_git_has_no_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert manifest.git_revision() is None
    monkeypatch.setenv("PATH", "")
    assert manifest.git_revision() is None


ROWS = "(1, 'a', null), (2, 'a, null', 1.50), (2, 'a, null', 1.50), (3, null, 0.00)"


@pytest.mark.parametrize(
    ("rows", "is_same"),
    [
        ("(3, null, 0.00), (2, 'a, null', 1.50), (1, 'a', null), (2, 'a, null', 1.50)", True),
        ("(1, 'a', null), (2, 'a, null', 1.50), (3, null, 0.00)", False),
        ("(1, 'a', null), (9, 'b', 1.00), (9, 'b', 1.00), (3, null, 0.00)", False),
        ("(1, 'a', null), (1, 'a', null), (2, 'a, null', 1.50), (3, null, 0.00)", False),
        ("(1, 'a', null), (2, 'a, null', 1.50), (2, 'a, null', 1.51), (3, null, 0.00)", False),
        ("(1, 'a', null), (2, 'a, null', 1.50), (2, 'a, null', 1.50), (3, 'null', 0.00)", False),
        ("(1, 'a', null), (2, 'a, null', 1.50), (2, 'a, null', 1.50), (3, '', 0.00)", False),
    ],
)
def test_a_hash_knows_every_value_and_how_often_but_no_order(rows: str, is_same: bool) -> None:
    columns = {"id": "INTEGER", "note": "VARCHAR", "amount": "DECIMAL(4,2)"}
    with duckdb.connect() as connection:

        def of(values: str, types: dict[str, str]) -> manifest.Content:
            table = f"(values {values}) as rows (id, note, amount)"
            return manifest.content(connection, table, types)

        assert (of(ROWS, columns) == of(rows, columns)) is is_same
        assert of(ROWS, columns) != of(ROWS, {**columns, "id": "BIGINT"})
        assert of("(1, 'a', null)", columns) != of("(2, 'a', null)", columns)


def test_the_hash_is_that_of_its_definition() -> None:
    """Kept versions are read against it, so no other way of computing may change it."""
    rows = [["1", "a", None], ["2", 'ü "x"', "1.50"], ["2", 'ü "x"', "1.50"]]
    digests = [
        md5(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()).digest()
        for row in rows
    ]
    halves = zip(*[(digest[8:], digest[:8]) for digest in digests], strict=True)
    sums = [sum(int.from_bytes(part, "little") for part in half) for half in halves]
    columns = {"id": "INTEGER", "note": "VARCHAR", "amount": "DECIMAL(4,2)"}
    expected = md5(json.dumps([list(columns.items()), len(rows), *sums]).encode()).hexdigest()
    values = "(1, 'a', null), (2, 'ü \"x\"', 1.50), (2, 'ü \"x\"', 1.50)"
    with duckdb.connect() as connection:
        table = f"(values {values}) as rows (id, note, amount)"
        assert manifest.content(connection, table, columns) == (3, expected)


def test_what_a_killed_publication_left_is_cleared_by_a_night_that_publishes_nothing(
    home: Warehouse,
) -> None:
    assert night() == 0
    for name in ("lifetime_segments", "activation", "history"):
        for suffix in ("next", "next.wal"):
            (home.folder / f"{name}.duckdb.{suffix}").touch()
    (home.folder / "versions" / "20200101T000000.000000Z.duckdb.next").touch()
    (home.folder / "build.duckdb.tmp").mkdir()
    assert build.main(["--vars", "{demo_shop: false, gates_enabled: false}", "--no-publish"]) == 0
    assert list(home.folder.rglob("*.next*")) == []
    assert list(home.folder.rglob("*.tmp")) == []
    assert runs.finished()[-1]["outcome"] == "built"
    assert publish.main([]) == 0
    assert published_file().exists()


# -- from the page ---------------------------------------------------------------------------------


def command_of_the_page(begins: str) -> str:
    """A command as people copy it."""
    lines = [line.strip() for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return next(line for line in lines if line.startswith(begins))


def test_freshness_warns_of_a_table_that_was_not_loaded_for_36_hours(
    tmp_path: Path,
) -> None:
    configure(variables := {"PATH": f"{REPOSITORY}/.venv/bin:/usr/bin:/bin"}, tmp_path / "home")
    variables["LIFETIME_BUILD_PATH"] = str(tmp_path / "home.dbt" / "build.duckdb")
    with duckdb.connect(variables["LIFETIME_BUILD_PATH"]) as loaded:
        loaded.execute("create schema raw")
        for table, hours in (("orders", 35), ("events", 37)):
            loaded.execute(
                f"create table raw.{table} as select cast(now() at time zone 'UTC' - "
                f"interval {hours} hour as varchar) as loaded_at"
            )
    absent = re.findall(r"has_\w+", (REPOSITORY / "dbt_project.yml").read_text(encoding="utf-8"))
    switched = {name: False for name in absent if name != "has_events"}
    given = json.dumps({"demo_shop": False, **switched})
    command = command_of_the_page("dbt source freshness") + f" --vars '{given}'"
    answer = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=REPOSITORY,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout
    found = json.loads((tmp_path / "home.dbt" / "sources.json").read_text(encoding="utf-8"))
    assert {row["unique_id"].split(".")[-1]: row["status"] for row in found["results"]} == {
        "events": "warn",
        "orders": "pass",
    }


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as somebody has it who has built it once."""
    folder = tmp_path_factory.mktemp("clone") / "lifetime segments"
    left_out = shutil.ignore_patterns(
        ".git", ".venv", "target", "logs", "*.duckdb*", "__pycache__", ".*_cache"
    )
    shutil.copytree(REPOSITORY, folder, ignore=left_out)
    shutil.rmtree(folder / "warehouse")
    (folder / "warehouse").mkdir()
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    shutil.copy(folder / "profiles.yml.example", folder / "profiles.yml")
    (folder / "delivery").mkdir()
    return folder


def run_by_cron(clone: Path) -> str:
    """What cron would mail: all that the line of the page says on a system with nothing set."""
    line = command_of_the_page("15 3 * * *").split(maxsplit=5)[5]
    line = line.replace("/srv/lifetime_segments", f"'{clone}'")
    line = line.replace("/data/shop", f"'{clone}/delivery'").replace("\\%", "%")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(clone), "SHELL": "/bin/sh"}
    answer = subprocess.run(
        ["/bin/sh", "-c", line], env=environment, capture_output=True, text=True, check=False
    )
    return answer.stdout + answer.stderr


def test_a_night_by_cron_that_fails_is_mailed_with_its_exit_code(clone: Path) -> None:
    (clone / "delivery" / "orders.csv").write_text(ORDERS + "2,bob\n", encoding="utf-8")
    mail = run_by_cron(clone)
    assert "exit code 2" in mail
    assert "orders.csv cannot be read" in mail
    assert not (clone / "warehouse" / "lifetime_segments.duckdb").exists()


def test_a_night_by_cron_that_passes_is_published_and_says_nothing(clone: Path) -> None:
    (clone / "delivery" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    assert run_by_cron(clone) == ""
    home = Warehouse(clone / "warehouse")
    query = (
        "select command, outcome, delivered_row_count from audit.run_history order by started_at"
    )
    assert home.rows(query)[-1] == ("build", "published", 1)
    assert home.rows("select customer_id from marts.customer_segments") == [("ann",)]
    assert "Published: warehouse/lifetime_segments.duckdb" in (
        clone / "warehouse" / "nightly.log"
    ).read_text(encoding="utf-8")
