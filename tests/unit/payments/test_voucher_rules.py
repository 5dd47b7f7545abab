"""What vouchers, lanes and signers do to a ledger, and what they refuse."""

from dataclasses import replace

import pytest

from xmbl.crypto.typed_data import Approval, Voucher
from xmbl.errors import Reverted
from xmbl.payments import rules, voucher_rules
from xmbl.payments.rules import NOBODY, Account, Lane, Ledger
from xmbl.payments.voucher_rules import LAST_BLOCK, Shown

READER, PROVIDER, RIVAL, HOT = (f"0x{number:040x}" for number in range(1, 5))
LEDGER = rules.deposit(Ledger(delay=40), READER, 100)


def shown(cumulative: int, subject: bytes = bytes(32), signer: str = READER, **changes: object) -> Shown:
    voucher = Voucher(READER, PROVIDER, cumulative, subject, 500)
    return Shown(replace(voucher, **changes), signer)


def test_redeem__more_than_is_there__pays_it_and_remembers_the_rest() -> None:
    ledger = voucher_rules.redeem(LEDGER, shown(130), 500)
    assert ledger.account(PROVIDER).balance == 100
    with pytest.raises(Reverted, match="nothing"):
        voucher_rules.redeem(ledger, shown(130), 500)
    ledger = voucher_rules.redeem(rules.deposit(ledger, READER, 50), shown(130), 500)
    assert [ledger.account(who).balance for who in (READER, PROVIDER)] == [20, 130]


def test_redeem__a_lane_and_more__takes_the_lane_first() -> None:
    ledger = voucher_rules.reserve(LEDGER, READER, PROVIDER, 30, 200)
    ledger = voucher_rules.reserve(ledger, READER, RIVAL, 60, 200)
    ledger = voucher_rules.redeem(ledger, shown(25), 1)
    assert (ledger.lane(READER, PROVIDER), ledger.account(READER)) == (Lane(5, 200), Account(75, 65))
    ledger = voucher_rules.redeem(ledger, shown(90), 1)
    assert (ledger.lane(READER, PROVIDER), ledger.account(READER)) == (Lane(0, 200), Account(60, 60))


def test_redeem_many__a_payer_that_is_the_payee__mints_nothing() -> None:
    own = [shown(60, payee=READER), shown(60, bytes([1]) * 32, payee=READER)]
    assert voucher_rules.redeem_many(LEDGER, READER, own, 1).account(READER).balance == 100


def test_redeem_many__the_same_twice__pays_once() -> None:
    ledger = voucher_rules.redeem_many(LEDGER, PROVIDER, [shown(7), shown(7), shown(3)], 1)
    assert ledger.account(PROVIDER).balance == 7


@pytest.mark.parametrize(
    ("voucher", "block", "reason"),
    [
        (shown(5), 501, "expired"),
        (shown(5, signer=NOBODY), 500, "signature"),
        (shown(5, signer=RIVAL), 500, "signer"),
        (shown(5, payee=NOBODY), 500, "zero address"),
        (shown(0), 500, "nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_redeem__what_doesnt_count__is_refused(voucher: Shown, block: int, reason: str) -> None:
    with pytest.raises(Reverted) as refusal:
        voucher_rules.redeem(LEDGER, voucher, block)
    assert refusal.value.reason == f"payments: {reason}"


def test_revoke_signer__a_live_one__signs_until_the_delay_is_over() -> None:
    ledger = voucher_rules.authorize_signer(LEDGER, READER, HOT, LAST_BLOCK)
    ledger = voucher_rules.authorize_signer(ledger, READER, HOT, 7)
    ledger = voucher_rules.revoke_signer(ledger, READER, HOT, 100)
    assert ledger.signer_until(READER, HOT) == 140
    assert voucher_rules.redeem(ledger, shown(5, signer=HOT), 139).account(PROVIDER).balance == 5
    with pytest.raises(Reverted, match="signer"):
        voucher_rules.redeem(ledger, shown(5, signer=HOT), 140)


def test_release__before_the_lane_is_over__is_the_payees_alone() -> None:
    ledger = voucher_rules.reserve(LEDGER, READER, PROVIDER, 30, 200)
    for caller, block, reason in ((READER, 199, "reserved"), (RIVAL, 200, "sender")):
        with pytest.raises(Reverted, match=reason):
            voucher_rules.release(ledger, caller, READER, PROVIDER, block)
    for caller, block in ((PROVIDER, 0), (READER, 200)):
        freed = voucher_rules.release(ledger, caller, READER, PROVIDER, block)
        assert (freed.account(READER).free, freed.lane(READER, PROVIDER)) == (100, Lane())
    with pytest.raises(Reverted, match="nothing"):
        voucher_rules.release(freed, PROVIDER, READER, PROVIDER, 0)


def test_reserve__what_is_reserved__cant_be_spent() -> None:
    ledger = voucher_rules.reserve(LEDGER, READER, PROVIDER, 70, 200)
    for spend in (rules.withdraw, rules.burn):
        with pytest.raises(Reverted, match="balance"):
            spend(ledger, READER, 31)
    with pytest.raises(Reverted, match="balance"):
        voucher_rules.reserve(ledger, READER, RIVAL, 31, 200)


@pytest.mark.parametrize("until", [LAST_BLOCK + 1, 2**256 - 1])
def test_until__beyond_its_field__is_refused(until: int) -> None:
    with pytest.raises(Reverted, match="until"):
        voucher_rules.reserve(LEDGER, READER, PROVIDER, 1, until)
    with pytest.raises(Reverted, match="until"):
        voucher_rules.authorize_signer(LEDGER, READER, HOT, until)


def test_approve_by_sig__once_for_a_nonce__sets_the_allowance() -> None:
    approval = Approval(READER, RIVAL, 7, 0, 500)
    ledger = rules.approve_by_sig(LEDGER, approval, True, 500)
    assert ledger.allowance(READER, RIVAL) == 7
    for again, signed, block, reason in (
        (approval, True, 500, "signature"),
        (replace(approval, nonce=1), False, 500, "signature"),
        (replace(approval, nonce=1), True, 501, "deadline"),
    ):
        with pytest.raises(Reverted, match=reason):
            rules.approve_by_sig(ledger, again, signed, block)
