import boa

from tests.support.boa_world import NOBODY, WHOLE, events


def test_transfer__own_tokens__move(money, client, attacker):
    money.token.transfer(attacker, WHOLE, sender=client)
    assert events(money.token) == [("Transfer", client, attacker, WHOLE)]
    assert money.token.balanceOf(attacker) == 101 * WHOLE


def test_transfer__more_than_held__is_refused(money, client, attacker):
    with boa.reverts("erc20: transfer amount exceeds balance"):
        money.token.transfer(attacker, 100 * WHOLE + 1, sender=client)


def test_transfer__to_nobody__is_refused(money, client):
    with boa.reverts("erc20: transfer to the zero address"):
        money.token.transfer(NOBODY, 1, sender=client)
