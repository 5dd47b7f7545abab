"""Attacks on money and stake from the design's attack report, replayed under their numbers: each fails."""

import boa
import pytest

from tests.support.boa_world import (
    ANY,
    DELAY,
    NOBODY,
    ODD_TOKEN,
    PAYMENTS,
    WHOLE,
    person,
)

LIMIT = 50 * WHOLE
"""What the provider lets the market lock, of the 100 XMBL that it staked."""


def test_c7_zero_signer__an_operator__never_has_nobody_as_agent(money, provider):
    with boa.reverts("registry: agent"):
        money.registry.register(NOBODY, provider, b"", 1, b"", [], sender=provider)
    money.registry.register(provider, provider, b"", 1, b"", [], sender=provider)
    with boa.reverts("registry: agent"):
        money.registry.set_agent(NOBODY, sender=provider)


def test_c8_reentered_deposit__of_a_hook_token__credits_nothing_twice(attacker, client):
    asset = ODD_TOKEN.deploy()
    payments = PAYMENTS.deploy(asset.address, DELAY)
    for who in (attacker, client, asset.address):
        asset.mint(who, 100)
    asset.approve_own(payments.address)
    for who in (attacker, client):
        asset.approve(payments.address, ANY, sender=who)
    payments.deposit(100, sender=client)
    asset.set_hook(payments.address, payments.deposit.prepare_calldata(100))
    with boa.reverts():
        payments.deposit(100, sender=attacker)
    asset.set_hook(NOBODY, b"")
    payments.deposit(100, sender=attacker)
    assert (payments.balance_of(attacker), asset.balanceOf(payments.address)) == (100, 200)


@pytest.mark.parametrize("income", [1, 3, 16])
def test_h5_tiny_distributes__after_every_income__shift_nothing(money, client, income):
    owners = sorted((person("owner"), person("owner of a millionth")), key=lambda who: int(who, 16))
    weights = [999_999, 1]
    split = money.payments.split_account(owners, weights)
    for _ in range(60):
        money.payments.transfer(split, income, sender=client)
        money.payments.distribute(owners, weights)
    got = [money.payments.balance_of(owner) for owner in owners]
    assert got == [60 * income * weight // 10**6 for weight in weights]


def test_h5_tiny_distributes__the_trace_with_a_negative_part__pays_nobody_less(money, client):
    owners = sorted((person("owner") for _ in range(3)), key=lambda who: int(who, 16))
    weights = [500_000, 300_000, 200_000]
    split = money.payments.split_account(owners, weights)
    for income in (5, 1):
        before = [money.payments.balance_of(owner) for owner in owners]
        money.payments.transfer(split, income, sender=client)
        money.payments.distribute(owners, weights)
        after = [money.payments.balance_of(owner) for owner in owners]
        assert all(new >= old for new, old in zip(after, before, strict=True))
    assert after == [3, 1, 1]


def test_m4_squatting__a_registered_key_and_agent__block_nobody(money, provider, attacker):
    agent, key = person("agent"), b"\x07" * 32
    money.registry.register(agent, NOBODY, key, 1, b"", ["/ip4/203.0.113.7/tcp/4001"], sender=attacker)
    money.registry.register(agent, NOBODY, key, 1, b"", ["/ip4/203.0.113.7/tcp/4001"], sender=provider)
    assert money.registry.agent_and_payee(provider) == (agent, provider)


def test_m5_donations__to_the_contracts__are_nobodys(money, client, attacker):
    total, client_balance = money.staking.total(), money.payments.balance_of(client)
    for contract in (money.payments, money.staking):
        money.token.transfer(contract.address, 7 * WHOLE, sender=attacker)
    money.payments.deposit(WHOLE, sender=attacker)
    assert money.payments.balance_of(attacker) == WHOLE
    assert (money.payments.balance_of(client), money.staking.total()) == (client_balance, total)
    with boa.reverts("payments: balance"):
        money.payments.withdraw(WHOLE + 1, sender=attacker)


def test_m18_two_hundred_new_recipients__fit_a_transaction(money, client):
    many = [f"0x{number:040x}" for number in range(2**80, 2**80 + 200)]
    money.payments.transfer(money.payments.split_account(many, [5_000] * 200), WHOLE, sender=client)
    money.payments.distribute(many, [5_000] * 200)
    # the whole transaction adds the base and 13 KB of calldata
    assert money.payments.call_trace().gas_used + 21_000 + 40 * 32 * 404 < 2**24


def test_m20_stolen_agent_key__alone__moves_no_money_and_no_record(money, provider, market):
    thief = person("agent")
    money.registry.register(thief, NOBODY, b"", 1, b"", [], sender=provider)
    with boa.reverts("staking: stake"):
        money.staking.thaw(WHOLE, sender=thief)
    with boa.reverts("staking: nothing"):
        money.staking.withdraw(sender=thief)
    with boa.reverts("payments: allowance"):
        money.payments.transfer_from(provider, thief, 1, sender=thief)
    for call in (money.registry.set_agent, money.registry.set_payee):
        with boa.reverts("registry: unknown"):
            call(thief, sender=thief)
    money.staking.authorize(market, 100 * WHOLE, sender=thief)
    assert money.staking.lock_of(provider, market).limit == LIMIT


@pytest.mark.parametrize("count", [1, 2, 200])
def test_m21_split_address__its_preimage__is_too_long_for_a_key_or_a_contract(money, count):
    """CREATE hashes 23 bytes, a public key is 64, CREATE2 hashes 85; a split hashes 7 words at least."""
    recipients = [f"0x{number:040x}" for number in range(1, count + 1)]
    shares = money.payments.split_account.prepare_calldata(recipients, [1] * count)
    assert len(shares) - 4 + 32 >= 7 * 32 > 85


def test_m21_split_address__two_lists_of_one_encoding__do_not_exist(money):
    owners = ["0x" + "01".zfill(40), "0x" + "02".zfill(40)]
    lists = [(owners, [1, 2]), (owners, [2, 1]), (owners[::-1], [1, 2]), (owners[:1], [1, 2]), (owners, [1])]
    assert len({money.payments.split_account(*shares) for shares in lists}) == len(lists)


def test_l11_empty_entry__of_an_operator__pays_the_operator(money, provider):
    money.registry.register(provider, NOBODY, b"", 0, b"", [], sender=provider)
    assert money.registry.agent_and_payee(provider) == (provider, provider)
