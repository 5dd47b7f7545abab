"""`bitmap` against Python's integers."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.boa_world import load

BITMAP = load("mocks/BitmapHarness.vy").deploy()
WORDS = st.one_of(
    st.integers(0, 2**256 - 1),
    st.sets(st.integers(0, 255)).map(lambda bits: sum(1 << bit for bit in bits)),
)


def bits_of(word: int) -> list[int]:
    """Where the set bits are, ascending."""
    return [bit for bit in range(256) if word >> bit & 1]


def test_count__edges__are_counted() -> None:
    words = [0, 1, 2**255, 2**256 - 1, 2**256 - 2, 2**128]
    assert [BITMAP.count(word) for word in words] == [word.bit_count() for word in words]


@given(WORDS)
def test_count__any_word__is_its_population(word: int) -> None:
    assert BITMAP.count(word) == word.bit_count()


def test_nth__all_ones__is_the_number_itself() -> None:
    assert [BITMAP.nth(2**256 - 1, n) for n in range(1, 257)] == list(range(256))


@given(WORDS.filter(bool), st.data())
def test_nth__any_word__finds_the_bit(word: int, data: st.DataObject) -> None:
    bits = bits_of(word)
    n = data.draw(st.integers(1, len(bits)))
    assert BITMAP.nth(word, n) == bits[n - 1]


@given(st.integers(0, 255), st.data())
def test_run__inside_a_word__is_that_many_ones(first: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 256 - first))
    assert BITMAP.run(first, count) == (2**count - 1) << first
