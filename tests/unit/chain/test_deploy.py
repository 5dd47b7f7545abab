"""The deployment plan's arithmetic and its checks of the numbers."""

from dataclasses import replace

import pytest

from xmbl.chain.call import created_address
from xmbl.chain.deploy import PRESETS, arguments, check_age, check_parameters
from xmbl.chain.deployments import load, read, save
from xmbl.errors import ConfigError, UsageError

DEVNET = PRESETS["devnet"]
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ADDRESSES = {
    name: "0x" + f"{number}" * 40
    for number, name in enumerate(("token", "payments", "registry", "staking", "deals"), 1)
}


def changed(**numbers):
    if {"supply", "delay", "leverage", "thaw"} & {*numbers}:
        return replace(DEVNET, **numbers)
    return replace(DEVNET, market=replace(DEVNET.market, **numbers))


@pytest.mark.parametrize("name", PRESETS)
def test_check_parameters__presets__pass(name):
    check_parameters(PRESETS[name])


@pytest.mark.parametrize(
    ("numbers", "rule"),
    [
        ({"supply": 0}, "a supply from 1"),
        ({"supply": 2**60 * 10**9}, "a supply from 1"),
        ({"delay": 0}, "a delay of 1"),
        ({"delay": 2**32}, "a delay of 1"),
        ({"leverage": 0}, "a leverage from 1"),
        ({"leverage": 2**60}, "a leverage from 1"),
        ({"thaw": 139}, "a thaw of at least limit"),
        ({"thaw": 2**32}, "a thaw of fewer than 4294967296 blocks"),
        ({"period": 1}, "a period of 2"),
        ({"period": 8_001}, "a period of 2"),
        ({"limit": 1}, "a limit of 2"),
        ({"limit": 16}, "a limit of 2"),
        ({"fee": 10_001}, "a fee of at most"),
        ({"fee": -1}, "a fee of at most"),
        ({"window": 39}, "a window of at least two periods"),
        ({"window": 2**32}, "a window of at least two periods"),
        ({"window": 41}, "a thaw of at least limit"),
        ({"bond": -1}, "a bond of 0"),
        ({"bond": 2**112}, "a bond of 0"),
        ({"price_unit": 1}, "in whole stake units"),
        ({"price_unit": 10**9, "cover": 2}, "at least one for each miss"),
    ],
)
def test_check_parameters__impossible_number__says_which_rule(numbers, rule):
    with pytest.raises(UsageError, match=rule):
        check_parameters(changed(**numbers))


def test_created_address__known_account__is_what_every_chain_makes():
    assert created_address(DEPLOYER, 0) == "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    assert created_address(DEPLOYER, 4) == "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9"


def test_arguments__staking__trusts_the_predicted_market_alone():
    *ledgers, markets, leverage, thaw = arguments("staking", DEVNET, DEPLOYER, ADDRESSES)
    zero = "0x" + "00" * 20
    assert ledgers == [ADDRESSES["token"], ADDRESSES["payments"]]
    assert (markets, leverage, thaw) == ((ADDRESSES["deals"], zero, zero, zero), 2, 140)


def test_arguments__token__gives_the_holder_everything():
    assert arguments("token", DEVNET, DEPLOYER, {}) == (DEPLOYER, 10**27)


def test_load__saved__comes_back(tmp_path):
    save(tmp_path, 4242, ADDRESSES | {"block": 7})
    deployment = load(4242, tmp_path)
    assert deployment.addresses() == ADDRESSES
    assert (deployment.chain_id, deployment.block) == (4242, 7)


def test_load__unknown_chain__says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="No addresses of XMBL are known on chain 4242"):
        load(4242, tmp_path)


def test_load__unfinished__names_what_is_missing(tmp_path):
    save(tmp_path, 4242, {"token": ADDRESSES["token"], "block": 7})
    assert read(4242, tmp_path)["token"] == ADDRESSES["token"]
    with pytest.raises(ConfigError, match="lacks payments, registry, staking, deals"):
        load(4242, tmp_path)


class AtBlock:
    """A chain of which only the height is asked."""

    def __init__(self, height):
        self._height = height

    def block_number(self):
        return self._height


def test_check_age__half_of_all_periods_left__passes():
    check_age(AtBlock(20 * 2**23 - 1), 20)


def test_check_age__periods_nearly_used_up__names_the_least_that_lasts():
    with pytest.raises(UsageError) as caught:
        check_age(AtBlock(350_000_000), 20)
    assert str(caught.value) == (
        "At block 350000000 periods of 20 blocks are nearly used up; choose at least 42 blocks."
    )
    check_age(AtBlock(350_000_000), 42)
