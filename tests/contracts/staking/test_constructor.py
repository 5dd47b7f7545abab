import boa
import pytest

from tests.support.boa_world import LEVERAGE, NOBODY, STAKING, THAW_BLOCKS, TOKEN, UNIT, person


def test_constructor__its_arguments__are_fixed(money, market, second_market):
    staking = money.staking
    assert (staking.token(), staking.payments()) == (money.token.address, money.payments.address)
    assert (staking.thaw_blocks(), staking.leverage()) == (THAW_BLOCKS, LEVERAGE)
    assert staking.withdraw_blocks() == THAW_BLOCKS // 7
    assert staking.is_market(market)
    assert staking.is_market(second_market)


@pytest.mark.parametrize(("supply", "fits"), [((2**60 - 1) * UNIT, True), (2**60 * UNIT, False)])
def test_constructor__a_supply__has_to_fit(supply, fits):
    token = TOKEN.deploy(person("holder"), supply)
    if fits:
        STAKING.deploy(token.address, NOBODY, [NOBODY] * 4, 1, THAW_BLOCKS)
    else:
        with boa.reverts("staking: supply"):
            STAKING.deploy(token.address, NOBODY, [NOBODY] * 4, 1, THAW_BLOCKS)


@pytest.mark.parametrize(("leverage", "fits"), [(0, False), (1, True), (2**60 - 1, True), (2**60, False)])
def test_constructor__a_leverage__is_a_number_that_fits(money, leverage, fits):
    arguments = money.token.address, money.payments.address, [NOBODY] * 4, leverage, THAW_BLOCKS
    if fits:
        assert STAKING.deploy(*arguments).leverage() == leverage
    else:
        with boa.reverts("staking: leverage"):
            STAKING.deploy(*arguments)


def test_functions__all__belong_to_no_owner(money):
    names = {entry["name"] for entry in money.staking.abi if entry["type"] == "function"}
    assert names == {
        *("token", "payments", "thaw_blocks", "withdraw_blocks", "leverage", "is_market"),
        *("stake_of", "delegation_of", "pool_of", "fees_of", "lock_of", "owed", "total"),
        *("stake", "set_commission", "authorize", "thaw", "withdraw", "claim"),
        *("delegate", "thaw_delegated", "withdraw_delegated", "claim_delegated"),
        *("collect", "burn", "sync", "lock", "unlock", "slash"),
    }


@pytest.mark.parametrize(("thaw", "fits"), [(6, False), (7, True)])
def test_constructor__a_thaw__leaves_a_block_to_leave_in(money, thaw, fits):
    arguments = money.token.address, money.payments.address, [NOBODY] * 4, LEVERAGE, thaw
    if fits:
        assert STAKING.deploy(*arguments).withdraw_blocks() == 1
    else:
        with boa.reverts("staking: thaw"):
            STAKING.deploy(*arguments)
