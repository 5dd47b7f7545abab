"""Wallets, Payments, splits and stake on a real chain, by real commands."""

import re
import secrets

import pytest

from tests.integration.cli.conftest import add_wallet
from xmbl.units import WHOLE


@pytest.fixture
def newcomer(commands, devnet):
    """The user, acting with a wallet that has just been funded and never been used."""
    name = f"newcomer-{secrets.token_hex(4)}"
    add_wallet(commands, name)
    commands.document("devnet", "fund", name)
    return commands.acting_with(name)


def test_balance__funded_wallet__has_what_the_devnet_gave(newcomer):
    held = newcomer.document("wallet", "balance")
    assert held["xmbl_wei"] == 10_000 * WHOLE
    assert held["ether_wei"] == 10 * WHOLE


def test_send__to_a_wallets_name__arrives(client, operator):
    before = operator.document("wallet", "balance")["xmbl_wei"]
    sent = client.document("wallet", "send", "operator", "1.5", "--yes")
    assert [each["action"] for each in sent["transactions"]] == ["token_transfer"]
    assert operator.document("wallet", "balance")["xmbl_wei"] - before == 15 * WHOLE // 10


def test_send__without_yes_and_terminal__sends_nothing(client):
    before = client.document("wallet", "balance")
    said = client.process("wallet", "send", "operator", "1")
    assert said.code == 2
    assert "say --yes" in said.err
    assert "ok  balance of XMBL" in said.err
    assert client.document("wallet", "balance") == before


def test_send__dry_run__shows_cost_and_checks_and_sends_nothing(client):
    before = client.document("wallet", "balance")
    planned = client.document("wallet", "send", "operator", "1", "--dry-run")
    assert planned["dry_run"] is True
    assert planned["gas_cost_wei"] > 0
    assert [each["name"] for each in planned["checks"]] == [
        "balance of XMBL", "the chain accepts it", "ether for gas",
    ]  # fmt: skip
    assert client.document("wallet", "balance") == before


def test_send__more_than_there_is__is_refused_with_a_remedy(client):
    said = client.process("wallet", "send", "operator", "1000000", "--yes", "--json")
    assert said.code == 1
    assert said.document()["error"]["code"] == "insufficient_funds"
    assert "xmbl pay withdraw" in said.document()["error"]["message"]


def test_send__to_a_contract_of_ours__is_refused(client):
    said = client("wallet", "send", "payments", "1", "--yes")
    assert said.code == 2
    assert "can't come back" in said.err


def test_pay__deposit_and_withdraw__move_both_balances(client):
    before = client.document("wallet", "balance")
    deposited = client.document("pay", "deposit", "100", "--yes")
    assert [each["action"] for each in deposited["transactions"]] == ["token_approve", "pay_deposit"]
    client.document("pay", "withdraw", "40", "--yes")
    after = client.document("wallet", "balance")
    assert before["xmbl_wei"] - after["xmbl_wei"] == 60 * WHOLE
    assert after["payments_wei"] - before["payments_wei"] == 60 * WHOLE


def test_pay__withdraw_too_much__names_the_check(client):
    said = client("pay", "withdraw", "5000", "--yes")
    assert said.code == 1
    assert "no  account in Payments" in said.err
    assert "Fill it with `xmbl pay deposit`." in said.err


def test_pay__approve_list_revoke__ends_with_none(client, devnet):
    deals = devnet.document["contracts"]["deals"]
    client.document("pay", "approve", "deals", "5", "--yes")
    allowed = client.document("pay", "allowances")["allowances"]
    assert allowed == [{"spender": deals, "amount_wei": 5 * WHOLE}]
    client.document("pay", "revoke", "deals", "--yes")
    assert client.document("pay", "allowances")["allowances"] == []
    assert client("pay", "revoke", "deals", "--yes").code == 2


def test_split__income__reaches_its_recipients_to_the_wei(client, operator):
    client.document("pay", "deposit", "10", "--yes")
    split = client.document("split", "address", "client=33.3333%", "operator=66.6667%")["split"]
    client.document("pay", "transfer", split, "3", "--yes")
    before = operator.document("pay", "balance")["balance_wei"]
    paid = client.document("split", "distribute", split, "--yes")["paid_wei"]
    assert paid == 3 * WHOLE
    assert operator.document("pay", "balance")["balance_wei"] - before == 3 * WHOLE * 666_667 // 10**6
    assert client("split", "distribute", split, "--yes").code == 1


def test_split__tokens_sent_to_it__are_refused(client):
    split = client.document("split", "address", "client=50%", "operator=50%")["split"]
    said = client("wallet", "send", split, "1", "--yes")
    assert said.code == 2
    assert "tokens sent to it are lost" in said.err


def test_stake__add_authorize_thaw__are_shown(newcomer):
    newcomer.document("stake", "add", "100", "--yes")
    newcomer.document("stake", "authorize", "deals", "60", "--yes")
    newcomer.document("stake", "thaw", "10", "--yes")
    held = newcomer.document("stake", "show")
    assert (held["staked_wei"], held["thawing_wei"]) == (100 * WHOLE, 10 * WHOLE)
    assert held["deals"]["limit_wei"] == 60 * WHOLE
    early = newcomer("stake", "withdraw", "--yes")
    assert early.code == 2
    assert "blocks more" in early.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("stake", "authorize", "client", "1"), "isn't a market"),
        (("stake", "claim"), "nothing for you to claim"),
        (("stake", "add", "0"), "positive multiple"),
        (("stake", "thaw", "10000"), "The stake that doesn't thaw yet is too small"),
    ],
)
def test_stake__impossible__is_refused_with_a_reason(client, arguments, complaint):
    said = client(*arguments, "--yes")
    assert said.code in (1, 2)
    assert complaint in said.err


@pytest.mark.parametrize(
    ("arguments", "bound"),
    [
        (("stake", "authorize", "deals", "9000000000"), "give 1,152,921,504.606846975 XMBL"),
        (("node", "cap", "1100000"), "A cap is at most 1,099,511.627775 XMBL of income a period"),
        (("node", "cap", "1 wei"), "Prices are counted in steps of"),
    ],
)
def test_amount__that_the_contracts_cant_count__names_the_bound(client, arguments, bound):
    said = client(*arguments, "--yes")
    assert (said.code, bound in said.err) == (2, True), said.err


@pytest.mark.parametrize(("option", "unit"), [("--xmbl", "XMBL"), ("--ether", "ETH")])
def test_fund__more_than_the_devnet_has__names_what_it_has(client, option, unit):
    said = client("devnet", "fund", "client", option, "1" + "0" * 30)
    assert said.code == 2
    assert re.search(rf"The devnet has [0-9,.]+ {unit} to give; say less for {option}", said.err)
