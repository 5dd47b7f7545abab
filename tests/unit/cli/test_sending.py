"""The checks before a send."""

from types import SimpleNamespace

import pytest

from xmbl.chain.call import Call
from xmbl.chain.client import Header
from xmbl.cli.choices import Choices
from xmbl.cli.output import Output
from xmbl.cli.sending import ETHER, Check, Plan, Step, enough, prepare
from xmbl.errors import (
    ChainError,
    FeeCeiling,
    InsufficientFunds,
    Reverted,
    RpcUnavailable,
    UsageError,
    XmblError,
)
from xmbl.units import WHOLE

GWEI = 10**9
CALL = Call("0x" + "ab" * 20, b"", "stake_withdraw", "Withdraw all stake that has thawed.")
OWN = Check("thawed", "no", UsageError("Nothing thaws."))


def session(refusal: XmblError | None = None, base_fee: int = GWEI) -> SimpleNamespace:
    """Somebody with an ether, at a node that estimates, or refuses to."""

    def estimate(call: Call, sender: str) -> int:
        if refusal:
            raise refusal
        return 50_000

    chain = SimpleNamespace(
        estimate=estimate, header=lambda: Header(1, b"", b"", 0, base_fee), tip=lambda: GWEI,
        balance=lambda _: WHOLE,
    )  # fmt: skip
    return SimpleNamespace(
        chain=lambda: chain, address=lambda: "0x" + "cd" * 20, out=Output(as_json=True),
        network=lambda: SimpleNamespace(name="here", chain_id=1), choices=Choices(yes=True),
        account=lambda: None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("refusal", "base_fee"),
    [
        (Reverted("Refused.", "staking: nothing"), GWEI),
        (ChainError("The node refused: busy."), GWEI),
        (None, 10**6 * GWEI),
    ],
)
def test_prepare__wrong_in_itself__is_told_before_what_the_node_says(refusal, base_fee):
    with pytest.raises(UsageError, match="Nothing thaws"):
        prepare(session(refusal, base_fee), [CALL], [OWN])


@pytest.mark.parametrize(
    ("refusal", "base_fee", "kind"),
    [
        (Reverted("Refused."), GWEI, Reverted),
        (ChainError("The node refused: busy."), GWEI, ChainError),
        (RpcUnavailable("Nobody answers."), GWEI, RpcUnavailable),
        (None, 10**6 * GWEI, FeeCeiling),
    ],
)
def test_prepare__the_chain_alone_is_against_it__is_told(refusal, base_fee, kind):
    with pytest.raises(kind):
        prepare(session(refusal, base_fee), [CALL], [])


def test_prepare__nothing_against_it__goes_on():
    prepare(session(), [CALL], [Check("thawed", "yes")])


def test_enough__exactly__passes():
    assert enough("balance", WHOLE, WHOLE, "").error is None


def test_enough__one_wei_short__fails_with_the_remedy_and_units():
    check = enough("ether for gas", WHOLE - 1, WHOLE, "Send some.", ETHER)
    assert isinstance(check.error, InsufficientFunds)
    assert str(check.error).endswith("0.999999999999999999 ETH < 1 ETH. Send some.")


def test_cost__of_known_gas__is_rounded_up_to_gwei():
    plan = Plan((Step("a", "A.", 21_000), Step("b", "B.", 0)), fee=10, checks=())
    assert plan.cost() == 10**9
