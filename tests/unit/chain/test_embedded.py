"""The chain in this process: what public nodes do, it does too."""

import pytest
from eth_account import Account
from eth_utils import keccak, to_canonical_address

from xmbl.chain.embedded import EmbeddedChain, ExecutionReverted, Message
from xmbl.chain.embedded_pool import GAS_LIMIT, Rejected

CHAIN_ID = 31337
GWEI = 10**9
SENDER = Account.from_key(b"\x01" * 32)
STRANGER = Account.from_key(b"\x02" * 32)
RECEIVER = "0x" + "11" * 20
HISTORY = bytes.fromhex("0000F90827F1C53a10cb7A02335B175320002935")

REVERTING = bytes.fromhex("60206000fd")
"""Reverts with 32 bytes of zero."""


@pytest.fixture
def chain():
    return EmbeddedChain(CHAIN_ID, {to_canonical_address(SENDER.address): 10**18})


def signed(nonce=0, account=SENDER, tip=GWEI, **fields):
    whole = {
        "type": 2, "chainId": CHAIN_ID, "nonce": nonce, "to": RECEIVER, "value": 1, "gas": 21_000,
        "maxFeePerGas": 3 * GWEI * tip // GWEI, "maxPriorityFeePerGas": tip,
    } | fields  # fmt: skip
    return bytes(account.sign_transaction(whole).raw_transaction)


def balance(chain, address):
    return chain.state(chain.head()).get_balance(to_canonical_address(address))


def test_mine__waiting_transactions__are_in_the_block_in_order(chain):
    hashes = [chain.submit(signed(nonce)) for nonce in (0, 1, 2)]
    chain.mine()
    assert [each.transaction.hash for each in chain.in_block(1)] == hashes
    assert balance(chain, RECEIVER) == 3


def test_mine__gap_in_nonces__waits_for_the_missing_one(chain):
    chain.submit(signed(1))
    chain.mine()
    assert chain.in_block(1) == []
    chain.submit(signed(0))
    chain.mine()
    assert len(chain.in_block(2)) == 2


def test_mine__offer_below_the_base_fee__waits(chain):
    transaction = chain.submit(signed(0, maxFeePerGas=chain.next_base_fee() - 1, maxPriorityFeePerGas=0))
    chain.mine()
    assert chain.mined(transaction) is None
    chain.mine()  # an empty block makes the next one cheaper
    assert chain.mined(transaction).block.number == 2


def test_mine__no_room__leaves_the_rest_for_the_next_block(chain):
    chain.submit(signed(0, gas=GAS_LIMIT - 21_000, data=b"\xfe", to=b"", value=0, maxFeePerGas=2 * GWEI))
    late = chain.submit(signed(1, gas=30_000))
    chain.mine()
    assert chain.mined(late) is None
    chain.mine()
    assert chain.mined(late).block.number == 2


def test_mine__several_senders__takes_the_best_tip_first(chain):
    chain.submit(signed(0, value=10**17, to=STRANGER.address))
    chain.mine()
    modest, generous = chain.submit(signed(1)), chain.submit(signed(0, STRANGER, tip=2 * GWEI))
    chain.mine()
    assert [each.transaction.hash for each in chain.in_block(2)] == [generous, modest]


def test_mine__money_went_elsewhere_meanwhile__drops_the_transaction(chain):
    chain.submit(signed(0, value=6 * 10**17))
    chain.submit(signed(1, value=6 * 10**17))
    chain.mine()
    assert len(chain.in_block(1)) == 1
    assert chain.pending_nonce(to_canonical_address(SENDER.address)) == 1


def test_mine__blocks__follow_each_other(chain):
    chain.mine()
    chain.mine()
    assert chain.block(2).header.parent_hash == chain.block(1).hash
    assert chain.block(2).header.timestamp > chain.block(1).header.timestamp
    assert chain.number_of(chain.block(1).hash) == 1
    assert chain.block(3) is None


def test_history__contract_of_eip_2935__knows_the_hashes(chain):
    for _ in range(300):
        chain.mine()
    asked = Message(bytes(20), HISTORY, (5).to_bytes(32, "big"))
    assert chain.call(asked, chain.head()) == chain.block(5).hash


def test_submit__replacement__needs_a_tenth_more(chain):
    chain.submit(signed(0))
    with pytest.raises(Rejected, match="replacement transaction underpriced"):
        chain.submit(signed(0, value=2, tip=GWEI * 109 // 100))
    better = chain.submit(signed(0, value=2, tip=GWEI * 110 // 100))
    chain.mine()
    assert [each.transaction.hash for each in chain.in_block(1)] == [better]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"nonce": 0}, "already known"),
        ({"nonce": 1, "chainId": 1}, "invalid chain id for signer"),
        ({"nonce": 1, "gas": GAS_LIMIT + 1}, "exceeds block gas limit"),
        ({"nonce": 1, "gas": 20_999}, "intrinsic gas too low"),
        ({"nonce": 1, "gas": 25_000, "data": b"\x01" * 200}, "intrinsic gas too low"),
        ({"nonce": 1, "value": 10**18}, "insufficient funds"),
    ],
)
def test_submit__bad_transaction__is_refused_in_the_words_of_nodes(chain, change, refusal):
    chain.submit(signed(0))
    with pytest.raises(Rejected, match=refusal):
        chain.submit(signed(**change))


def test_submit__mined_nonce__is_too_low(chain):
    chain.submit(signed(0))
    chain.mine()
    with pytest.raises(Rejected, match="nonce too low"):
        chain.submit(signed(0, value=2))
    with pytest.raises(Rejected, match="already known"):
        chain.submit(signed(0))


def test_submit__nonsense__is_refused(chain):
    with pytest.raises(Rejected, match="invalid transaction"):
        chain.submit(b"\x02\xff\xff")


def test_pending_nonce__waiting_and_mined__counts_both(chain):
    sender = to_canonical_address(SENDER.address)
    chain.submit(signed(0))
    chain.mine()
    chain.submit(signed(1))
    assert chain.pending_nonce(sender) == 2
    assert chain.state(chain.head()).get_nonce(sender) == 1


def test_waiting__submitted__is_found_until_mined(chain):
    transaction = chain.submit(signed(0))
    assert chain.waiting(transaction).value == 1
    chain.mine()
    assert chain.waiting(transaction) is None


def test_call__revert__carries_the_output(chain):
    sender = to_canonical_address(SENDER.address)
    with pytest.raises(ExecutionReverted) as refused:
        chain.call(Message(sender, b"", REVERTING), chain.head())
    assert refused.value.output == bytes(32)


def test_call__value_that_the_sender_lacks__is_refused(chain):
    poor = to_canonical_address(STRANGER.address)
    with pytest.raises(Rejected, match="insufficient funds"):
        chain.call(Message(poor, bytes(20), b"", value=1), chain.head())


def test_call__earlier_block__sees_its_state(chain):
    # NUMBER, and the balance of the receiver
    probe = bytes.fromhex("435f52" "73" + "11" * 20 + "31602052" "60405ff3")  # fmt: skip
    chain.submit(signed(0, value=9))
    chain.mine()
    before, after = (chain.call(Message(bytes(20), b"", probe), number) for number in (0, 1))
    assert (before[31], before[63]) == (0, 0)
    assert (after[31], after[63]) == (1, 9)


def test_estimate__transfer__suffices_and_is_tight(chain):
    gas = chain.estimate(Message(to_canonical_address(SENDER.address), bytes(20), b"", 1), chain.head())
    assert 21_000 <= gas < 25_000
    assert chain.submit(signed(0, gas=gas))


def test_estimate__much_calldata__covers_the_floor_of_eip_7623(chain):
    data = b"\x01" * 10_000
    gas = chain.estimate(Message(to_canonical_address(SENDER.address), bytes(20), data), chain.head())
    assert gas >= 21_000 + 40 * len(data)
    transaction = chain.submit(signed(0, gas=gas, data=data, value=0))
    chain.mine()
    assert chain.mined(transaction).gas_used == 21_000 + 40 * len(data)


def test_estimate__revert__is_told(chain):
    with pytest.raises(ExecutionReverted):
        chain.estimate(Message(to_canonical_address(SENDER.address), b"", REVERTING), chain.head())


def test_mined__creation__names_the_new_contract(chain):
    code = bytes.fromhex("60aa60005360016000f3")  # returns one byte, 0xaa
    transaction = chain.submit(signed(0, to=b"", data=code, value=0, gas=100_000))
    chain.mine()
    created = chain.mined(transaction).created
    assert chain.state(1).get_code(created) == b"\xaa"
    assert created == keccak(b"\xd6\x94" + to_canonical_address(SENDER.address) + b"\x80")[12:]
