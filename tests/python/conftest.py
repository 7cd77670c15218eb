"""What every test may use: a builder for the session, the demo shop built once."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from online_retail import Delivery, deliver
from postgres import Missing, Server, server
from shop import DATA, REPOSITORY, Build, Builder, Common

from ops.proof import Proof, protected_words
from ops.proof_project import Compiler

# Files of minutes begin first, so that no process of pytest ends with one while the other waits.
LONGEST = [
    "test_spark",
    "test_postgres",
    "test_erasure",
    "test_decision_properties",
    "test_no_protected_attribute",
    "test_proof",
    "test_random_shops",
    "test_small_shops",
    "test_activation",
    "test_dialects",
    "test_point_in_time",
    "test_order_and_repeat",
    "test_arm_history",
    "test_faults",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of the files; within each it stays."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def common(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder for the run, whatever the number of its processes."""
    own = tmp_path_factory.getbasetemp()
    Common.folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """One builder for the session, so that builds with equal vars share one parse."""
    return Builder(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def demo(builder: Builder) -> Build:
    """The demo shop as a newcomer builds it, with every data test."""

    def make(home: Path) -> Build:
        build = builder.run(home, {}, ["--exclude-resource-type", "unit_test"])
        assert not build.problems, "\n".join(build.problems)
        return build

    return Common.once("demo", make)


@pytest.fixture(scope="session")
def demo_build(demo: Build) -> Path:
    """The DuckDB file of the demo shop."""
    return demo.database


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Where a file that the project does not carry lies; without it the test is skipped."""

    def find(name: str) -> Path:
        if not (DATA / name).exists():
            pytest.skip(f"{name} is not here: this public data set is not part of the project")
        return DATA / name

    return find


@pytest.fixture(scope="session")
def retail_delivery(real_data: Callable[[str], Path]) -> Delivery:
    """Online Retail, the invoice lines of a real gift shop."""
    path = real_data("online_retail/online_retail_2010_2011.parquet")
    return Common.once("online_retail", lambda folder: deliver(path, folder))


@pytest.fixture(scope="session")
def retail(retail_delivery: Delivery, builder: Builder) -> Build:
    """That shop as published: cancellations are not activity."""
    return Common.once(
        "online_retail_published",
        lambda home: retail_delivery.build(builder, home, cancelled=False, checks=True),
    )


@pytest.fixture(scope="session")
def proven() -> Proof:
    """The proof of this project, judged: the demo shop, on its first night and on a later one."""

    def make(home: Path) -> Proof:
        home.mkdir()
        shutil.copy(REPOSITORY / "profiles.yml.example", home / "profiles.yml")
        compiler = Compiler(REPOSITORY, home / "compiled", home)
        compiler.add({"demo_shop": True}, states=(False, True))
        proof = Proof(compiler.project, protected_words())
        proof.run()
        return proof

    return Common.once("proof", make)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for the session; without one its tests are skipped, and say why."""
    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(server())
        except Missing as reason:
            pytest.skip(str(reason))
        yield running
