"""Vouchers, lanes, hot signers and limits on a real chain, by real commands."""

import json

import pytest

from xmbl.units import WHOLE

DEAL = "0x" + "ab" * 32


@pytest.fixture(scope="module", autouse=True)
def _deposited(commands, devnet):
    commands.acting_with("client").document("pay", "deposit", "100", "--yes")


@pytest.fixture
def payee(operator):
    return operator.document("wallet", "show")["address"]


def in_a_file(tmp_path, document):
    path = tmp_path / "voucher.json"
    path.write_text(json.dumps(document["voucher"]))
    return str(path)


def test_voucher__signed_shown_and_redeemed__pays_to_the_wei(client, operator, payee, tmp_path):
    signed = client.document("pay", "voucher", "sign", "operator", "0.75", "--subject", DEAL, "--yes")
    file = in_a_file(tmp_path, signed)
    shown = client.document("pay", "voucher", "show", file)
    assert shown["signer"] == client.document("wallet", "show")["address"]
    assert (shown["brings_wei"], shown["trouble"]) == (3 * WHOLE // 4, "")
    before = operator.document("pay", "balance")["balance_wei"]
    redeemed = operator.document("pay", "voucher", "redeem", file, "--yes")
    assert redeemed["paid_wei"] == 3 * WHOLE // 4
    assert operator.document("pay", "balance")["balance_wei"] - before == 3 * WHOLE // 4
    assert client.document("pay", "voucher", "show", file)["trouble"] == "it is redeemed"
    again = operator("pay", "voucher", "redeem", file, "--yes")
    assert again.code == 1
    assert "brings nothing: it is redeemed" in again.err


def test_voucher__signed_twice__names_all_that_was_promised(client, payee):
    subject = "0x" + "cd" * 32
    first = client.document("pay", "voucher", "sign", "operator", "0.5", "--subject", subject, "--yes")
    second = client.document("pay", "voucher", "sign", "operator", "0.25", "--subject", subject, "--yes")
    assert (first["voucher"]["cumulative"], second["voucher"]["cumulative"]) == (
        str(WHOLE // 2),
        str(WHOLE * 3 // 4),
    )
    promised = client.document("pay", "voucher", "list")["promised"]
    assert {"payee": payee, "subject": subject, "cumulative_wei": WHOLE * 3 // 4} in promised


def test_voucher__dry_run_or_no_answer__promises_nothing(client):
    before = client.document("pay", "voucher", "list")
    assert client.document("pay", "voucher", "sign", "operator", "1", "--dry-run")["dry_run"] is True
    assert client("pay", "voucher", "sign", "operator", "1").code == 2
    assert client.document("pay", "voucher", "list") == before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("sign", "operator", "1000"), "account and lane, for all vouchers to this payee is too small"),
        (("sign", "operator", "1", "--subject", "0x12"), "is no subject"),
        (("redeem",), "No voucher brings anything now"),
        (("sign", "client", "0.001", "--payer", "operator"), "may not sign for"),
    ],
)
def test_voucher__impossible__is_refused_with_a_reason(client, arguments, complaint):
    said = client("pay", "voucher", *arguments, "--yes")
    assert said.code in (1, 2)
    assert complaint in said.err


def test_voucher__a_file_that_holds_none__is_refused(client, tmp_path):
    for junk in ("{}", "[" * 5_000):
        (tmp_path / "junk").write_text(junk)
        said = client("pay", "voucher", "show", str(tmp_path / "junk"))
        assert said.code == 2
        assert "That isn't a voucher" in said.err


def test_limits__set_and_reached__bound_what_is_promised(client):
    before = client.document("pay", "limits")
    assert client.document("pay", "limits", "--deal", "0.5")["deal_limit_wei"] == WHOLE // 2
    said = client("pay", "voucher", "sign", "operator", "1", "--subject", "0x" + "ef" * 32, "--yes")
    assert said.code == 1
    assert "1 XMBL for this deal, above the limit of 0.5 XMBL" in said.err
    assert client.document("pay", "limits", "--deal", "2") | {"deal_limit_wei": 0} == before | {
        "deal_limit_wei": 0
    }


def test_lane__reserved_and_released_by_its_payee__is_shown_and_gone(client, operator, payee):
    lane = client.document("pay", "lane", "reserve", "operator", "5", "--yes")
    assert lane["amount_wei"] == 5 * WHOLE
    me = client.document("wallet", "show")["address"]
    expected = [{"payer": me, "payee": payee, "amount_wei": 5 * WHOLE, "until": lane["until"]}]
    assert client.document("pay", "lane", "show")["lanes"] == expected
    assert operator.document("pay", "lane", "show")["lanes"] == expected
    early = client("pay", "lane", "release", "operator", "--yes")
    assert early.code == 2
    assert f"until block {lane['until']}" in early.err
    assert "; before, only" in early.err
    operator.document("pay", "lane", "release", "operator", "--payer", "client", "--yes")
    assert client.document("pay", "lane", "show")["lanes"] == []
    assert client("pay", "lane", "release", "operator", "--yes").code == 2


def test_lane__of_nothing__is_no_lane(client):
    said = client("pay", "lane", "reserve", "operator", "0", "--yes")
    assert (said.code, "There is no lane to" in said.err) == (2, True)


def test_lane__more_than_is_free__names_the_check(client):
    said = client("pay", "lane", "reserve", "operator", "1000", "--yes")
    assert said.code == 1
    assert "no  free account in Payments" in said.err


def test_signer__authorized__signs_for_the_payer_until_it_is_revoked(client, operator, tmp_path):
    assert client.document("pay", "signer", "show")["signers"] == []
    until = client.document("pay", "signer", "authorize", "operator", "--yes")["until"]
    payee = client.document("wallet", "show")["address"]
    assert [each["until"] for each in client.document("pay", "signer", "show")["signers"]] == [until]
    signed = operator.document(
        "pay", "voucher", "sign", payee, "0.5", "--payer", "client", "--subject", "0x" + "12" * 32, "--yes"
    )
    assert signed["voucher"]["payer"] == payee
    shown = operator.document("pay", "voucher", "show", in_a_file(tmp_path, signed))
    assert (shown["brings_wei"], shown["trouble"]) == (WHOLE // 2, "")
    revoked = client.document("pay", "signer", "revoke", "operator", "--yes")
    assert revoked["until"] < until
    assert client("pay", "signer", "authorize", "operator", "--blocks", "1", "--yes").code == 2


def test_voucher__by_a_signer_with_promises_of_its_own__names_the_payers_alone(client, operator, payee):
    subject, me = "0x" + "34" * 32, client.document("wallet", "show")["address"]
    operator.document("pay", "deposit", "1", "--yes")
    operator.document("pay", "voucher", "sign", me, "0.5", "--subject", subject, "--yes")
    others = operator.document(
        "pay", "voucher", "sign", me, "0.25", "--payer", "client", "--subject", subject, "--yes"
    )
    assert others["voucher"]["cumulative"] == str(WHOLE // 4)
    promise = {"payee": me, "subject": subject, "cumulative_wei": WHOLE // 4}
    assert promise in operator.document("pay", "voucher", "list", "--payer", "client")["promised"]
    assert promise not in operator.document("pay", "voucher", "list")["promised"]


def test_voucher__after_the_book_was_lost__goes_on_from_what_the_chain_paid(client, operator, tmp_path):
    arguments = ("pay", "voucher", "sign", "operator", "0.5", "--subject", "0x" + "56" * 32, "--yes")
    first = client.document(*arguments)
    operator.document("pay", "voucher", "redeem", in_a_file(tmp_path, first), "--yes")
    for path in (client.home / "state" / "vouchers").iterdir():
        path.rename(tmp_path / path.name)
    assert client.document(*arguments)["voucher"]["cumulative"] == str(WHOLE)
