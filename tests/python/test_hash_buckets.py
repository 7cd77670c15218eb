"""Hashes: the macros' own SQL against published vectors, Python's hashlib and statistics.

Published: the vectors of Eppo's SDKs for test-input, alice, bob and charlie (md5, the first eight
hexadecimal digits, modulo 10,000), and those of Meta's documentation for SHA-256. The other vectors
were computed with coreutils' md5sum. Both on DuckDB and on PostgreSQL, each with its variant.
"""

import hashlib
from collections.abc import Callable, Sequence
from itertools import pairwise

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres import Server
from scipy import stats
from shop import Builder

BUCKETS = 10_000
EPPO = {"test-input": 5619, "alice": 3170, "bob": 7420, "charlie": 7497}
OTHERS = {
    "": 6393,
    "42": 4184,
    "Ünïcødé": 2586,
    "a'b": 4434,
    "promo_2025_07|cust_00000001": 6627,
    "hold|7": 3219,
}
SHA256 = {
    "john_smith@gmail.com": "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
    "16505551212": "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    "mary": "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec",
    "valéry": "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c",
    "정": "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14",
}
PEOPLE = 200_000
UNIVERSAL_SHARE, PROMOTION_SHARE = 0.05, 0.10
# every draw below is fixed, so a level this low is no game of chance
UNLIKELY = 0.001

Buckets = np.ndarray
Hash = Callable[[Sequence[str]], Buckets]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The macros for a column named id, as dbt renders them: dispatched, and each variant."""
    # a builder of its own, because dbt adds an inline query to the manifest
    builder = Builder(tmp_path_factory.mktemp("hash"))
    digits = "'substr(' ~ dbt.hash('id') ~ ', 1, 8)'"
    lines = ["hash_bucket: {{ hash_bucket('id') }}", "sha256_hex: {{ sha256_hex('id') }}"]
    for engine in ("default", "postgres", "spark"):
        bucket = f"mod({{{{ {engine}__hex_number({digits}) }}}}, {BUCKETS})"
        lines.append(f"{engine}__hash_bucket: {bucket}")
        lines.append(f"{engine}__sha256_hex: {{{{ {engine}__sha256_hex('id') }}}}")
    return dict(line.split(": ", 1) for line in inline(builder, "\n".join(lines)).splitlines())


def inline(builder: Builder, text: str) -> str:
    """A text with macros, as dbt renders it."""
    variables = {"demo_shop": True}
    outcome = builder._invoke(
        "compile",
        builder.home / "build.duckdb",
        variables,
        ["--inline", text],
        builder._manifest(variables),
    )
    assert outcome.success, outcome.exception
    (result,) = outcome.result.results
    return str(result.node.compiled_code)


@pytest.fixture(scope="module")
def bucket(rendered: dict[str, str]) -> Hash:
    """The bucket of each text, by the macro's SQL in DuckDB."""
    connection = duckdb.connect()
    query = f"select {rendered['hash_bucket']} from (select unnest(?::varchar[]) as id)"

    def run(texts: Sequence[str]) -> Buckets:
        rows = connection.execute(query, [list(texts)]).fetchall()
        return np.array([found for (found,) in rows], dtype=object)

    return run


@pytest.fixture(scope="module")
def drawn(rendered: dict[str, str]) -> Callable[[str], Buckets]:
    """The buckets of all people under a salt."""
    connection = duckdb.connect()

    def run(salt: str) -> Buckets:
        found = connection.execute(
            f"select {rendered['hash_bucket']} as bucket"
            " from (select ? || '|cust_' || lpad(cast(number as varchar), 8, '0') as id"
            f" from range({PEOPLE}) as people(number) order by number)",
            [salt],
        )
        return np.asarray(found.fetchnumpy()["bucket"])

    return run


# -- the number -----------------------------------------------------------------------------------


@pytest.mark.parametrize("vectors", [EPPO, OTHERS], ids=["eppo", "others"])
def test_published_vectors(bucket: Hash, vectors: dict[str, int]) -> None:
    assert dict(zip(vectors, bucket(list(vectors)), strict=True)) == vectors


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=20))
def test_any_text_has_the_bucket_that_python_computes(bucket: Hash, texts: list[str]) -> None:
    expected = [
        int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16) % BUCKETS
        for text in texts
    ]
    assert list(bucket(texts)) == expected


def test_nobody_is_in_no_bucket(bucket: Hash, rendered: dict[str, str]) -> None:
    query = f"select {rendered['hash_bucket']} from (select cast(null as varchar) as id)"
    assert duckdb.sql(query).fetchall() == [(None,)]


@pytest.mark.parametrize("macro", ["hash_bucket", "sha256_hex"])
def test_every_warehouse_has_a_variant(macro: str, rendered: dict[str, str]) -> None:
    """DuckDB is dispatched to the default; the others are written otherwise."""
    assert rendered[macro] == rendered[f"default__{macro}"]
    assert len({text for name, text in rendered.items() if name.endswith(macro)}) == 3


def test_published_sha256_on_duckdb(rendered: dict[str, str]) -> None:
    connection = duckdb.connect()
    query = f"select {rendered['sha256_hex']} from (select ?::varchar as id)"
    for text, expected in SHA256.items():
        assert hashlib.sha256(text.encode()).hexdigest() == expected
        assert connection.execute(query, [text]).fetchall() == [(expected,)]
    assert connection.execute(query, [None]).fetchall() == [(None,)]


def test_published_vectors_on_postgresql(rendered: dict[str, str], postgres: Server) -> None:
    """The same text has the same bucket and hash on every warehouse."""
    both = f"{rendered['postgres__hash_bucket']}, {rendered['postgres__sha256_hex']}"
    query = f"select {both} from (select %s::text as id) as given"
    with postgres.connect() as connection:
        for text in [*EPPO, *OTHERS, *SHA256]:
            ((found, hashed),) = connection.execute(query, [text]).fetchall()
            assert found == {**EPPO, **OTHERS}.get(text, found)
            assert hashed == hashlib.sha256(text.encode()).hexdigest()
            assert hashed == SHA256.get(text, hashed)
        nobody = connection.execute(query, [None]).fetchall()
        assert nobody == [(None, None)]
        # half of them have the first bit set, which must not make a bucket negative
        texts = [f"cust_{number}" for number in range(5000)]
        many = f"select {rendered['postgres__hash_bucket']} from unnest(%s::text[])"
        rows = connection.execute(
            f"{many} with ordinality as given (id, n) order by n", [texts]
        ).fetchall()
    expected = [
        int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16) % BUCKETS
        for text in texts
    ]
    assert [found for (found,) in rows] == expected


# -- shares ---------------------------------------------------------------------------------------


def in_share(buckets: Buckets, share: float) -> Buckets:
    """Who is in a share of the population, by the rule that the macro's comment gives."""
    members: Buckets = buckets < BUCKETS * share
    return members


def chance(count: int, share: float) -> float:
    """How likely a count at least as far from its share is, of independent draws."""
    return float(stats.binomtest(count, PEOPLE, share).pvalue)


def dependence(one: Buckets, other: Buckets) -> float:
    """How likely tenths at least as dependent are, of independent draws: chi-square, 10 by 10."""
    tenth = BUCKETS // 10
    table = np.zeros((10, 10), dtype=int)
    np.add.at(table, (one // tenth, other // tenth), 1)
    return float(stats.chi2_contingency(table).pvalue)


def test_raising_a_share_keeps_every_earlier_member(drawn: Callable[[str], Buckets]) -> None:
    buckets = drawn("promotion|second_order_nudge")
    shares = [0, 0.0001, 0.01, 0.05, 0.1, 0.5, 0.9999, 1]
    members = [in_share(buckets, share) for share in shares]
    for fewer, more in pairwise(members):
        assert not (fewer & ~more).any()
        assert more.sum() > fewer.sum()
    assert not members[0].any()
    assert members[-1].all()


def test_the_universal_and_a_promotions_share_are_as_large_as_asked_and_independent(
    drawn: Callable[[str], Buckets],
) -> None:
    universal, promotion = drawn("universal|2026"), drawn("promotion|second_order_nudge")
    held = in_share(universal, UNIVERSAL_SHARE)
    control = in_share(promotion, PROMOTION_SHARE)
    assert chance(int(held.sum()), UNIVERSAL_SHARE) > UNLIKELY
    assert chance(int(control.sum()), PROMOTION_SHARE) > UNLIKELY
    assert chance(int((held & control).sum()), UNIVERSAL_SHARE * PROMOTION_SHARE) > UNLIKELY
    assert dependence(universal, promotion) > UNLIKELY


def test_next_years_universal_share_holds_other_people(drawn: Callable[[str], Buckets]) -> None:
    assert dependence(drawn("universal|2026"), drawn("universal|2027")) > UNLIKELY


@pytest.mark.parametrize("salt", ["universal|2026", "promotion|second_order_nudge", ""])
def test_buckets_are_uniform(drawn: Callable[[str], Buckets], salt: str) -> None:
    buckets = drawn(salt)
    assert buckets.min() >= 0
    assert buckets.max() < BUCKETS
    counts = np.bincount(buckets // 100, minlength=100)
    assert float(stats.chisquare(counts).pvalue) > UNLIKELY


def test_the_statistics_find_a_shared_salt_and_a_skewed_hash(
    drawn: Callable[[str], Buckets],
) -> None:
    """The checks above are no idle ones."""
    buckets = drawn("universal|2026")
    assert dependence(buckets, buckets) < UNLIKELY
    both = in_share(buckets, UNIVERSAL_SHARE) & in_share(buckets, PROMOTION_SHARE)
    assert chance(int(both.sum()), UNIVERSAL_SHARE * PROMOTION_SHARE) < UNLIKELY
    skewed = np.maximum(buckets, buckets[::-1])
    assert float(stats.chisquare(np.bincount(skewed // 100, minlength=100)).pvalue) < UNLIKELY
    assert chance(int(in_share(skewed, UNIVERSAL_SHARE).sum()), UNIVERSAL_SHARE) < UNLIKELY
