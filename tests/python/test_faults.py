"""Whatever befalls a night: readers see one whole version, and the next night is as any other."""

import json
import random
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from nights import Command, Readers, Warehouse, configure, tiny_project

from ops import faults, lock, publish, runs
from ops.project import UserError
from ops.tombstones import table_columns

SAID_OF_THE_RUN = publish.SAID_OF_THE_RUN | {"main.publication", "main.published_tables"}
NOBODY = 65534


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A warehouse with one night published, and the next one built."""
    warehouse = Warehouse(tmp_path / "warehouse")
    variables: dict[str, str] = {}
    configure(variables, warehouse.folder)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    warehouse.night(["ann", "bob"], run_id="first")
    assert publish.main([]) == 0
    warehouse.night(["ann", "bob", "cyd"], run_id="second")
    return warehouse


def content(folder: Path) -> dict[str, Any]:
    """The files of a warehouse and the rows in them, but for what names the run or its time."""
    found: dict[str, Any] = {}
    query = "select columns(name -> name != 'run_id') from kept.{} order by all"
    for path in sorted(folder.glob("*")):
        found[path.name] = None
        if path.suffix == ".duckdb":
            with duckdb.connect() as connection:
                connection.execute(f"attach '{path}' as kept (read_only)")
                tables = table_columns(connection, "kept").keys() - SAID_OF_THE_RUN
                found[path.name] = {
                    table: connection.execute(query.format(table)).fetchall() for table in tables
                }
    return found


def outcomes(folder: Path) -> list[str]:
    """Of the runs that readers see, oldest first."""
    with duckdb.connect(str(folder / "lifetime_segments.duckdb"), read_only=True) as connection:
        query = "select outcome from audit.run_history order by started_at"
        return [outcome for (outcome,) in connection.execute(query).fetchall()]


# -- killed ----------------------------------------------------------------------------------------


def test_killed_at_every_change_of_a_name_a_publication_is_there_or_not_and_the_next_one_whole(
    home: Warehouse,
) -> None:
    undisturbed = Command("publish", home.folder)
    assert undisturbed.end()[0] == 0
    expected = content(home.folder)
    moments = range(1, undisturbed.name_changes() + 1)
    assert len(moments) >= 5  # a link, three swaps and the version's own name
    with Readers(home.folder, 1) as readers:
        for number, moment in enumerate(moments):
            home.night(["ann", "bob", "cyd"], run_id=f"killed-{number}")
            assert Command("publish", home.folder, kill_at_name_change=moment).end()[0] == -9
            assert undisturbed.end()[0] == 0
            assert content(home.folder) == expected
    answers = readers.all_answers()
    assert len(answers) > len(moments)
    assert [answer for answer in answers if len(answer) != 1] == []
    assert set(outcomes(home.folder)) == {"published", "interrupted"}
    assert list(home.folder.rglob("*.next*")) == []


def test_killed_at_thirty_random_moments_while_four_read(tmp_path: Path) -> None:
    """Publications, and builds by dbt from its first parse to the last swap."""
    project = tiny_project(tmp_path / "project")
    undisturbed = Command("build", tmp_path / "undisturbed", project)
    assert undisturbed.end()[0] == 0
    folder = tmp_path / "disturbed"
    assert Command("build", folder, project).end()[0] == 0
    moments = random.Random(7)
    with Readers(folder, 4) as readers:
        for name, kills in (("publish", 24), ("build", 6)):
            command = Command(name, folder, project)
            began = time.monotonic()
            assert command.end()[0] == 0
            duration = time.monotonic() - began
            for _ in range(kills):
                process = command.start()
                process.join(moments.uniform(0, duration))
                process.kill()
                process.join()
        code, said = command.end()
    assert code == 0, said
    assert content(folder) == content(undisturbed.folder)
    answers = readers.all_answers()
    assert len(answers) > 100
    assert [answer for answer in answers if len(answer) != 1] == []
    assert len({run_id for answer in answers for run_id in answer}) >= 2
    ended = outcomes(folder)
    assert set(ended) <= {"published", "interrupted"}
    assert ended.count("interrupted") >= 10
    assert ended[-1] == "published"
    assert list(folder.rglob("*.next*")) == []


def test_a_run_that_was_killed_after_the_swap_is_known_as_published(home: Warehouse) -> None:
    last = Command("publish", home.folder)
    assert last.end()[0] == 0
    killed = Command("publish", home.folder, kill_at_name_change=last.name_changes())
    assert killed.end()[0] == -9
    version = home.version()
    runs.settle()
    row = runs.finished()[-1]
    assert (row["outcome"], row["version"]) == ("published", version)
    assert row["ended_at"] > row["started_at"]


# -- two at once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["build", "publish", "rollback"])
def test_a_second_run_is_sent_away_and_told_by_whom(name: str, home: Warehouse) -> None:
    before = home.published.read_bytes()
    recorded = len(runs.finished())
    with lock.one_at_a_time("build"):
        code, said = Command(name, home.folder).end()
    assert code == 4
    assert said.startswith(f"{name}: Another run is at work: make build, process ")
    assert home.published.read_bytes() == before
    assert home.build.exists()
    assert len(runs.finished()) == recorded


def test_of_two_builds_at_once_one_is_published_whole(tmp_path: Path) -> None:
    project = tiny_project(tmp_path / "project")
    command = Command("build", tmp_path / "warehouse", project)
    processes = [command.start(), command.start()]
    for process in processes:
        process.join()
    assert sorted(process.exitcode or 0 for process in processes) == [0, 4]
    assert outcomes(command.folder) == ["published"]


@pytest.mark.parametrize("name", ["build", "publish"])
def test_a_build_file_that_another_program_writes_is_left_alone(name: str, home: Warehouse) -> None:
    """A plain `dbt build`, say, which knows no lock of ours."""
    before = home.published.read_bytes()
    with duckdb.connect(str(home.build)) as connection:
        code, said = Command(name, home.folder).end()
        connection.execute("create table still_mine as select 1 as one")
    assert code == 4
    assert "build.duckdb is open for writing in another program (process " in said
    assert home.published.read_bytes() == before
    assert runs.finished()[-1]["reason"] == "locked file"


# -- the machine -----------------------------------------------------------------------------------


def unharmed(home: Warehouse, command: Command, code: int, says: str, reason: str) -> None:
    """A command fails with a line, readers see what they saw, and the next one is as any other."""
    before = home.published.read_bytes()
    answer, said = command.end()
    told = [line for line in said.splitlines() if line.startswith(f"{command.name}: ")]
    assert (answer, len(told)) == (code, 1), said
    assert says in told[0]
    assert "Traceback" not in said
    assert home.published.read_bytes() == before
    logged = command.folder.with_name(f"{command.folder.name}.dbt") / "runs.jsonl"
    last = json.loads(logged.read_text(encoding="utf-8").splitlines()[-1])
    assert last["reason"] == reason
    assert "Traceback" in last["traceback"]


def test_a_full_disk_stops_a_publication(home: Warehouse) -> None:
    full = Command("publish", home.folder, largest_file=200_000)
    unharmed(home, full, 3, "could not be written: the disk is full", "disk full")
    assert Command("publish", home.folder).end()[0] == 0
    assert outcomes(home.folder) == ["published", "fault", "published"]


def test_a_full_disk_stops_a_build(home: Warehouse, tmp_path: Path) -> None:
    project = tiny_project(tmp_path / "project")
    full = Command("build", home.folder, project, largest_file=200_000)
    unharmed(home, full, 3, "could not be written: the disk is full", "disk full")
    assert Command("build", home.folder, project).end()[0] == 0


def test_memory_that_runs_out_stops_a_build(home: Warehouse, tmp_path: Path) -> None:
    project = tiny_project(tmp_path / "project")
    profiles = home.folder.with_name("warehouse.dbt") / "profiles.yml"
    text = profiles.read_text(encoding="utf-8")
    limits = "memory_limit: 30MB\n        max_temp_directory_size: 0MB\n        TimeZone:"
    profiles.write_text(text.replace("TimeZone:", limits), encoding="utf-8")
    model = project / "models" / "customers.sql"
    many = "select range % 999983 as customer_id, max(md5(cast(range as varchar))) as run_id"
    query = f"{{{{ config(schema='marts') }}}} {many} from range(3000000) group by 1"
    model.write_text(query, encoding="utf-8")
    short = Command("build", home.folder, project)
    unharmed(home, short, 3, "Memory ran out. Stop what else runs", "out of memory")


def test_a_folder_that_may_only_be_read_stops_a_run(home: Warehouse) -> None:
    """Root may write anywhere, so the run is nobody's."""
    for path in (*home.folder.parents, home.folder):
        if path.owner() == home.folder.owner() and path != Path("/"):
            path.chmod(0o755)
    before = home.published.read_bytes()
    home.folder.chmod(0o555)
    said = home.folder.with_name("warehouse.publish.txt")
    said.touch()
    said.chmod(0o666)
    code, told = Command("publish", home.folder, user=NOBODY).end()
    home.folder.chmod(0o755)
    assert code == 3
    assert told.startswith("publish: ")
    assert "may not be read or written by this user" in told
    assert told.count("\n") == 1
    assert home.published.read_bytes() == before


def test_a_folder_that_cannot_be_made_stops_a_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = Command("publish", tmp_path / "file")
    code, said = command.end()
    assert code == 3
    assert "is a file where a folder should be" in said
    assert "Traceback" not in said


def test_a_history_that_cannot_be_read_stops_a_build(home: Warehouse, tmp_path: Path) -> None:
    (home.folder / "history.duckdb").write_bytes(b"no database" * 1000)
    broken = Command("build", home.folder, tiny_project(tmp_path / "project"))
    unharmed(home, broken, 2, "Put back a copy of it, or remove it", "refused")


# -- what is said ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reason", "code"),
    [
        (OSError(28, "No space left on device", "/a/b"), "disk full", 3),
        (OSError(122, "Disk quota exceeded", "/a/b"), "disk full", 3),
        (OSError(30, "Read-only file system", "/a/b"), "no permission", 3),
        (PermissionError(13, "Permission denied", "/a/b"), "no permission", 3),
        (FileNotFoundError(2, "No such file or directory", "/a/b"), "missing file", 3),
        (OSError(5, "Input/output error", "/a/b"), "input or output error", 3),
        (MemoryError(), "out of memory", 3),
        (duckdb.IOException('"/a/b" is not a valid DuckDB database file!'), "damaged file", 3),
        (KeyError("a value"), "unforeseen: KeyError", 3),
        (UserError("Do this."), "refused", 2),
    ],
)
def test_every_error_has_a_reason_without_data_and_a_code(
    error: Exception, reason: str, code: int
) -> None:
    told = faults.explained(error)
    assert (told.reason, told.exit_code) == (reason, code)
    if "/a/b" in str(error):
        assert str(told).startswith("/a/b ")
