import boa
import pytest

from tests.support.boa_world import NOBODY, STAKING, THAW_BLOCKS, TOKEN, UNIT, person


def test_constructor__its_arguments__are_fixed(money, market, second_market):
    staking = money.staking
    assert (staking.token(), staking.thaw_blocks()) == (money.token.address, THAW_BLOCKS)
    assert staking.is_market(market)
    assert staking.is_market(second_market)


@pytest.mark.parametrize(("supply", "fits"), [((2**60 - 1) * UNIT, True), (2**60 * UNIT, False)])
def test_constructor__a_supply__has_to_fit(supply, fits):
    token = TOKEN.deploy(person("holder"), supply)
    if fits:
        STAKING.deploy(token.address, [NOBODY] * 4, 1)
    else:
        with boa.reverts("staking: supply"):
            STAKING.deploy(token.address, [NOBODY] * 4, 1)


def test_functions__all__belong_to_no_owner(money):
    names = {entry["name"] for entry in money.staking.abi if entry["type"] == "function"}
    assert names == {
        *("token", "thaw_blocks", "is_market", "stake_of", "lock_of", "owed", "total"),
        *("stake", "authorize", "thaw", "withdraw", "claim", "burn", "lock", "unlock", "slash"),
    }
