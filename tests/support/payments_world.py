"""Payments on a plain and on an odd asset, with keyed people and a contract wallet, for random play."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boa
from eth_account import Account as Keys
from eth_account.messages import encode_typed_data
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils import keccak
from eth_utils.exceptions import ValidationError

from tests.support.boa_world import (
    ANY,
    CONTRACT_WALLET,
    DELAY,
    NOBODY,
    ODD_TOKEN,
    PAYMENTS,
    SUPPLY,
    TOKEN,
    WHOLE,
    person,
)
from tests.support.promises import Pen, keyed, subject
from tests.support.slots import Slots
from xmbl.crypto.typed_data import Voucher, expanded
from xmbl.payments.rules import Account, Lane, Ledger
from xmbl.payments.voucher_rules import Shown

KEYS = {account.address: account for account in map(keyed, ("client", "provider", "delegator", "spender"))}
PEOPLE = list(KEYS)
PAYERS = PEOPLE[:3]
SPENDER = PEOPLE[-1]
EVERYBODY = [*PEOPLE, *(person("recipient") for _ in range(4))]
"""Who may be a recipient of a split."""

SAVER = keyed("saver")
"""Who never approves Payments in the asset, and deposits by permits."""

HOT = [keyed("hot signer"), keyed("second hot signer")]
SIGNERS = [account.address for account in HOT]
SUBJECTS = [subject(name) for name in ("a content", "a deal")]
NEVER = 2**256 - 1
RICH = 10 * WHOLE
"""What everybody but the saver has in Payments in the beginning; the spender may move a tenth of it."""


PLACES = {
    "accounts": ("ledger", "_accounts"), "allowances": ("allowance",), "lanes": ("lanes", "_lanes"),
    "signers": ("signers", "signer_until"), "nonces": ("approvals", "nonces"), "burnt": ("burnt",),
    "redeemed": ("vouchers", "_redeemed"),
}  # fmt: skip
"""Where Payments keeps what."""


@dataclass(frozen=True)
class World:
    """One Payments, its asset, and a contract with money in it. The odd asset has vices on demand."""

    odd: bool
    asset: Any
    payments: Any
    wallet: Any
    pen: Pen
    slots: dict[str, Slots]
    balances: Slots

    @property
    def holders(self) -> list[str]:
        """Who may have money besides people, recipients and splits."""
        return [SAVER.address, str(self.wallet.address), str(self.asset.address)]

    def permit(self, amount: int, nonce: int) -> tuple[int, bytes, bytes]:
        """The saver's permit to Payments: v, r, s. The odd asset takes any."""
        message = {
            "owner": SAVER.address, "spender": self.payments.address, "value": amount, "nonce": nonce,
            "deadline": NEVER,
        }  # fmt: skip
        kinds = {"owner": "address", "spender": "address"}
        fields = [{"name": name, "type": kinds.get(name, "uint256")} for name in message]
        domain = {"name": "XMBL", "version": "1", "chainId": boa.env.evm.patch.chain_id}
        signable = encode_typed_data(
            domain | {"verifyingContract": self.asset.address}, {"Permit": fields}, message
        )
        signed = Keys.sign_message(signable, SAVER.key)
        return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")

    def holding(self) -> int:
        """What Payments has of the asset."""
        return self.balances[self.payments.address]

    def require_same(self, ledger: Ledger) -> None:
        """Every slot that a rule has ever written is what the rules say."""
        for name, key, word in words(ledger):
            assert self.slots[name][key] == word, (name, key)


def words(ledger: Ledger) -> Iterator[tuple[str, Any, int]]:
    """What the rules' ledger looks like in storage: variable, key, word."""
    yield "burnt", (), ledger.burnt
    yield from (("accounts", holder, account_word(each)) for holder, each in ledger.accounts.items())
    yield from (("allowances", pair, amount) for pair, amount in ledger.allowances.items())
    yield from (("lanes", pair, lane_word(lane)) for pair, lane in ledger.lanes.items())
    yield from (("signers", pair, until) for pair, until in ledger.signers.items())
    yield from (("nonces", owner, nonce) for owner, nonce in ledger.nonces.items())
    yield from (("redeemed", redeemed_key(*key), amount) for key, amount in ledger.redeemed.items())


def account_word(account: Account) -> int:
    """The slot of an account."""
    return account.balance | account.reserved << 112 | account.phase << 224 | account.rest << 244


def lane_word(lane: Lane) -> int:
    """The slot of a lane."""
    return lane.amount | lane.until << 112


def redeemed_key(payer: str, payee: str, about: bytes) -> bytes:
    """Where it is kept what a payee got for a subject."""
    return keccak(b"".join(bytes.fromhex(who[2:]).rjust(32, b"\0") for who in (payer, payee)) + about)


def shown_as(pen: Pen, voucher: Voucher, signature: bytes) -> Shown:
    """A voucher with whom its signature recovers to on chain, where a high s is as good as a low one."""
    try:
        raw = expanded(signature)
        signed = Signature(raw[:64] + bytes([raw[64] - 27]))
        signer = signed.recover_public_key_from_msg_hash(pen.digest(voucher)).to_checksum_address()
    except (BadSignature, ValidationError):
        signer = NOBODY
    return Shown(voucher, signer)


def _world(asset: Any, give: Callable[[str, int], Any], *balances: str) -> World:
    """Everybody has 1,000 of the asset, and some of it in Payments."""
    payments, wallet = PAYMENTS.deploy(asset.address, DELAY), CONTRACT_WALLET.deploy()
    for who in PEOPLE:
        give(who, 1_000 * WHOLE)
        asset.approve(payments.address, ANY, sender=who)
        payments.deposit(RICH, sender=who)
        payments.approve(SPENDER, WHOLE, sender=who)
    give(SAVER.address, 1_000 * WHOLE)
    slots = {name: Slots(payments, *path) for name, path in PLACES.items()}
    odd = balances == ("balanceOf",)
    return World(odd, asset, payments, wallet, Pen(payments), slots, Slots(asset, *balances))


def plain_world() -> World:
    """On XMBL."""
    treasurer = person("treasurer")
    token = TOKEN.deploy(treasurer, SUPPLY)
    return _world(
        token, lambda who, amount: token.transfer(who, amount, sender=treasurer), "erc20", "balanceOf"
    )


def odd_world() -> World:
    """On a token that takes fees and calls back when told to, with some of its own."""
    token = ODD_TOKEN.deploy()
    world = _world(token, token.mint, "balanceOf")
    token.mint(token.address, WHOLE)
    token.approve_own(world.payments.address)
    return world
