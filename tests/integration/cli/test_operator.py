"""What operators and delegators do by commands, beside a running agent."""

import csv
import io
import secrets
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.support import agent_world
from tests.support.agent_world import HABITS, Provider
from tests.support.commands import Commands
from tests.support.storage_world import STAKE, World, storage_world, until
from xmbl import config
from xmbl.crypto.typed_data import (
    PAYMENTS_DOMAIN,
    Deal,
    Voucher,
    compact,
    digest,
    domain_separator,
    sign_digest,
)
from xmbl.identity.keystore import Keystore
from xmbl.payments.book import Book, book_path
from xmbl.payments.wire import Domain
from xmbl.units import STAKE_UNIT, WHOLE

PASSWORD = "correct horse"
DATA = secrets.token_bytes(20_000)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with storage_world(tmp_path_factory.mktemp("world"), block_time=0) as running:
        yield running


@pytest.fixture
def provider(world: World, tmp_path: Path) -> Iterator[Provider]:
    made = agent_world.provider(world, tmp_path / "provider", agent_world.paying_client(world))
    made.to_period(made.period + 1, block=0)
    yield made
    made.die()


@pytest.fixture
def operator(world: World, provider: Provider, tmp_path: Path) -> Commands:
    """The provider's owner at a terminal, with its cold wallet."""
    return at_terminal(world, tmp_path / "home", "operator", provider.cold)


@pytest.fixture
def delegator(world: World, operator: Commands) -> Commands:
    """Somebody with XMBL, on the same machine."""
    account: LocalAccount = Account.create()
    world.give(account, 1_000 * WHOLE)
    return at_terminal(world, operator.home, "delegator", account)


def at_terminal(world: World, home: Path, name: str, account: LocalAccount) -> Commands:
    config.save_network(config.folders({"XMBL_HOME": str(home)}), world.network())
    (home / "password").write_text(PASSWORD + "\n")
    (home / "password").chmod(0o600)
    Keystore(home / "config" / "wallets", work=2).import_key(name, account.key.hex(), PASSWORD)
    return Commands(home, home / "password", name)


def read(provider: Provider, deal: Deal, amount: int) -> None:
    """The client pays for reading a deal by a voucher, which is redeemed."""
    chain, payments = provider.market.chain, provider.market.payments
    voucher = Voucher(provider.client.address, provider.address, amount, deal.id(), chain.block_number() + 99)
    domain = domain_separator(PAYMENTS_DOMAIN, chain.chain_id, payments.address)
    signature = compact(sign_digest(provider.client, digest(domain, voucher.hash())))
    provider.world.send(provider.client, payments.redeem(voucher, signature))


def test_earnings__of_a_proven_and_a_missed_deal__agree_with_the_chain(
    provider: Provider, operator: Commands, tmp_path: Path
) -> None:
    first = provider.period + 1
    kept = provider.open(DATA, first + 2)
    provider.to_period(first, block=0)
    provider.world.send(provider.client, provider.market.deals.challenge(kept, 3))
    provider.prove(first)
    read(provider, kept, WHOLE // 100)
    lost = provider.open(secrets.token_bytes(100), first + 9, price=1)
    provider.holdings.drop(lost.root)
    provider.holdings.drop(kept.root)
    for period in range(first + 1, first + 6):
        provider.prove(period)
    found = operator.document("node", "earnings", "--csv", str(tmp_path / "earnings.csv"))
    assert found["income_wei"] == provider.market.payments.balance_of(provider.address) > 0
    assert found["slashed_wei"] == STAKE - provider.market.staking.stake_of(provider.address).own > 0
    assert found["fee_wei"] == 5 * 10**12 * 2 // 100
    by_deal = {each["deal"]: each for each in found["deals"]}
    assert by_deal[f"0x{kept.id().hex()}"]["income_wei"] == found["income_wei"]
    assert by_deal[f"0x{lost.id().hex()}"]["income_wei"] == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "earnings.csv").read_text())))
    for column in ("income_wei", "fee_wei", "slashed_wei"):
        assert sum(int(row[column]) for row in rows) == found[column]
    for row in rows:
        made = datetime.fromisoformat(row["time"])
        assert made.utcoffset() == timedelta(0)
        assert made.timestamp() == provider.market.chain.header(int(row["block"])).timestamp
    assert {row["client"] for row in rows} == {provider.client.address}
    assert {row["event"] for row in rows} == {"challenged", "redeemed", "settled", "closed"}
    late = operator.document("node", "earnings", "--since", str(first + 4))
    assert [each["period"] for each in late["bookings"]] == [
        each["period"] for each in found["bookings"] if each["period"] >= first + 4
    ]
    assert f"has {len(rows)} bookings" in operator("node", "earnings", "--csv", str(tmp_path / "a.csv")).err
    printed = operator("node", "earnings", "--csv", "-")
    assert printed.out == (tmp_path / "earnings.csv").read_text()
    assert operator("node", "earnings", "--csv", "-", "--json").code == 2
    assert "Earned" in operator("node", "earnings").out


def test_drain__with_a_deal__waits_for_its_end_and_takes_the_stake_back(
    provider: Provider, operator: Commands
) -> None:
    market, first = provider.market, provider.period + 1
    provider.open(DATA, first + 2)
    planned = operator.document("node", "drain", "--dry-run")
    assert [each["action"] for each in planned["steps"]] == ["node_cap", "stake_thaw", "stake_withdraw"]
    assert market.ring(provider.address).cap > 0
    log = operator.home / "drain.log"
    with log.open("w") as stderr:
        waiting = operator.process_of("node", "drain", "--yes", "--every", "0.1", stderr=stderr)
    until(lambda: "Remaining: 1 deal open" in log.read_text())
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(10) == 130
    assert "Nothing is lost" in log.read_text()
    assert market.ring(provider.address).cap == 0
    assert market.staking.stake_of(provider.address).thawing == STAKE
    for period in range(first, first + 4):
        provider.prove(period)
    assert provider.proven(first, first + 1) == [first, first + 1]
    still = operator.document("node", "drain", "--yes", "--no-wait")
    assert (still["left"], still["deals"], still["transactions"]) == (False, [], [])
    provider.mine(market.staking.stake_of(provider.address).thaw_until - market.block_number())
    held = market.token.balance_of(provider.address)
    left = operator.document("node", "drain", "--yes")
    assert left["left"] is True
    assert market.token.balance_of(provider.address) - held == STAKE
    assert market.staking.stake_of(provider.address).own == 0


def test_drain__a_node_that_doesnt_settle__is_settled_for_by_the_wallet(
    provider: Provider, operator: Commands
) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 1)
    provider.to_period(first + 2)
    done = operator.document("node", "drain", "--yes", "--no-wait")
    assert [each["action"] for each in done["transactions"]] == ["node_cap", "stake_thaw", "deal_settle"]
    assert done["deals"] == []
    assert provider.market.staking.stake_of(provider.address).locked == 0
    provider.mine(HABITS.confirmations)


def test_drain__with_a_deal_and_no_wait__names_the_block_and_the_time_of_the_next_step(
    provider: Provider, operator: Commands
) -> None:
    market, first = provider.market, provider.period + 1
    deal = provider.open(secrets.token_bytes(1_000), first + 40)
    thaws_from = (first + 41) * market.parameters.period - market.staking.thaw_blocks()
    early = operator("node", "drain", "--yes", "--no-wait")
    assert f"the stake may thaw from block {thaws_from} on" in early.out
    assert f"Next: `xmbl node drain` again from block {thaws_from} on, about 20" in early.out
    document = operator.document("node", "drain", "--yes", "--no-wait")
    assert (document["next_block"], document["left"]) == (thaws_from, False)
    assert document["next_time"].endswith("+00:00")
    provider.world.send(provider.client, market.deals.terminate(deal))
    provider.mine(1)
    thawing = operator("node", "drain", "--yes", "--no-wait")
    until = market.staking.stake_of(provider.address).thaw_until
    last = until + market.staking.withdraw_blocks() - 1
    assert f"again from block {until} on, about 20" in thawing.out
    assert f"After block {last}, about 20" in thawing.out


def hold(provider: Provider, home: Path, amount: int, deal: bytes) -> None:
    """The node took a voucher of the client's for a deal."""
    chain, payments = provider.market.chain, provider.market.payments
    voucher = Voucher(provider.client.address, provider.address, amount, deal, chain.block_number() + 9_999)
    signed = Domain.of(chain.chain_id, payments.address).sign(provider.client, voucher)
    book = Book(book_path(home / "state", chain, provider.address, payments.address))
    book.hold(signed, provider.client.address, 0)
    book.close()


def test_drain__with_vouchers__redeems_those_that_are_worth_their_gas_once_the_deals_are_closed(
    provider: Provider, operator: Commands
) -> None:
    payments, first = provider.market.payments, provider.period + 1
    provider.open(DATA, first + 2)
    hold(provider, operator.home, WHOLE // 2, b"\1" * 32)
    hold(provider, operator.home, WHOLE // 4, b"\2" * 32)
    hold(provider, operator.home, 3, b"\3" * 32)
    planned = operator.document("node", "drain", "--dry-run")
    assert "redeem 3 vouchers" in planned["steps"][2]["does"]
    waiting = operator.document("node", "drain", "--yes", "--no-wait")
    assert waiting["unredeemed"] == {"vouchers": 3, "owed_wei": 3 * WHOLE // 4 + 3}
    for period in range(first, first + 4):
        provider.prove(period)
    before = payments.balance_of(provider.address)
    done = operator.document("node", "drain", "--yes", "--no-wait")
    assert [each["action"] for each in done["transactions"]] == ["redeem_many"]
    assert payments.balance_of(provider.address) - before == 3 * WHOLE // 4
    assert done["unredeemed"] == {"vouchers": 1, "owed_wei": 3}
    until = provider.market.staking.stake_of(provider.address).thaw_until
    provider.mine(until - provider.market.block_number())
    left = operator("node", "drain", "--yes")
    assert "Not redeemed: 1 voucher over 3 wei in all, worth less than the gas" in left.out


def test_drain__of_somebody_who_never_was_an_operator__is_a_mistake(delegator: Commands) -> None:
    said = delegator("node", "drain", "--yes")
    assert (said.code, said.out) == (2, "")
    assert "never was an operator here" in said.err


def earned(provider: Provider) -> None:
    """One more period of a deal, proven and settled: its fee goes to all stakers."""
    first = provider.period + 1
    provider.open(secrets.token_bytes(1_000), first + 1, price=1_000_000)
    provider.prove(first)
    provider.prove(first + 1)


def test_delegate__then_claimed_and_withdrawn__brings_stake_and_fees_back(
    provider: Provider, operator: Commands, delegator: Commands
) -> None:
    staking, payments = provider.market.staking, provider.market.payments
    operator.document("stake", "commission", "10%", "--yes")
    earned(provider)
    operator.document("stake", "claim", "--yes")
    planned = delegator.document("stake", "delegate", "500", "--operator", "operator", "--dry-run")
    assert planned["record"]["own_wei"] == STAKE
    assert planned["record"]["commission_basis_points"] == 1_000
    assert planned["record"]["share_price_basis_points"] == 10_000
    assert planned["record"]["yearly_basis_points"] > 0
    done = delegator.document("stake", "delegate", "500", "--operator", "operator", "--yes")
    assert [each["action"] for each in done["transactions"]] == ["token_approve", "delegate"]
    wallet = delegator.document("wallet", "show")["address"]
    listed = operator.document("stake", "delegators")
    assert [(each["holder"], each["value_wei"]) for each in listed["delegators"]] == [(wallet, 500 * WHOLE)]
    earned(provider)
    before = payments.balance_of(provider.address)
    claimed = operator.document("stake", "claim", "--yes")
    assert [each["action"] for each in claimed["transactions"]] == ["claim", "claim_delegated"]
    assert claimed["fees_wei"] == payments.balance_of(provider.address) - before > 0
    first_fees = payments.balance_of(wallet)
    earned(provider)
    mine = delegator.document("stake", "claim", "--operator", "operator", "--yes")
    assert mine["fees_wei"] == payments.balance_of(wallet) - first_fees > 0
    thawing = delegator("stake", "thaw", "500", "--operator", "operator", "--yes")
    assert "Start to thaw 500 XMBL of what you delegated" in thawing.err
    assert "Thawing of 500 XMBL: 500 XMBL, for" in thawing.out
    early = delegator("stake", "withdraw", "--operator", "operator", "--yes")
    assert (early.code, "blocks more" in early.err) == (2, True)
    provider.mine(staking.thaw_blocks())
    delegator.document("stake", "withdraw", "--operator", "operator", "--yes")
    assert provider.market.token.balance_of(wallet) == 1_000 * WHOLE
    assert operator.document("stake", "delegators")["delegators"] == []


def test_withdraw__of_stake_that_has_lapsed__is_refused_until_it_thaws_anew(
    provider: Provider, operator: Commands
) -> None:
    staking, part = provider.market.staking, STAKE // 2
    operator.document("stake", "thaw", f"{part} wei", "--yes")
    until = staking.stake_of(provider.address).thaw_until
    last = until + staking.withdraw_blocks() - 1
    provider.mine(last - provider.market.block_number())
    late = operator("stake", "withdraw", "--yes")
    assert late.code == 2
    assert f"It could leave until block {last}; `xmbl stake thaw 0` begins anew." in late.err
    again = operator("stake", "thaw", "0", "--yes")
    assert (again.code, f"for {staking.thaw_blocks()} blocks more" in again.out) == (0, True)
    held = staking.stake_of(provider.address)
    assert (held.thawing, held.thaw_until > last) == (part, True)
    early = operator("stake", "withdraw", "--yes")
    assert (early.code, "blocks more, until block" in early.err) == (2, True)
    provider.mine(held.thaw_until - provider.market.block_number())
    before = provider.market.token.balance_of(provider.address)
    operator.document("stake", "withdraw", "--yes")
    assert provider.market.token.balance_of(provider.address) - before == part


def test_claim__of_a_wronged_client__collects_its_compensation(
    provider: Provider, operator: Commands, world: World
) -> None:
    first = provider.period + 1
    lost = provider.open(DATA, first + 9)
    provider.holdings.drop(lost.root)
    for period in range(first, first + 5):
        provider.prove(period)
    client = at_terminal(world, operator.home, "client", provider.client)
    owed = provider.market.staking.owed(provider.client.address)
    claimed = client.document("stake", "claim", "--yes")
    assert (claimed["fees_wei"], claimed["compensation_wei"]) == (0, owed)
    shown = client.document("stake", "show", "operator")
    assert [each["amount_wei"] // (2 * STAKE_UNIT) * STAKE_UNIT for each in shown["slashes"]] == [owed]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("commission", "150%"), "is not a commission"),
        (("commission", "90%"), "can only be lowered"),
        (("add", "1", "--commission", "5%"), "`xmbl stake commission` lowers it"),
        (("thaw", "1", "--operator", "operator"), "delegation that doesn't thaw yet is too small"),
        (("claim", "--operator", "operator"), "nothing for you to claim"),
        (("withdraw",), "Nothing thaws; `xmbl stake thaw AMOUNT` begins"),
        (("withdraw", "--operator", "operator"), "Nothing thaws; `xmbl stake thaw AMOUNT --operator 0x"),
        (("delegate", "1", "--operator", "deals"), "risks nothing of its own"),
    ],
)
def test_stake__impossible__is_refused_with_a_reason(
    operator: Commands, arguments: tuple[str, ...], complaint: str
) -> None:
    said = operator("stake", *arguments, "--yes")
    assert said.code in (1, 2)
    assert complaint in said.err


def test_drain__early__ends_the_deals_after_their_notice_at_the_exit_price(
    provider: Provider, operator: Commands
) -> None:
    first = provider.period + 1
    deal = provider.open(secrets.token_bytes(1_000), first + 40)
    done = operator.document("node", "drain", "--early", "--yes", "--no-wait")
    assert [each["action"] for each in done["transactions"]] == ["node_cap", "deal_terminate"]
    assert [each["end_period"] for each in done["deals"]] == [first + deal.terms.operator_notice]
    assert operator.document("node", "drain", "--early", "--yes", "--no-wait")["transactions"] == []


def test_maintain__a_declared_period__is_skipped_unpunished(provider: Provider, operator: Commands) -> None:
    first = provider.period + 1
    provider.open(secrets.token_bytes(1_000), first + 2)
    assert operator.document("node", "maintain")["declared"] == []
    done = operator.document("node", "maintain", "+1", "--yes")
    assert (done["declared"], len(done["transactions"])) == ([first], 1)
    for period in range(first, first + 3):
        provider.prove(period)
    assert provider.proven(first, first + 1) == [first + 1]
    earned = operator.document("node", "earnings")
    assert (earned["slashed_wei"], len(earned["deals"])) == (0, 1)


@pytest.mark.parametrize(("periods", "warned"), [(("+40", "+41"), True), (("+40", "+42"), False)])
def test_maintain__two_periods_in_a_row__says_what_may_be_due_in_the_second(
    operator: Commands, periods: tuple[str, ...], warned: bool
) -> None:
    said = operator("node", "maintain", *periods, "--dry-run")
    assert ("Two declared periods follow each other" in said.err) is warned


@pytest.mark.parametrize(
    ("periods", "complaint"),
    [
        (("+33", "+33"), "choose another"),
        (("1",), "before its period begins"),
        (("+500",), "further than any deal"),
        (("tomorrow",), "is not a period"),
    ],
)
def test_maintain__against_the_markets_rules__is_refused_before_anything_is_sent(
    operator: Commands, periods: tuple[str, ...], complaint: str
) -> None:
    said = operator("node", "maintain", *periods, "--yes")
    assert said.code in (1, 2)
    assert complaint in said.err
    assert operator.document("node", "maintain")["declared"] == []


def test_maintain__by_somebody_else__is_refused_before_anything_is_sent(delegator: Commands) -> None:
    said = delegator("node", "maintain", "+1", "--yes")
    assert (said.code, "is no operator; choose its wallet" in said.err) == (2, True)
    assert delegator.document("node", "maintain")["declared"] == []


def test_maintain__a_third_of_32_periods__is_refused_before_anything_is_sent(
    provider: Provider, operator: Commands
) -> None:
    run = (provider.period // 32 + 1) * 32
    said = operator("node", "maintain", *(str(run + each) for each in range(3)), "--yes")
    assert "At most 2 of the 32 periods" in said.err
    assert operator.document("node", "maintain")["declared"] == []
