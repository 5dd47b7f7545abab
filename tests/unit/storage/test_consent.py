"""An operator lets a deal last longer as its policy says; each refusal has its reason."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from eth_account import Account

from xmbl.chain.deploy import PRESETS
from xmbl.chain.staking import Stake
from xmbl.crypto.tree_levels import LEAF_BYTES
from xmbl.crypto.typed_data import Deal, Terms, recover
from xmbl.errors import Refused, Reverted
from xmbl.storage.consent import consented
from xmbl.storage.journal import DealState
from xmbl.storage.policy import GIB, Standing, StoragePolicy, check_extension
from xmbl.storage.wire import ExtendRequest, SignedExtension

MARKET = PRESETS["devnet"].market
CLIENT, OPERATOR = "0x" + "11" * 20, "0x" + "22" * 20
WILL = StoragePolicy(price=10**15, capacity=10 * GIB, unpaid=2 * GIB, periods=30)
STANDING = Standing(block=105, held=GIB, unpaid=0, free=0, units=0, grow=0, leaving=False)
TERMS = Terms(CLIENT, OPERATOR, GIB // LEAF_BYTES, 1_000, 500, 12, 2, 14, 3, 100, 0)


def test_check_extension__full_and_all_locked__is_fine_since_nothing_is_added():
    check_extension(WILL, MARKET, STANDING, TERMS, end=35)


@pytest.mark.parametrize(
    ("will", "standing", "terms", "reason"),
    [
        (WILL, replace(STANDING, leaving=True), TERMS, "I am leaving and let no deal last longer"),
        (replace(WILL, deny=frozenset({CLIENT})), STANDING, TERMS, "I don't serve this client."),
        (replace(WILL, allow=frozenset({OPERATOR})), STANDING, TERMS, "only the clients on my list"),
        (replace(WILL, periods=29), STANDING, TERMS, "29 periods at most; ask for an end up to 34."),
        (
            replace(WILL, price=2 * 10**15), STANDING, TERMS,
            "costs 0.002 XMBL today, and the deal pays 0.001 XMBL; store it anew.",
        ),
        (replace(WILL, capacity=GIB // 2), STANDING, TERMS, "I hold 512 MiB more than I want to"),
    ],
)  # fmt: skip
def test_check_extension__what_the_operator_does_not_want__is_refused(will, standing, terms, reason):
    with pytest.raises(Refused, match=reason):
        check_extension(will, MARKET, standing, terms, end=35)


# the market's own rules

AGENT = Account.from_key(b"\1" * 32)
DEAL = Deal(OPERATOR, b"\7" * 32, TERMS)
REQUEST = ExtendRequest(DEAL.id(), 30)
COVERED = Stake(100, 100, 200, 0, 0, 0, 0)
KNOWN = SimpleNamespace(deal=DEAL, id=DEAL.id(), state=DealState.OPEN)


def consent(
    known: Any = KNOWN, held: bool = True,
    stake: Stake = COVERED, refusal: str = "", end: int = 30,
) -> SignedExtension:  # fmt: skip
    def simulate(_: Any, sender: str) -> None:
        assert sender == CLIENT
        if refusal:
            raise Reverted("no", refusal)

    market = SimpleNamespace(
        parameters=MARKET,
        record=lambda _: SimpleNamespace(end=12),
        staking=SimpleNamespace(stake_of=lambda _: stake, leverage=lambda: 2),
        digest=lambda struct: struct,
        chain=SimpleNamespace(simulate=simulate),
        deals=SimpleNamespace(extend=lambda *_: None),
    )
    desk: Any = SimpleNamespace(
        operator=OPERATOR, market=market, journal=SimpleNamespace(deal=lambda _: known),
        holdings=SimpleNamespace(has=lambda _: held),
    )  # fmt: skip
    return consented(desk, AGENT, WILL, STANDING, replace(REQUEST, end=end))


@pytest.mark.parametrize("refusal", ["", "payments: balance", "payments: allowance"])
def test_consented__the_clients_money_is_not_there_yet__is_signed(refusal):
    given = consent(refusal=refusal)
    assert (given.old_end, given.deadline) == (12, STANDING.block + 20)
    assert recover(given.extension(REQUEST).hash(), given.signature) == AGENT.address


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        ({"known": None}, "I have no such deal"),
        ({"known": SimpleNamespace(deal=DEAL, id=DEAL.id(), state=DealState.CLOSED)}, "I have no such deal"),
        ({"held": False}, "I have lost the bytes"),
        ({"stake": replace(COVERED, thawing=1)}, "My stake doesn't cover even the deals that I have"),
        ({"end": 12}, "lasts until period 12 already"),
        ({"end": 36}, "30 periods at most"),
    ],
)
def test_consented__what_cannot_be_kept__is_refused(world, reason):
    with pytest.raises(Refused, match=reason):
        consent(**world)


def test_consented__what_the_market_refuses__is_not_signed():
    with pytest.raises(Reverted) as refused:
        consent(refusal="deals: unsettled")
    assert refused.value.reason == "deals: unsettled"
