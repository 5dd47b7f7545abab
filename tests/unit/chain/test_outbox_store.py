"""The outbox's file: nonces without gaps or twins, and nobody else's transactions."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from xmbl.chain.call import Call
from xmbl.chain.client import Inclusion
from xmbl.chain.fees import Fees
from xmbl.chain.outbox_store import Attempt, Owner, Store, require_same
from xmbl.errors import ConfigError, UsageError

OWNER = Owner("0x" + "11" * 20, 5, b"\x01" * 32)
CALL = Call("0x" + "22" * 20, b"\xaa", "pay_deposit", "Deposit 5 XMBL.", 2**200)
PLACE = Inclusion(b"\x07" * 32, 9, b"\x09" * 32, True, 21_000, 10**20)


def sign(nonce):
    return Attempt(nonce.to_bytes(32, "big"), b"raw%d" % nonce, Fees(3, 1), 4)


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "outbox.sqlite", OWNER)
    yield opened
    opened.close()


def test_add__first__takes_the_chains_nonce(store):
    job = store.add(CALL, "a", 30_000, 7, sign)
    assert (job.nonce, job.call, job.inclusion, job.final) == (7, CALL, None, False)
    assert store.job("a") == job
    assert store.attempts(7) == [sign(7)]


def test_add__chain_lags_behind__counts_on_from_its_own(store):
    nonces = [store.add(CALL, key, 1, 7, sign).nonce for key in "abc"]
    assert nonces == [7, 8, 9]


def test_add__chain_is_ahead__follows_it(store):
    store.add(CALL, "a", 1, 7, sign)
    assert store.add(CALL, "b", 1, 12, sign).nonce == 12


def test_add__known_key__changes_nothing(store):
    first = store.add(CALL, "a", 1, 7, sign)
    assert store.add(CALL, "a", 1, 7, sign) == first
    assert len(store.unfinished()) == 1


def test_add__signing_fails__leaves_nothing(store):
    def broken(nonce):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.add(CALL, "a", 1, 7, broken)
    assert store.job("a") is None
    assert store.add(CALL, "b", 1, 7, sign).nonce == 7


def test_add__two_handles_and_many_threads__give_each_nonce_once(tmp_path):
    handles = [Store(tmp_path / "outbox.sqlite", OWNER) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        adding = [pool.submit(handles[n % 2].add, CALL, f"{n}", 1, 0, sign) for n in range(60)]
        nonces = [each.result().nonce for each in adding]
    assert sorted(nonces) == list(range(60))
    for handle in handles:
        handle.close()


def test_record__mined_then_gone_then_final__is_remembered(store):
    store.add(CALL, "a", 1, 7, sign)
    store.record(7, PLACE, final=False)
    assert store.job("a").inclusion == PLACE
    assert [job.key for job in store.mined()] == ["a"]
    store.record(7, None, final=False)
    assert store.job("a").inclusion is None
    store.record(7, PLACE, final=True)
    assert store.unfinished() == []
    assert store.job("a").final


def test_add_attempt__replacement__is_kept_beside_the_first(store):
    store.add(CALL, "a", 1, 7, sign)
    better = Attempt(b"\x08" * 32, b"better", Fees(4, 2), 6)
    store.add_attempt(7, better)
    assert store.attempts(7) == [sign(7), better]


def test_move__nonce_used_by_a_stranger__signs_for_another(store):
    job = store.add(CALL, "a", 1, 7, sign)
    store.move(job, 9, sign)
    assert store.job("a").nonce == 9
    assert store.attempts(9) == [sign(9)]


def test_move__somebody_did_already__does_nothing(store):
    job = store.add(CALL, "a", 1, 7, sign)
    store.move(job, 9, sign)
    store.move(job, 9, sign)
    assert store.job("a").nonce == 9
    assert store.attempts(10) == []


def test_store__reopened__has_everything(tmp_path):
    first = Store(tmp_path / "outbox.sqlite", OWNER)
    first.add(CALL, "a", 30_000, 7, sign)
    first.record(7, PLACE, final=False)
    before = first.job("a")
    first.close()
    second = Store(tmp_path / "outbox.sqlite", OWNER)
    assert second.job("a") == before
    second.close()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Owner(OWNER.account, 5, b"\x02" * 32), "belongs to an earlier chain of the same id"),
        (Owner(OWNER.account, 6, OWNER.genesis), "is the outbox of 0x1111"),
        (Owner("0x" + "12" * 20, 5, OWNER.genesis), "is the outbox of 0x1111"),
    ],
)
def test_store__somebody_elses_file__is_refused(tmp_path, other, said):
    Store(tmp_path / "outbox.sqlite", OWNER).close()
    with pytest.raises(ConfigError, match=said):
        Store(tmp_path / "outbox.sqlite", other)


@pytest.mark.parametrize("change", [{"to": None}, {"data": b"\xab"}, {"value": 1}])
def test_require_same__another_call__is_refused(store, change):
    from dataclasses import replace

    job = store.add(CALL, "a", 1, 7, sign)
    require_same(job, replace(CALL, sentence="Put otherwise."))
    with pytest.raises(UsageError, match=r"The key 'a' already stands for: Deposit 5 XMBL\. Use a new key\."):
        require_same(job, replace(CALL, **change))
