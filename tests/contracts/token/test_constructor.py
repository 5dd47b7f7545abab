import boa
import pytest

from tests.support.boa_world import NOBODY, SUPPLY, TOKEN, events, person


def test_constructor__a_holder__gets_the_whole_supply():
    holder = person("holder")
    token = TOKEN.deploy(holder, SUPPLY)
    assert (token.balanceOf(holder), token.totalSupply()) == (SUPPLY, SUPPLY)
    assert (token.name(), token.symbol(), token.decimals()) == ("XMBL", "XMBL", 18)


def test_constructor__events__end_without_owner_and_with_one_mint():
    holder, deployer = person("holder"), boa.env.eoa
    assert events(TOKEN.deploy(holder, SUPPLY)) == [
        ("OwnershipTransferred", NOBODY, deployer),
        ("RoleMinterChanged", deployer, True),
        ("Transfer", NOBODY, holder, SUPPLY),
        ("OwnershipTransferred", deployer, NOBODY),
    ]


def test_constructor__nobody_as_holder__is_refused():
    with boa.reverts("erc20: mint to the zero address"):
        TOKEN.deploy(NOBODY, SUPPLY)


@pytest.mark.parametrize(
    "name", ["mint", "set_minter", "owner", "transfer_ownership", "renounce_ownership", "is_minter"]
)
def test_functions__of_owners_and_minters__do_not_exist(money, name):
    assert not hasattr(money.token, name)


def test_functions__all__are_those_of_a_plain_token(money):
    names = {entry["name"] for entry in money.token.abi if entry["type"] == "function"}
    assert names == {
        *("name", "symbol", "decimals", "totalSupply", "balanceOf", "allowance"),
        *("transfer", "approve", "transferFrom", "burn", "burn_from"),
        *("permit", "nonces", "DOMAIN_SEPARATOR", "eip712Domain"),
    }
