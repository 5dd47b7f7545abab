import boa
import pytest

from tests.support.boa_world import ANY, NOBODY, block, events, mine, person
from tests.support.promises import keyed
from xmbl.crypto.typed_data import Approval

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_approve_by_sig__of_a_key__sets_the_allowance(money, pen, reader, market, attacker):
    money.payments.approve_by_sig(*pen.approval(reader, market, 7), sender=attacker)
    assert events(money.payments) == [("Approved", reader.address, market, 7)]
    assert money.payments.allowance(reader.address, market) == 7
    assert money.payments.nonces(reader.address) == 1


def test_approve_by_sig__again__sets_it_doesnt_add(money, pen, reader, market):
    money.payments.approve(market, 5, sender=reader.address)
    money.payments.approve_by_sig(*pen.approval(reader, market, 7))
    money.payments.approve_by_sig(*pen.approval(reader, market, 2, nonce=1))
    assert money.payments.allowance(reader.address, market) == 2


def test_approve_by_sig__the_same_again__is_refused(money, pen, reader, market):
    approval = pen.approval(reader, market, 7)
    money.payments.approve_by_sig(*approval)
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*approval)


@pytest.mark.parametrize("nonce", [1, 2, 2**256 - 1])
def test_approve_by_sig__for_another_nonce__is_refused(money, pen, reader, market, nonce):
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*pen.approval(reader, market, 7, nonce=nonce))


def test_approve_by_sig__in_the_block_of_the_deadline__counts(money, pen, reader, market):
    money.payments.approve_by_sig(*pen.approval(reader, market, 7, deadline=block()))
    assert money.payments.allowance(reader.address, market) == 7


def test_approve_by_sig__after_the_deadline__is_refused(money, pen, reader, market):
    approval = pen.approval(reader, market, 7, deadline=block())
    mine(1)
    with boa.reverts("payments: deadline"):
        money.payments.approve_by_sig(*approval)


@pytest.mark.parametrize("place", [0, 1, 2, 3], ids=["owner", "spender", "amount", "deadline"])
def test_approve_by_sig__one_word_changed__is_refused(money, pen, reader, market, place):
    approval = list(pen.approval(reader, market, 7))
    approval[place] = (person("another"), person("another"), ANY, 2**256 - 1)[place]
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*approval)


def test_approve_by_sig__signed_by_another__is_refused(money, pen, reader, market):
    *words, _ = pen.approval(reader, market, 7)
    forged = pen.approval(keyed("forger"), market, 7)[-1]
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*words, forged)


def test_approve_by_sig__a_hot_signer__may_not_approve(money, pen, reader, hot, market):
    money.payments.authorize_signer(hot.address, 2**64 - 1, sender=reader.address)
    *words, _ = pen.approval(reader, market, 7)
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*words, pen.approval(hot, market, 7)[-1])


def test_approve_by_sig__the_malleated_twin__is_refused(money, pen, reader, market):
    *words, good = pen.approval(reader, market, 7)
    high_s = (ORDER - int.from_bytes(good[32:64], "big")).to_bytes(32, "big")
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*words, good[:32] + high_s + bytes([55 - good[64]]))


@pytest.mark.parametrize("length", [0, 1, 64, 66, 1024])
def test_approve_by_sig__another_length__is_refused(money, pen, reader, market, length):
    *words, good = pen.approval(reader, market, 7)
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*words, (good + bytes(1024))[:length])


@pytest.mark.parametrize("broken", [bytes(65), b"\xff" * 65, bytes(64) + b"\x1b"], ids=["0", "255", "v 27"])
def test_approve_by_sig__the_zero_address_as_owner__is_refused(money, market, broken):
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(NOBODY, market, 7, 2**256 - 1, broken)


def test_approve_by_sig__nobody_as_spender__is_refused(money, pen, reader):
    with boa.reverts("payments: zero address"):
        money.payments.approve_by_sig(*pen.approval(reader, NOBODY, 7))


# contracts


@pytest.fixture
def approval(contract_holder, market):
    """What the contract signs or doesn't."""
    return Approval(contract_holder.address, market, 7, 0, block() + 100)


def shown(approval, signature=b"anything"):
    return approval.owner, approval.spender, approval.amount, approval.deadline, signature


@pytest.mark.parametrize("length", [0, 65, 1024])
def test_approve_by_sig__a_contract_that_signed__counts(money, pen, contract_holder, approval, length):
    contract_holder.sign(pen.digest(approval), True)
    money.payments.approve_by_sig(*shown(approval, bytes(length)))
    assert events(money.payments) == [("Approved", approval.owner, approval.spender, 7)]
    assert money.payments.allowance(approval.owner, approval.spender) == 7


def test_approve_by_sig__a_contract_once__isnt_enough_for_twice(money, pen, contract_holder, approval):
    contract_holder.sign(pen.digest(approval), True)
    money.payments.approve_by_sig(*shown(approval))
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*shown(approval))


def test_approve_by_sig__a_contract_that_signed_nothing__is_refused(money, approval):
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*shown(approval))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        bytes.fromhex("1626ba7e"),
        bytes.fromhex("1626ba7e") + bytes(27),
        bytes(28) + bytes.fromhex("1626ba7e"),
        bytes.fromhex("1626ba7e") + b"\x01" * 28,
        bytes.fromhex("1626ba7f") + bytes(28),
    ],
    ids=["nothing", "4 bytes", "31 bytes", "right-aligned", "dirty", "almost"],
)
def test_approve_by_sig__a_contract_that_answers_nonsense__is_refused(
    money, contract_holder, approval, answer
):
    contract_holder.answer_with(answer)
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*shown(approval))


@pytest.mark.parametrize("words", [b"", bytes.fromhex("1626ba7e") + bytes(28)], ids=["nothing", "a yes"])
def test_approve_by_sig__a_contract_that_fails__is_refused(money, contract_holder, approval, words):
    contract_holder.fail_with(words)
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*shown(approval))


def test_approve_by_sig__a_contract_without_erc_1271__is_refused(money, market):
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(money.token.address, market, 7, 2**256 - 1, b"")


@pytest.mark.parametrize("number", range(1, 10))
def test_approve_by_sig__a_precompile_as_owner__is_refused(money, market, number):
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(f"0x{number:040x}", market, 7, 2**256 - 1, bytes(65))
