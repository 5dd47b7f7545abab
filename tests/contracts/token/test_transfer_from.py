import boa

from tests.support.boa_world import events


def test_transfer_from__an_allowance__is_used_up(money, client, delegator, attacker):
    money.token.approve(delegator, 5, sender=client)
    money.token.transferFrom(client, attacker, 3, sender=delegator)
    assert events(money.token) == [("Approval", client, delegator, 2), ("Transfer", client, attacker, 3)]
    assert money.token.allowance(client, delegator) == 2


def test_transfer_from__more_than_allowed__is_refused(money, client, attacker):
    money.token.approve(attacker, 5, sender=client)
    with boa.reverts("erc20: insufficient allowance"):
        money.token.transferFrom(client, attacker, 6, sender=attacker)
