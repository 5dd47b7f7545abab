import boa
import pytest

from tests.support.boa_world import block, events, mine


@pytest.fixture
def until(money, client, provider):
    """The lane's block: the payer may release it from there on."""
    last = block() + 10
    money.payments.reserve(provider, 30, last, sender=client)
    return last


def test_release__by_the_payer_in_time__frees_all(money, client, provider, until):
    mine(10)
    assert block() == until
    money.payments.release(client, provider, sender=client)
    assert events(money.payments) == [("Released", client, provider, 30)]
    assert money.payments.account(client).reserved == 0
    assert money.payments.lane(client, provider) == (0, 0)


def test_release__by_the_payer_a_block_early__is_refused(money, client, provider, until):
    mine(9)
    with boa.reverts("payments: reserved"):
        money.payments.release(client, provider, sender=client)


def test_release__by_the_payee__needs_no_block(money, client, provider, until):
    money.payments.release(client, provider, sender=provider)
    assert events(money.payments) == [("Released", client, provider, 30)]
    assert money.payments.account(client).reserved == 0


def test_release__by_a_stranger__is_refused(money, client, provider, attacker, until):
    mine(10)
    with boa.reverts("payments: sender"):
        money.payments.release(client, provider, sender=attacker)


def test_release__another_lane__is_left_alone(money, client, provider, delegator, until):
    money.payments.reserve(delegator, 12, 0, sender=client)
    money.payments.release(client, delegator, sender=client)
    assert money.payments.lane(client, provider) == (30, until)
    assert money.payments.account(client).reserved == 30


@pytest.mark.parametrize("caller", ["client", "provider"])
def test_release__no_lane__is_refused(money, client, provider, caller):
    with boa.reverts("payments: nothing"):
        money.payments.release(client, provider, sender={"client": client, "provider": provider}[caller])


def test_release__an_empty_lane_that_lasts__starts_anew(money, client, provider, until):
    money.payments.reserve(provider, 0, until + 100, sender=client)
    money.payments.release(client, provider, sender=provider)
    money.payments.reserve(provider, 1, until, sender=client)
    assert money.payments.lane(client, provider) == (1, until)
