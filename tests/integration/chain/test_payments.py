"""The wrapper of Payments on a real chain: what it sends, what it reads, what it finds in the logs."""

from dataclasses import dataclass

import pytest
from eth_account.messages import encode_typed_data

from tests.support.devnets import MINED_AT_ONCE, SENDER, serving
from xmbl.chain.client import Chain
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.devnet import rich_account
from xmbl.chain.outbox import Habits, Outbox, Receipt
from xmbl.chain.payments import Account, Lane, Payments, Redeemed, Released, Reserved, SignerSet
from xmbl.chain.token import Token
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


@dataclass
class World:
    """The reader's outbox on a chain with XMBL; it has 1,000 wei in Payments."""

    net: object
    chain: Chain
    outbox: Outbox
    token: Token
    payments: Payments
    sent: int = 0

    def send(self, call) -> Receipt:
        self.sent += 1
        return self.outbox.send(call, f"call {self.sent}")

    def sign(self, message, signer=READER):
        separator = domain_separator(PAYMENTS_DOMAIN, self.chain.chain_id, self.payments.address)
        return sign_digest(signer, digest(separator, message.hash()))

    def voucher(self, cumulative, subject=SUBJECT, signer=READER):
        expiry = self.chain.block_number() + 1_000
        voucher = Voucher(READER.address, PROVIDER, cumulative, subject, expiry)
        return voucher, compact(self.sign(voucher, signer))

    def events(self, kind):
        found = self.payments.events(kind, 0, payer=READER.address)
        return [
            tuple(
                value for name, value in vars(event).items() if name not in ("block", "transaction", "index")
            )
            for event in found
        ]


@pytest.fixture(scope="module")
def net():
    with serving(block_time=MINED_AT_ONCE) as running:
        yield running


@pytest.fixture
def world(net, tmp_path):
    chain = net.chain()
    outbox = Outbox(tmp_path / "outbox.sqlite", chain, READER, Habits(confirmations=1, poll=0.01))
    deployment = deploy(outbox, chain, PRESETS["devnet"], tmp_path, lambda _: None)
    world = World(net, chain, outbox, Token(chain, deployment.token), Payments(chain, deployment.payments))
    world.send(world.token.approve(world.payments.address, 1_000))
    world.send(world.payments.deposit(1_000))
    yield world
    outbox.close()


def test_redeem__a_lane_and_more__is_read_back(world):
    until = world.chain.block_number() + 1_000
    world.send(world.payments.reserve(PROVIDER, 30, until))
    world.send(world.payments.redeem(*world.voucher(42)))
    assert world.payments.account(READER.address) == Account(balance=958, reserved=0, phase=0, rest=0)
    assert world.payments.account(READER.address).free == 958
    assert world.payments.lane(READER.address, PROVIDER) == Lane(0, until)
    assert world.payments.redeemed(READER.address, PROVIDER, SUBJECT) == 42
    assert world.events(Reserved) == [(READER.address, PROVIDER, 30, until)]
    assert world.events(Redeemed) == [(READER.address, PROVIDER, SUBJECT, 42)]


def test_redeem_many__three_subjects__pays_the_sum(world):
    vouchers = [world.voucher(number, bytes([number]) * 32) for number in (1, 2, 3)]
    world.send(world.payments.redeem_many(PROVIDER, vouchers))
    assert world.payments.balance_of(PROVIDER) == 6
    assert [event[-1] for event in world.events(Redeemed)] == [1, 2, 3]


def test_release__once_it_is_over__frees_it(world):
    world.send(world.payments.reserve(PROVIDER, 30, world.chain.block_number() + 5))
    with pytest.raises(Reverted, match="promised to its payee"):
        world.send(world.payments.release(READER.address, PROVIDER))
    world.net.mine(5)
    world.send(world.payments.release(READER.address, PROVIDER))
    assert world.events(Released) == [(READER.address, PROVIDER, 30)]
    assert world.payments.account(READER.address).free == 1_000


def test_revoke_signer__one_that_signed__dies_after_the_delay(world):
    world.send(world.payments.authorize_signer(HOT.address, 2**40))
    revoked = world.send(world.payments.revoke_signer(HOT.address))
    until = world.payments.signer_until(READER.address, HOT.address)
    assert (until, world.payments.delay()) == (revoked.block + DELAY, DELAY)
    world.send(world.payments.redeem(*world.voucher(5, signer=HOT)))
    world.net.mine(DELAY)
    with pytest.raises(Reverted, match="Neither the payer nor a live signer"):
        world.send(world.payments.redeem(*world.voucher(6, signer=HOT)))
    assert world.events(SignerSet) == [(READER.address, HOT.address, end) for end in (2**40, until)]


def test_approve_by_sig__shown_by_anyone__sets_the_allowance(world):
    approval = Approval(READER.address, PROVIDER, 7, world.payments.nonces(READER.address), 10**6)
    world.send(world.payments.approve_by_sig(approval, world.sign(approval)))
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
