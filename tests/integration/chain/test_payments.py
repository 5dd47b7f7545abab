"""The wrapper of Payments on a real chain: what it sends, what it reads, what it finds in the logs."""

import pytest
from eth_account.messages import encode_typed_data

from tests.support.deployed import facts
from tests.support.devnets import SENDER
from xmbl.chain.deploy import PRESETS
from xmbl.chain.devnet import rich_account
from xmbl.chain.payments import Account, Lane, Redeemed, Released, Reserved, SignerSet
from xmbl.crypto.typed_data import (
    PAYMENTS_DOMAIN,
    Approval,
    Voucher,
    compact,
    digest,
    domain_separator,
    sign_digest,
)
from xmbl.errors import Reverted

READER, PROVIDER, HOT = rich_account(), SENDER.address, rich_account(3)
SUBJECT = b"\x07" * 32
DELAY = PRESETS["devnet"].delay


@pytest.fixture
def world(deployed):
    """The reader has 1,000 wei in Payments."""
    deployed.send(deployed.token.approve(deployed.payments.address, 1_000))
    deployed.send(deployed.payments.deposit(1_000))
    return deployed


def sign(world, message, signer=READER):
    separator = domain_separator(PAYMENTS_DOMAIN, world.chain.chain_id, world.payments.address)
    return sign_digest(signer, digest(separator, message.hash()))


def voucher(world, cumulative, subject=SUBJECT, signer=READER):
    expiry = world.chain.block_number() + 1_000
    promise = Voucher(READER.address, PROVIDER, cumulative, subject, expiry)
    return promise, compact(sign(world, promise, signer))


def told(world, kind):
    return facts(world.payments.events(kind, 0, payer=READER.address))


def test_redeem__a_lane_and_more__is_read_back(world):
    until = world.chain.block_number() + 1_000
    world.send(world.payments.reserve(PROVIDER, 30, until))
    world.send(world.payments.redeem(*voucher(world, 42)))
    assert world.payments.account(READER.address) == Account(balance=958, reserved=0, phase=0, rest=0)
    assert world.payments.account(READER.address).free == 958
    assert world.payments.lane(READER.address, PROVIDER) == Lane(0, until)
    assert world.payments.redeemed(READER.address, PROVIDER, SUBJECT) == 42
    assert told(world, Reserved) == [(READER.address, PROVIDER, 30, until)]
    assert told(world, Redeemed) == [(READER.address, PROVIDER, SUBJECT, 42)]


def test_redeem_many__three_subjects__pays_the_sum(world):
    vouchers = [voucher(world, number, bytes([number]) * 32) for number in (1, 2, 3)]
    world.send(world.payments.redeem_many(PROVIDER, vouchers))
    assert world.payments.balance_of(PROVIDER) == 6
    assert [event[-1] for event in told(world, Redeemed)] == [1, 2, 3]


def test_release__once_it_is_over__frees_it(world):
    world.send(world.payments.reserve(PROVIDER, 30, world.chain.block_number() + 5))
    with pytest.raises(Reverted, match="promised to its payee"):
        world.send(world.payments.release(READER.address, PROVIDER))
    world.net.mine(5)
    world.send(world.payments.release(READER.address, PROVIDER))
    assert told(world, Released) == [(READER.address, PROVIDER, 30)]
    assert world.payments.account(READER.address).free == 1_000


def test_revoke_signer__one_that_signed__dies_after_the_delay(world):
    world.send(world.payments.authorize_signer(HOT.address, 2**40))
    revoked = world.send(world.payments.revoke_signer(HOT.address))
    until = world.payments.signer_until(READER.address, HOT.address)
    assert (until, world.payments.delay()) == (revoked.block + DELAY, DELAY)
    world.send(world.payments.redeem(*voucher(world, 5, signer=HOT)))
    world.net.mine(DELAY)
    with pytest.raises(Reverted, match="Neither the payer nor a live signer"):
        world.send(world.payments.redeem(*voucher(world, 6, signer=HOT)))
    assert told(world, SignerSet) == [(READER.address, HOT.address, end) for end in (2**40, until)]


def test_approve_by_sig__shown_by_anyone__sets_the_allowance(world):
    approval = Approval(READER.address, PROVIDER, 7, world.payments.nonces(READER.address), 10**6)
    world.send(world.payments.approve_by_sig(approval, sign(world, approval)))
    assert world.payments.allowance(READER.address, PROVIDER) == 7
    assert world.payments.nonces(READER.address) == 1


def test_deposit_with_permit__of_the_token__needs_no_approval(world):
    message = {
        "owner": READER.address, "spender": world.payments.address, "value": 500, "nonce": 0,
        "deadline": 2**40,
    }  # fmt: skip
    kinds = {"owner": "address", "spender": "address"}
    fields = [{"name": name, "type": kinds.get(name, "uint256")} for name in message]
    domain = {"name": "XMBL", "version": "1", "chainId": world.chain.chain_id}
    domain["verifyingContract"] = world.token.address
    signed = READER.sign_message(encode_typed_data(domain, {"Permit": fields}, message))
    world.send(world.payments.deposit_with_permit(500, 2**40, bytes(signed.signature)))
    assert world.payments.balance_of(READER.address) == 1_500
