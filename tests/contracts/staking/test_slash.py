import boa
import pytest

from tests.support.boa_world import NOBODY, THAW_BLOCKS, UNIT, WHOLE, XMBL, block, events


@pytest.fixture(autouse=True)
def _locked(money, provider, market, second_market):
    money.staking.authorize(second_market, 50 * WHOLE, sender=provider)
    money.staking.lock(provider, 20 * XMBL, sender=market)
    money.staking.lock(provider, 30 * XMBL, sender=second_market)


def test_slash__a_part__is_halved_between_the_wronged_and_the_fire(money, provider, client, market):
    money.staking.slash(provider, 6 * XMBL, 4 * XMBL, client, sender=market)
    assert events(money.staking) == [("Slashed", provider, market, client, 6 * WHOLE, 3 * WHOLE)]
    assert money.staking.lock_of(provider, market) == (50 * WHOLE, 10 * WHOLE, 3 * WHOLE)
    assert money.staking.stake_of(provider)[:2] == (94 * WHOLE, 40 * WHOLE)
    assert (money.staking.owed(client), money.staking.total()) == (3 * WHOLE, 94 * WHOLE)


def test_slash__an_odd_unit__is_burnt(money, provider, client, market):
    money.staking.slash(provider, 7, 0, client, sender=market)
    assert events(money.staking) == [("Slashed", provider, market, client, 7 * UNIT, 3 * UNIT)]
    assert money.staking.lock_of(provider, market)[2] == 4 * UNIT


def test_slash__for_nobody__is_burnt_whole(money, provider, market):
    money.staking.slash(provider, 6 * XMBL, 0, NOBODY, sender=market)
    assert events(money.staking) == [("Slashed", provider, market, NOBODY, 6 * WHOLE, 0)]
    assert (money.staking.lock_of(provider, market)[2], money.staking.owed(NOBODY)) == (6 * WHOLE, 0)


def test_slash__of_nothing__only_unlocks(money, provider, client, market):
    money.staking.slash(provider, 0, 20 * XMBL, client, sender=market)
    assert events(money.staking) == []


def test_slash__thawing_stake__is_cut_and_keeps_its_clock(money, provider, client, market):
    money.staking.thaw(100 * WHOLE, sender=provider)
    until = block() + THAW_BLOCKS
    money.staking.slash(provider, 20 * XMBL, 0, client, sender=market)
    assert money.staking.stake_of(provider) == (80 * WHOLE, 30 * WHOLE, 80 * WHOLE, until)


def test_slash__twice__adds_up(money, provider, client, market):
    money.staking.slash(provider, 6 * XMBL, 0, client, sender=market)
    money.staking.slash(provider, 2 * XMBL, 0, client, sender=market)
    assert money.staking.owed(client) == 4 * WHOLE
    assert money.staking.lock_of(provider, market) == (50 * WHOLE, 12 * WHOLE, 4 * WHOLE)


@pytest.mark.parametrize("amounts", [(20 * XMBL + 1, 0), (1, 20 * XMBL), (10 * XMBL, 10 * XMBL + 1)])
def test_slash__more_than_the_caller_holds__is_refused(money, provider, client, market, amounts):
    with boa.reverts("staking: locked"):
        money.staking.slash(provider, *amounts, client, sender=market)


def test_slash__who_is_no_market__is_refused(money, provider, attacker):
    with boa.reverts("staking: market"):
        money.staking.slash(provider, 1, 0, attacker, sender=attacker)


@pytest.mark.parametrize("amounts", [(2**60, 0), (0, 2**60), (2**256 - 1, 1)])
def test_slash__what_fits_no_field__is_refused(money, provider, client, market, amounts):
    with boa.reverts("staking: units"):
        money.staking.slash(provider, *amounts, client, sender=market)
