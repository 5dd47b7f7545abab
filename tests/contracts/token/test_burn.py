import boa

from tests.support.boa_world import NOBODY, SUPPLY, WHOLE, events


def test_burn__own_tokens__lowers_the_supply(money, client):
    money.token.burn(WHOLE, sender=client)
    assert events(money.token) == [("Transfer", client, NOBODY, WHOLE)]
    assert (money.token.balanceOf(client), money.token.totalSupply()) == (99 * WHOLE, SUPPLY - WHOLE)


def test_burn__more_than_held__is_refused(money, client):
    with boa.reverts("erc20: burn amount exceeds balance"):
        money.token.burn(100 * WHOLE + 1, sender=client)


def test_burn_from__an_allowance__burns_the_owners(money, client, delegator):
    money.token.approve(delegator, WHOLE, sender=client)
    money.token.burn_from(client, WHOLE, sender=delegator)
    assert events(money.token) == [("Approval", client, delegator, 0), ("Transfer", client, NOBODY, WHOLE)]


def test_burn_from__a_stranger__is_refused(money, client, attacker):
    with boa.reverts("erc20: insufficient allowance"):
        money.token.burn_from(client, 1, sender=attacker)
