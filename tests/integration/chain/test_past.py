"""Old logs, searched for once: what is asked again, and when nothing kept is good any more."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from requests.exceptions import ConnectTimeout

from tests.support.deployed import Deployed, facts
from tests.support.devnets import MINED_AT_ONCE, ServedNet, serving
from xmbl.chain import past
from xmbl.chain.client import Chain
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.devnet import CHAIN_ID, rich_account
from xmbl.chain.log_store import LogStore, Reached
from xmbl.chain.logs import Log, Search
from xmbl.chain.outbox import Habits, Outbox
from xmbl.chain.past import Past
from xmbl.chain.payments import Approved, Deposited, Payments
from xmbl.errors import ChainError, RpcUnavailable

SPENDERS = ["0x" + f"{number:040x}" for number in range(1, 6)]


@pytest.fixture(autouse=True)
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is deep, and worth keeping, sooner than on a real chain."""
    monkeypatch.setattr(past, "DEPTH", 4)
    monkeypatch.setattr(past, "WORTH", 0)


class Reader:
    """Somebody who comes again with the same file; `asked` are the blocks that a node was asked for."""

    def __init__(self, net: ServedNet, deployed: Deployed, file: Path) -> None:
        self.chain = Chain([net.url], CHAIN_ID, past=Past(file))
        self.asked: list[tuple[int, int]] = []
        self.dies_after = -1
        self._deployment = deployed.deployment
        self._real = self.chain._logs
        self.chain._logs = self._ask  # type: ignore[method-assign]

    def _ask(self, search: Search, first: int, last: int, **more: Any) -> list[Log]:
        if len(self.asked) == self.dies_after:
            raise KeyboardInterrupt
        self.asked.append((first, last))
        return self._real(search, first, last, **more)

    def spenders(self) -> list[str]:
        """Who was allowed something since the contracts are there."""
        payments = Payments(self.chain, self._deployment.payments)
        return [event.spender for event in payments.history(Approved, self._deployment.block)]


def approve(deployed: Deployed, spenders: list[str]) -> None:
    for spender in spenders:
        deployed.send(deployed.payments.approve(spender, 7))


def approved(deployed: Deployed) -> Search:
    """The search for all approvals."""
    return Search(deployed.payments.address, ((deployed.payments._abi.events["Approved"].topic,),))


def reached(deployed: Deployed, file: Path) -> Reached:
    """How far it has come."""
    with closing(LogStore(file)) as store:
        found = store.reached(approved(deployed))
    assert found is not None
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "logs.db"


@pytest.fixture
def reader(deployed: Deployed, file: Path) -> Reader:
    approve(deployed, SPENDERS)
    deployed.net.mine(10)
    return Reader(deployed.net, deployed, file)


def test_history__asked_again__asks_only_for_what_was_too_young(deployed, reader, file):
    assert reader.spenders() == SPENDERS
    deep = deployed.chain.block_number() - 4
    approve(deployed, SPENDERS[:1])
    later = Reader(deployed.net, deployed, file)
    assert later.spenders() == [*SPENDERS, SPENDERS[0]]
    assert min(first for first, _ in later.asked) == deep + 1


def test_history__young_blocks__are_not_kept(deployed, reader, file):
    approve(deployed, SPENDERS[:1])
    assert reader.spenders() == [*SPENDERS, SPENDERS[0]]
    last = reached(deployed, file).last
    assert last == deployed.chain.block_number() - 4
    with closing(LogStore(file)) as store:
        found = list(store.found(approved(deployed), 0, 10**9))
    assert all(log.block <= last for log in found)
    assert len(found) == len(SPENDERS)


def test_history__found_from_the_file__is_the_same_to_the_last_field(deployed, reader):
    first = list(
        Payments(reader.chain, deployed.payments.address).history(Approved, deployed.deployment.block)
    )
    again = list(
        Payments(reader.chain, deployed.payments.address).history(Approved, deployed.deployment.block)
    )
    plain = list(deployed.payments.events(Approved, deployed.deployment.block))
    assert first == again == plain


def test_history__interrupted__goes_on_where_it_was(deployed, reader, file, monkeypatch):
    monkeypatch.setattr("xmbl.chain.logs.CHUNK", 2)
    monkeypatch.setattr("xmbl.chain.logs.WIDEST", 2)
    whole = Reader(deployed.net, deployed, file.with_name("other"))
    whole.spenders()
    reader = Reader(deployed.net, deployed, file)
    reader.dies_after = 3
    with pytest.raises(KeyboardInterrupt):
        reader.spenders()
    later = Reader(deployed.net, deployed, file)
    assert later.spenders() == SPENDERS
    assert later.asked == whole.asked[3:]


def test_history__several_searches__are_kept_apart(deployed, reader):
    since = deployed.deployment.block
    payments = Payments(reader.chain, deployed.payments.address)
    for _ in range(2):
        assert len(list(payments.history(Approved, since))) == len(SPENDERS)
        assert facts(payments.history(Approved, since, spender=SPENDERS[1])) == [
            (deployed.outbox.account, SPENDERS[1], 7)
        ]
        assert list(payments.history(Deposited, since)) == []
        assert len(list(payments.all_history((Approved, Deposited), since))) == len(SPENDERS)


def test_history__from_a_later_block__leaves_earlier_ones_out(deployed, reader):
    payments = Payments(reader.chain, deployed.payments.address)
    found = list(payments.history(Approved, deployed.deployment.block))
    assert list(payments.history(Approved, found[2].block)) == found[2:]
    assert list(payments.history(Approved, deployed.deployment.block)) == found


@contextmanager
def begun(folder: Path, spenders: list[str], blocks: int) -> Iterator[Deployed]:
    """A chain of its own with all contracts, on which these were allowed something so many blocks ago."""
    folder.mkdir()
    with serving(block_time=MINED_AT_ONCE) as net:
        outbox = Outbox(folder / "outbox", net.chain(), rich_account(), Habits(confirmations=1, poll=0.01))
        deployment = deploy(outbox, net.chain(), PRESETS["devnet"], folder, lambda _: None)
        world = Deployed(net, net.chain(), outbox, deployment)
        approve(world, spenders)
        net.mine(blocks)
        yield world
        outbox.close()


@pytest.mark.parametrize("blocks", [5, 40])
def test_history__a_chain_of_the_same_id_made_anew__begins_anew(tmp_path, file, blocks):
    with begun(tmp_path / "old", SPENDERS, 20) as old, begun(tmp_path / "new", SPENDERS[3:], blocks) as new:
        assert old.deployment == new.deployment
        assert Reader(old.net, old, file).spenders() == SPENDERS
        assert Reader(new.net, new, file).spenders() == SPENDERS[3:]
        assert Reader(old.net, old, file).spenders() == SPENDERS


def test_history__from_a_later_block_first__begins_anew_for_an_earlier_one(deployed, reader, file):
    payments, since = Payments(reader.chain, deployed.payments.address), deployed.deployment.block
    found = list(deployed.payments.events(Approved, since))
    # a network file that gave a wrong block at first
    assert list(payments.history(Approved, found[2].block)) == found[2:]
    assert reached(deployed, file).first == found[2].block
    assert list(payments.history(Approved, since)) == found
    assert reached(deployed, file).first == since


def test_history__a_file_that_breaks_while_it_is_read__says_so_and_is_made_anew(
    deployed, reader, file, monkeypatch
):
    assert reader.spenders() == SPENDERS

    def broken(*_):
        raise sqlite3.DatabaseError("database disk image is malformed")

    found = LogStore.found
    monkeypatch.setattr(LogStore, "found", broken)
    with pytest.raises(ChainError, match="malformed; try again"):
        reader.spenders()
    assert not file.exists()
    monkeypatch.setattr(LogStore, "found", found)
    assert reader.spenders() == SPENDERS


def test_history__a_broken_file__is_made_anew(deployed, reader, file):
    file.parent.mkdir()
    file.write_bytes(b"no database" * 1_000)
    assert reader.spenders() == SPENDERS
    assert reader.spenders() == SPENDERS
    later = Reader(deployed.net, deployed, file)
    assert later.spenders() == SPENDERS
    assert min(first for first, _ in later.asked) > deployed.deployment.block


def test_history__no_place_for_a_file__searches_each_time(reader, file):
    file.parent.write_text("a file where a folder should be")
    assert reader.spenders() == reader.spenders() == SPENDERS


def test_history__a_file_that_others_hold__searches_without_it(deployed, reader, file, monkeypatch):
    monkeypatch.setattr("xmbl.memory._BUSY_SECONDS", 0.05)
    holder = LogStore(file)
    with holder.atomically():
        assert reader.spenders() == SPENDERS
    holder.close()
    assert Reader(deployed.net, deployed, file).spenders() == SPENDERS


def test_history__nobody_answers__keeps_what_it_has(deployed, reader, file):
    assert reader.spenders() == SPENDERS
    dead = Chain(["http://127.0.0.1:1"], CHAIN_ID, patience=0, past=Past(file))
    with pytest.raises(RpcUnavailable):
        list(Payments(dead, deployed.payments.address).history(Approved, deployed.deployment.block))
    later = Reader(deployed.net, deployed, file)
    assert later.spenders() == SPENDERS
    assert min(first for first, _ in later.asked) > deployed.deployment.block


def test_history__as_it_goes__tells_how_far_it_has_come(deployed, reader, file, monkeypatch):
    monkeypatch.setattr("xmbl.chain.logs.CHUNK", 2)
    told: list[tuple[int, int]] = []
    chain = Chain([deployed.net.url], CHAIN_ID, past=Past(file, lambda *found: told.append(found)))
    list(Payments(chain, deployed.payments.address).history(Approved, deployed.deployment.block))
    last = deployed.chain.block_number() - 4
    assert told[0] == (deployed.deployment.block + 1, last)
    assert told[-1] == (last, last)
    assert sorted(told) == told


def test_history__few_new_blocks__are_not_worth_keeping(deployed, reader, file, monkeypatch):
    assert reader.spenders() == SPENDERS
    kept = reached(deployed, file)
    monkeypatch.setattr(past, "WORTH", 100)
    deployed.net.mine(99)
    assert Reader(deployed.net, deployed, file).spenders() == SPENDERS
    assert reached(deployed, file) == kept
    deployed.net.mine(2)
    assert Reader(deployed.net, deployed, file).spenders() == SPENDERS
    assert reached(deployed, file).last == kept.last + 101


def test_history__asked_from_a_later_block__searches_no_earlier_ones(deployed, reader, file):
    payments, since = Payments(reader.chain, deployed.payments.address), deployed.deployment.block
    start = deployed.chain.block_number() - 12
    recent = [event.spender for event in payments.history(Approved, since, start)]
    assert recent == [event.spender for event in deployed.payments.events(Approved, start)]
    assert min(first for first, _ in reader.asked) == start
    assert reader.spenders() == SPENDERS
    assert [event.spender for event in payments.history(Approved, since, start)] == recent


def test_history__more_than_a_page__is_complete_and_in_order(deployed, reader, monkeypatch):
    monkeypatch.setattr("xmbl.chain.log_store._PAGE", 2)
    assert reader.spenders() == reader.spenders() == SPENDERS


def test_history__the_disk_is_full_midway__finds_all_and_keeps_what_there_was_room_for(
    deployed, reader, file, monkeypatch
):
    monkeypatch.setattr("xmbl.chain.logs.CHUNK", 2)
    monkeypatch.setattr("xmbl.chain.logs.WIDEST", 2)
    keep, kept = LogStore.keep, []

    def filling(*arguments):
        if len(kept) == 2:
            raise sqlite3.OperationalError("database or disk is full")
        kept.append(arguments)
        return keep(*arguments)

    monkeypatch.setattr(LogStore, "keep", filling)
    assert reader.spenders() == SPENDERS
    assert reached(deployed, file).last == deployed.deployment.block + 3
    monkeypatch.setattr(LogStore, "keep", keep)
    assert Reader(deployed.net, deployed, file).spenders() == SPENDERS


def test_history__a_node_that_is_behind__is_not_believed_and_drops_nothing(deployed, reader, file):
    assert reader.spenders() == SPENDERS
    kept = reached(deployed, file)
    with serving() as behind:
        # it has no block but the first
        assert Reader(behind, deployed, file).spenders() == []
        assert reached(deployed, file) == kept
        deployed.net.mine(20)
        both = Chain([deployed.net.url, behind.url], CHAIN_ID, patience=20, past=Past(file))
        logs = both._nodes._endpoints[0].web3.eth
        asked, real = [], logs.get_logs

        def silent_once(query):
            asked.append(query)
            if len(asked) == 1:
                raise ConnectTimeout
            return real(query)

        logs.get_logs = silent_once
        payments = Payments(both, deployed.payments.address)
        assert [event.spender for event in payments.history(Approved, deployed.deployment.block)] == SPENDERS
        assert len(asked) > 1
    assert Reader(deployed.net, deployed, file).spenders() == SPENDERS


def test_history__somebody_else_begins_anew_meanwhile__keeps_no_holes(deployed, reader, file, monkeypatch):
    monkeypatch.setattr("xmbl.chain.logs.CHUNK", 2)
    monkeypatch.setattr("xmbl.chain.logs.WIDEST", 2)
    real, asked = reader.chain._logs, []

    def disturbed(*arguments, **more):
        asked.append(arguments)
        if len(asked) == 3:
            with closing(LogStore(file)) as store:
                store.forget(approved(deployed))
        return real(*arguments, **more)

    reader.chain._logs = disturbed
    assert reader.spenders() == SPENDERS
    assert Reader(deployed.net, deployed, file).spenders() == SPENDERS


def test_history__two_at_once__find_all_and_keep_all(deployed, reader, file, monkeypatch):
    monkeypatch.setattr("xmbl.chain.logs.CHUNK", 2)
    monkeypatch.setattr("xmbl.chain.logs.WIDEST", 2)
    readers = [Reader(deployed.net, deployed, file) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(Reader.spenders, readers)) == [SPENDERS] * 4
    assert Reader(deployed.net, deployed, file).spenders() == SPENDERS


@pytest.mark.parametrize("ignored", [{"topics": []}, {"fromBlock": 0}], ids=["topics", "blocks"])
def test_logs__a_node_that_gives_what_was_not_asked_for__is_refused(deployed, reader, ignored):
    eth = reader.chain._nodes._endpoints[0].web3.eth
    real = eth.get_logs
    eth.get_logs = lambda query: real(query | ignored)
    since = deployed.deployment.block
    later = since if "topics" in ignored else deployed.chain.block_number()
    kind = Deposited if "topics" in ignored else Approved
    with pytest.raises(ChainError, match="events that weren't asked for"):
        list(Payments(reader.chain, deployed.payments.address).events(kind, later))
