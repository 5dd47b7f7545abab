"""What `xmbl node status` warns of: each kind has its sentence, with amounts and the remedy."""

import pytest

from xmbl.cli.node_warnings import _SENTENCES, sentence
from xmbl.storage import events
from xmbl.units import WHOLE

AGENT = "0x" + "ab" * 20
DEAL = b"\xcd" * 32


@pytest.mark.parametrize(
    ("event", "parts"),
    [
        (events.LeafAsked(DEAL, 7, 900), ("Leaf 7 of deal 0xcdcdcdcd", "until block 900")),
        (events.ProofDelayed(5, "It has no ether."), ("Period 5 isn't proven yet: It has no ether.",)),
        (
            events.LowBalance(AGENT, WHOLE // 100, 1),
            ("0.01 ETH, for 1 proof more", f"`xmbl wallet send {AGENT} AMOUNT --ether`"),
        ),
        (events.LimitNear(9 * WHOLE, 10 * WHOLE), ("9 XMBL of the 10 XMBL", "`xmbl stake authorize deals`")),
        (events.CoverLow(9 * WHOLE, 5), ("9 XMBL are locked", "covers 5 wei", "`xmbl stake add`")),
        (events.CapNear(1, 20), ("0.000001 XMBL more", "of 0.00002 XMBL", "`xmbl node cap`")),
        (events.MissesNear(DEAL, 2, 3), ("Deal 0xcdcdcdcd has missed 2 of the 3 periods",)),
        (events.MissesNear(DEAL, 3, 3), ("Deal 0xcdcdcdcd is over by 3 misses",)),
    ],
)
def test_sentence__each_warning__says_what_is_near_and_the_remedy(event, parts):
    said = sentence(event.record(), 10**12)
    assert all(part in said for part in parts), said
    assert type(event).__name__ in _SENTENCES
