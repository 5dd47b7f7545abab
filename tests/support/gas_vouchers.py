"""What vouchers, lanes and signers cost, by receipt: amounts are round prices, all accounts have money."""

from collections.abc import Iterator, Sequence
from itertools import count

from eth_utils import keccak

from tests.support.gas_world import GasWorld, Node
from xmbl.chain.payments import SignedVoucher, signed_voucher
from xmbl.crypto import typed_data
from xmbl.crypto.typed_data import Approval, Voucher, compact, digest, sign_digest

KEYS = [keccak(text=f"payer {number}") for number in range(7)]
HOT = keccak(text="hot signer")
SUBJECT = keccak(text="a content")
PRICE = 10**15


class Till:
    """A payee, and payers that are keys with money."""

    def __init__(self, node: Node) -> None:
        self.world = GasWorld(node)
        self.payments = self.world.payments.functions
        client, self.payee, self.anyone = self.world.accounts[1:4]
        self._separator = typed_data.domain_separator(
            typed_data.PAYMENTS_DOMAIN, node.w3.eth.chain_id, self.world.payments.address
        )
        self.world.fund(client)
        for account in (self.payee, *map(self.address, KEYS)):
            self.world.send(client, self.payments.transfer(account, 10**6 * PRICE))
        self._cumulative = count(PRICE, PRICE)

    def address(self, key: bytes) -> str:
        """The account of a key."""
        return str(self.world.node.w3.eth.account.from_key(key).address)

    def voucher(self, payer: bytes, signer: bytes | None = None) -> SignedVoucher:
        """A voucher for one price more than the last."""
        expiry = self.world.node.w3.eth.block_number + 50_000
        voucher = Voucher(self.address(payer), self.payee, next(self._cumulative), SUBJECT, expiry)
        signature = sign_digest(signer or payer, digest(self._separator, voucher.hash()))
        return signed_voucher(voucher, compact(signature))

    def redeem(self, payer: bytes, signer: bytes | None = None) -> int:
        """The gas of one."""
        call = self.payments.redeem(self.payee, self.voucher(payer, signer))
        return self.world.gas(self.anyone, call)

    def redeem_many(self, payers: Sequence[bytes]) -> int:
        """The gas of one of each."""
        call = self.payments.redeem_many(self.payee, [self.voucher(payer) for payer in payers])
        return self.world.gas(self.anyone, call)

    def approve(self, owner: bytes, nonce: int) -> int:
        """The gas of an allowance by signature."""
        deadline = self.world.node.w3.eth.block_number + 50_000
        approval = Approval(self.address(owner), self.anyone, PRICE + nonce, nonce, deadline)
        signature = sign_digest(owner, digest(self._separator, approval.hash()))
        call = self.payments.approve_by_sig(
            approval.owner, approval.spender, approval.amount, deadline, signature
        )
        return self.world.gas(self.anyone, call)


def vouchers(node: Node) -> Iterator[tuple[str, int]]:
    """From a payer's free money, from lanes, by a signer, five at once."""
    till = Till(node)
    payer, thrifty, *five = KEYS
    own, payments, hot = till.world.gas_signed, till.payments, till.address(HOT)
    until = till.world.node.w3.eth.block_number + 60
    yield "redeem_first", till.redeem(payer)
    yield "redeem", till.redeem(payer)
    yield "authorize_signer", own(payer, payments.authorize_signer(hot, 2**40))
    yield "redeem_signer", till.redeem(payer, HOT)
    yield "revoke_signer", own(payer, payments.revoke_signer(hot))
    yield "redeem_5_first", till.redeem_many(five)
    yield "redeem_5", till.redeem_many(five)
    yield "reserve_first", own(thrifty, payments.reserve(till.payee, 10**3 * PRICE, until))
    yield "reserve", own(thrifty, payments.reserve(till.payee, 10**3 * PRICE, until))
    yield "redeem_lane_first", till.redeem(thrifty)
    yield "redeem_lane", till.redeem(thrifty)
    for each in five:
        own(each, payments.reserve(till.payee, 10**3 * PRICE, until))
    yield "redeem_5_lanes", till.redeem_many(five)
    node.mine(60)
    yield "release", own(thrifty, payments.release(till.address(thrifty), till.payee))
    yield "approve_by_sig_first", till.approve(payer, 0)
    yield "approve_by_sig", till.approve(payer, 1)
