import boa
import pytest
from eth_account import Account

from tests.support.boa_world import ANY, NOBODY, events

OWNER = Account.from_key(b"\x11" * 32)
FIELDS = ("address owner", "address spender", "uint256 value", "uint256 nonce", "uint256 deadline")
PERMIT = {"Permit": [dict(zip(("type", "name"), field.split(), strict=True)) for field in FIELDS]}


@pytest.fixture
def sign(money, delegator):
    def signed(nonce: int = 0, deadline: int = ANY, key: bytes = OWNER.key) -> tuple[int, bytes, bytes]:
        message = {
            "owner": OWNER.address,
            "spender": delegator,
            "value": 7,
            "nonce": nonce,
            "deadline": deadline,
        }
        domain = {"name": "XMBL", "version": "1", "chainId": boa.env.evm.patch.chain_id}
        domain["verifyingContract"] = str(money.token.address)
        made = Account.sign_typed_data(key, domain, PERMIT, message)
        return made.v, made.r.to_bytes(32, "big"), made.s.to_bytes(32, "big")

    return signed


def test_permit__the_owners_signature__approves(money, delegator, attacker, sign):
    money.token.permit(OWNER.address, delegator, 7, ANY, *sign(), sender=attacker)
    assert events(money.token) == [("Approval", OWNER.address, delegator, 7)]
    assert (money.token.allowance(OWNER.address, delegator), money.token.nonces(OWNER.address)) == (7, 1)


def test_permit__a_used_signature__is_refused(money, delegator, sign):
    money.token.permit(OWNER.address, delegator, 7, ANY, *sign())
    with boa.reverts("erc20: invalid signature"):
        money.token.permit(OWNER.address, delegator, 7, ANY, *sign())


def test_permit__another_key__is_refused(money, delegator, sign):
    with boa.reverts("erc20: invalid signature"):
        money.token.permit(OWNER.address, delegator, 7, ANY, *sign(key=b"\x22" * 32))


def test_permit__past_the_deadline__is_refused(money, delegator, sign):
    past = boa.env.evm.patch.timestamp - 1
    with boa.reverts("erc20: expired deadline"):
        money.token.permit(OWNER.address, delegator, 7, past, *sign(deadline=past))


def test_permit__nobody_as_owner__is_refused(money, attacker):
    with boa.reverts("ecdsa: invalid signature"):
        money.token.permit(NOBODY, attacker, 7, ANY, 27, b"\x00" * 32, b"\x00" * 32)
