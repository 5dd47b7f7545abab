from eth_abi import encode
from eth_utils import keccak, to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boa_world import deploy_money, person
from xmbl.payments.rules import Split, split_account

MONEY = deploy_money()
RECIPIENTS = [f"0x{number:040x}" for number in range(1, 201)]


def test_split_account__a_split__is_the_hash_of_its_shares():
    recipients, weights = [person("author"), person("publisher")], [400_000, 600_000]
    words = encode(["bytes32", "address[]", "uint256[]"], [keccak(text="XMBL split"), recipients, weights])
    assert MONEY.payments.split_account(recipients, weights) == to_checksum_address(keccak(words)[12:])


@given(st.lists(st.integers(0, 2**256 - 1), max_size=200), st.integers(0, 200))
def test_split_account__any_shares__are_hashed_as_in_the_rules(weights, count):
    shares = Split(tuple(RECIPIENTS[:count]), tuple(weights))
    assert MONEY.payments.split_account(shares.recipients, shares.weights) == split_account(shares)
