"""An operator lets a deal last longer as its policy says; each refusal has its reason."""

from dataclasses import replace

import pytest

from xmbl.chain.deploy import PRESETS
from xmbl.crypto.tree_levels import LEAF_BYTES
from xmbl.crypto.typed_data import Terms
from xmbl.errors import Refused
from xmbl.storage.policy import GIB, Standing, StoragePolicy, check_extension

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
