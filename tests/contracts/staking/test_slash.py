import boa
import pytest

from tests.support.boa_world import NOBODY, THAW_BLOCKS, UNIT, WHOLE, XMBL, block, events, person


@pytest.fixture(autouse=True)
def _locked(money, provider, market, second_market):
    money.staking.authorize(second_market, 50 * WHOLE, sender=provider)
    money.staking.lock(provider, 20 * XMBL, sender=market)
    money.staking.lock(provider, 30 * XMBL, sender=second_market)


def test_slash__a_part__is_halved_between_the_wronged_and_the_fire(money, provider, client, market):
    total = money.staking.total()
    money.staking.slash(provider, 6 * XMBL, 4 * XMBL, client, sender=market)
    assert events(money.staking) == [("Slashed", provider, market, client, 6 * WHOLE, 3 * WHOLE, 6 * WHOLE)]
    assert money.staking.lock_of(provider, market) == (50 * WHOLE, 10 * WHOLE, 3 * WHOLE)
    assert money.staking.stake_of(provider)[:3] == (94 * WHOLE, 0, 40 * WHOLE)
    assert (money.staking.owed(client), money.staking.total()) == (3 * WHOLE, total - 6 * WHOLE)


def test_slash__an_odd_unit__is_burnt(money, provider, client, market):
    money.staking.slash(provider, 7, 0, client, sender=market)
    assert events(money.staking) == [("Slashed", provider, market, client, 7 * UNIT, 3 * UNIT, 7 * UNIT)]
    assert money.staking.lock_of(provider, market)[2] == 4 * UNIT


def test_slash__for_nobody__is_burnt_whole(money, provider, market):
    money.staking.slash(provider, 6 * XMBL, 0, NOBODY, sender=market)
    assert events(money.staking) == [("Slashed", provider, market, NOBODY, 6 * WHOLE, 0, 6 * WHOLE)]
    assert (money.staking.lock_of(provider, market)[2], money.staking.owed(NOBODY)) == (6 * WHOLE, 0)


def test_slash__of_nothing__only_unlocks(money, provider, client, market):
    money.staking.slash(provider, 0, 20 * XMBL, client, sender=market)
    assert events(money.staking) == []


def test_slash__thawing_stake__is_cut_and_keeps_its_clock(money, provider, client, market):
    money.staking.thaw(100 * WHOLE, sender=provider)
    until = block() + THAW_BLOCKS
    money.staking.slash(provider, 20 * XMBL, 0, client, sender=market)
    assert money.staking.stake_of(provider) == (80 * WHOLE, 0, 30 * WHOLE, 80 * WHOLE, until, 0, 0)


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


@pytest.mark.usefixtures("delegator")
@pytest.mark.parametrize(
    ("locked", "lost", "own", "delegated"),
    [(100, 40, 60, 100), (200, 40, 80, 80), (200, 100, 50, 50), (200, 200, 0, 0), (160, 90, 35, 75)],
)
def test_slash__locks_on_delegated__leaves_own_to_carry_the_rest(
    money, operator, market, *, locked, lost, own, delegated
):
    """Own stake bears what it doesn't need for locks of twice its size, then the delegators."""
    client = person("client")
    money.staking.lock(operator, locked * XMBL, sender=market)
    money.staking.slash(operator, lost * XMBL, 0, client, sender=market)
    half = (100 - own) * WHOLE // 2
    assert events(money.staking) == [
        ("Slashed", operator, market, client, lost * WHOLE, half, (100 - own) * WHOLE)
    ]
    kept = own * WHOLE, delegated * WHOLE, (locked - lost) * WHOLE
    assert money.staking.stake_of(operator)[:3] == kept
    assert money.staking.owed(client) == half
    assert money.staking.lock_of(operator, market).to_burn == lost * WHOLE - half


def test_slash__with_an_unlock__frees_own_for_the_loss_first(money, operator, delegator, client, market):
    money.staking.lock(operator, 200 * XMBL, sender=market)
    money.staking.slash(operator, 100 * XMBL, 100 * XMBL, client, sender=market)
    assert money.staking.stake_of(operator)[:3] == (0, 100 * WHOLE, 0)
    assert money.staking.owed(client) == 50 * WHOLE


def test_slash__that_reaches_delegators__lowers_the_price_of_all_their_shares(
    money, operator, delegator, attacker, market
):
    money.staking.delegate(operator, 50 * WHOLE, sender=attacker)
    money.staking.lock(operator, 200 * XMBL, sender=market)
    money.staking.thaw_delegated(operator, 20 * XMBL, sender=delegator)
    money.staking.slash(operator, 150 * XMBL, 0, NOBODY, sender=market)
    # own 100 keep 25 for the 50 that stay locked; of 150 delegated 75 go
    assert money.staking.pool_of(operator) == (2**62, 0, 20 * XMBL)
    assert money.staking.delegation_of(operator, delegator)[:3] == (100 * XMBL, 50 * WHOLE, 20 * XMBL)
    assert money.staking.delegation_of(operator, attacker)[:2] == (50 * XMBL, 25 * WHOLE)
    assert money.staking.stake_of(operator).delegated_thawing == 10 * WHOLE


@pytest.mark.parametrize(("left", "generation"), [(2, 0), (1, 1), (0, 1)])
def test_slash__of_nearly_all_that_is_delegated__ends_a_generation(money, market, few, left, generation):
    """What is left of 2^17 units delegated is worth 2^-16 at least, or nobody's."""
    operator, holder = few
    money.staking.lock(operator, 2**18, sender=market)
    money.staking.slash(operator, 2**18 - 2 * left, 0, NOBODY, sender=market)
    assert money.staking.stake_of(operator)[:3] == (left * UNIT, left * UNIT, 2 * left * UNIT)
    assert money.staking.pool_of(operator) == ((2**63, 1, 0) if generation else (2**47, 0, 0))
    assert money.staking.delegation_of(operator, holder).value == (0 if generation else left * UNIT)
