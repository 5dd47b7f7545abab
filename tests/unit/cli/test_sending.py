"""The checks before a send."""

from xmbl.cli.sending import ETHER, Plan, Step, enough
from xmbl.errors import InsufficientFunds
from xmbl.units import WHOLE


def test_enough__exactly__passes():
    assert enough("balance", WHOLE, WHOLE, "").error is None


def test_enough__one_wei_short__fails_with_the_remedy_and_units():
    check = enough("ether for gas", WHOLE - 1, WHOLE, "Send some.", ETHER)
    assert isinstance(check.error, InsufficientFunds)
    assert str(check.error).endswith("0.999999999999999999 ETH < 1 ETH. Send some.")


def test_cost__of_known_gas__is_rounded_up_to_gwei():
    plan = Plan((Step("a", "A.", 21_000), Step("b", "B.", 0)), fee=10, checks=())
    assert plan.cost() == 10**9
