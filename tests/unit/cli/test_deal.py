"""The deal commands as far as they need no chain: names, tables, narration, watching."""

from dataclasses import replace
from types import SimpleNamespace

import click
import pytest

from xmbl.cli import deal_tables
from xmbl.cli.challenging import Leaf
from xmbl.cli.deal import _named_after
from xmbl.cli.getting import _require_given
from xmbl.cli.narrator import Narrator
from xmbl.cli.output import Output, Table
from xmbl.cli.watching import follow
from xmbl.errors import Refused, RpcUnavailable, UsageError
from xmbl.storage import client_events as events
from xmbl.storage.manifest import ReplicaState
from xmbl.storage.pricing import Priced
from xmbl.storage.standing import DealStanding, Ending
from xmbl.storage.verification import Checked

OPERATOR = "0x" + "ab" * 20
LIVE = DealStanding(
    number=0, part=0, operator=OPERATOR, id=bytes(32), state=ReplicaState.OPEN, period=12, first=10, end=40,
    over=40, proven=(10,), missed=(11,), settled=10, price=10**12, cid="bafy",
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/home/me/My Photos 2026.tar.gz", "my-photos-2026-tar-gz"),
        ("Über.txt", "ber-txt"),
        ("a" * 50, "a" * 32),
    ],
)
def test_named_after__any_file__is_a_name_that_can_be_stored(source, name):
    assert _named_after(source) == name


@pytest.mark.parametrize("source", ["-", "/", "文件"])
def test_named_after__nothing_to_go_by__asks_for_a_name(source):
    with pytest.raises(UsageError, match="--name"):
        _named_after(source)


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (LIVE, "live"),
        (replace(LIVE, over=12, missed=(9, 10, 11), ending=Ending.MISSES), "ended early"),
        (replace(LIVE, over=12, ending=Ending.FAILED), "failed"),
        (replace(LIVE, over=14, ending=Ending.OPERATOR), "leaving"),
        (replace(LIVE, over=12, ending=Ending.OPERATOR), "left"),
        (replace(LIVE, over=14, ending=Ending.CLIENT), "ending"),
        (replace(LIVE, over=14, ending=Ending.CLIENT, state=ReplicaState.LOST), "ending"),
        (replace(LIVE, over=14, ending=Ending.OPERATOR, state=ReplicaState.LOST), "leaving"),
        (replace(LIVE, state=ReplicaState.LOST), "lost"),
        (replace(LIVE, due=300), "challenged until block 300"),
        (replace(LIVE, declared=(12,)), "in maintenance"),
        (replace(LIVE, period=40), "over"),
        (replace(LIVE, period=41, settled=0), "closed"),
        (replace(LIVE, state=ReplicaState.SIGNED, first=0), "signed"),
    ],
)
def test_state__every_standing__has_its_word(standing, state):
    assert deal_tables.state(standing) == state


def test_standings__document__counts_periods_and_names_units():
    [document], table = deal_tables.standings([LIVE])
    assert (document["periods_proven"], document["periods_missed"], document["price_wei"]) == (1, 1, 10**12)
    assert table.rows[0][-2:] == ("0.000001 XMBL", "bafy")
    assert (document["cid"], document["ending"], document["expiring"]) == ("bafy", "agreed", False)


def test_watched__a_deal__is_a_short_row_without_its_cid():
    table = deal_tables.watched([LIVE])
    assert (table.headings[-1], table.rows[0][1], table.rows[0][-1]) == (
        "A PERIOD", f"{OPERATOR[:10]}…", "0.000001 XMBL",
    )  # fmt: skip


FITS = Checked(0, OPERATOR, 8, "")
LOST = Checked(1, OPERATOR, 0, "It isn't stored here.")
BUSY = Checked(2, OPERATOR, 3, "All 64 seats here are in use.", busy=True)


@pytest.mark.parametrize(
    ("found", "healthy"),
    [([FITS], True), ([FITS, BUSY], None), ([FITS, BUSY, LOST], False), ([], True)],
    ids=["fits", "busy", "lost", "none"],
)
def test_healthy__a_busy_operator__is_no_lost_replica(found, healthy):
    assert deal_tables.healthy(found) is healthy


def test_checked__each_outcome__is_told_apart():
    documents, table = deal_tables.checked([FITS, LOST, BUSY])
    assert [row[-1] for row in table.rows] == [
        "8 leaves fit", "It isn't stored here.", "busy, 3 leaves fit: All 64 seats here are in use.",
    ]  # fmt: skip
    assert [document["busy"] for document in documents] == [False, False, True]


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (32, "period 40"),
        (33, "period 40, in 7 periods: `xmbl deal extend`"),
        (39, "period 40, in 1 period: `xmbl deal extend`"),
        (40, "period 40, over"),
    ],
)
def test_until__near_its_end__warns(period, said):
    assert deal_tables.until(40, period) == said


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (LIVE, "letter  1 KiB, copies: 1, period 40"),
        (
            replace(LIVE, over=12, missed=(9, 10, 11), ending=Ending.MISSES),
            "letter  1 KiB, copies: 1, period 40, 1 replica lost: `xmbl deal repair`",
        ),
    ],
)
def test_title__a_lost_replica__asks_for_a_repair(standing, said):
    replica = SimpleNamespace(part=0)
    manifest = SimpleNamespace(
        name="letter", client=OPERATOR, size=1_024, folder=False, parts=[0], end=40,
        standing=lambda: [replica], complete=lambda: True,
    )  # fmt: skip
    assert deal_tables.title(manifest, [standing], 12) == said


def test_require_given__a_part_that_nobody_gives__is_no_order():
    given = Priced(0, 0, OPERATOR, OPERATOR, 1, 1)
    _require_given([given, replace(given, number=1, trouble="It is full.")])
    for prices in ([], [given, replace(given, part=1, trouble="It is full.")]):
        with pytest.raises(Refused, match="Nobody gives all of it back"):
            _require_given(prices)


def test_narrator__in_a_pipe__tells_a_line_for_each_thing_done(capsys):
    tell = Narrator(Output(as_json=False))
    tell(events.Uploading("file", 0, OPERATOR, 5, 10))
    tell(events.Uploading("file", 0, OPERATOR, 10, 10))
    tell(events.Uploaded("file", 0, OPERATOR, bytes(32)))
    tell(events.DealOpened("file", 0, OPERATOR, bytes(32), 105_000, "0x12"))
    tell(events.OperatorPassed(OPERATOR, "no room\x1b[2J"))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "replica 0 to 0xabababab…: 10 B",
        f"replica 0: {OPERATOR} holds it and signed the deal",
        "replica 0: deal opened, 105,000 gas, 0x12",
        f"{OPERATOR} isn't used: no room�[2J",
    ]


def test_narrator__on_a_terminal__draws_bars_and_hides_no_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Narrator(Output(as_json=False)).telling() as tell:
        tell(events.Downloading(OPERATOR, "file", 5, 10))
        tell(events.OperatorPassed(OPERATOR, "no room\x1b[2J"))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no room�[2J" in printed.err.replace("\n", "")


def test_follow__the_chain_is_silent__looks_again(capsys):
    silent, table = RpcUnavailable("No RPC endpoint answers."), Table(("REPLICA",), [("0",)], "")
    looks = iter([silent, silent, (table, False), silent, (table, True)])

    def look():
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    follow(Output(as_json=False), look, every=0)
    assert capsys.readouterr().err.splitlines() == [
        "No RPC endpoint answers. It is looked again.", "replica 0",
        "No RPC endpoint answers. It is looked again.",
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "leaf"), [("random", None), ("0", 0), ("17", 17)])
def test_leaf__a_number_or_random__is_meant(text, leaf):
    assert Leaf().convert(text, None, None) == leaf


@pytest.mark.parametrize("text", ["", "-1", "1.5", "any", "²"])
def test_leaf__anything_else__is_refused(text):
    with pytest.raises(click.UsageError, match="neither the number of a leaf nor `random`"):
        Leaf().convert(text, None, None)


def test_follow__in_a_pipe__tells_each_change_once_and_ends(capsys):
    looks = iter([("1", False), ("1", False), ("2", True)])

    def look():
        proven, is_over = next(looks)
        return Table(("REPLICA", "PROVEN"), [("0", proven)], ""), is_over

    follow(Output(as_json=False), look, every=0)
    assert capsys.readouterr().err.splitlines() == ["replica 0  proven 1", "replica 0  proven 2"]
