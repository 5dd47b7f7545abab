"""Calls, results and logs as the contracts' ABIs have them."""

import pytest
from eth_utils import keccak

from xmbl.chain.abi import Abi
from xmbl.chain.artifacts import artifact

CLIENT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OPERATOR = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"


def topic(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


def test_encode__plain_function__is_the_standards_example():
    encoded = artifact("Token").abi.functions["transfer"].encode((CLIENT, 5))
    assert encoded.hex() == "a9059cbb" + topic(CLIENT).hex() + (5).to_bytes(32, "big").hex()


def test_selector__nested_struct__spells_its_members():
    signature = (
        "settle((address,bytes32,(address,address,uint256,uint256,uint256,uint256,uint256,uint256,uint256,"
        "uint256,uint256)))"
    )
    assert artifact("StorageDeals").abi.functions["settle"].selector == keccak(text=signature)[:4]


def test_decode__address__has_its_checksum():
    asset = artifact("Payments").abi.functions["asset"]
    assert asset.decode(topic(CLIENT.lower())) == CLIENT


def test_decode__several_values__are_a_tuple():
    both = artifact("NodeRegistry").abi.functions["agent_and_payee"]
    assert both.decode(topic(CLIENT) + topic(OPERATOR)) == (CLIENT, OPERATOR)


def test_event__log__becomes_arguments_by_name():
    event = artifact("Payments").abi.events["Transferred"]
    topics = [event.topic, topic(CLIENT), topic(OPERATOR)]
    found = event.decode(topics, (7).to_bytes(32, "big"))
    assert found == {"sender": CLIENT, "receiver": OPERATOR, "amount": 7}


def test_topics__some_arguments__leave_the_others_open():
    event = artifact("Payments").abi.events["Transferred"]
    assert event.topics({"receiver": OPERATOR}) == [event.topic, None, topic(OPERATOR)]


def test_topics__argument_that_isnt_indexed__is_refused():
    with pytest.raises(KeyError, match="Transferred isn't indexed by amount"):
        artifact("Payments").abi.events["Transferred"].topics({"amount": 7})


def test_abi__overloads_of_default_arguments__keep_the_longest():
    def form(*names: str) -> dict[str, object]:
        inputs = [{"name": name, "type": "uint256"} for name in names]
        return {"type": "function", "name": "buy", "inputs": inputs, "outputs": []}

    assert Abi([form("a", "b"), form("a")]).functions["buy"].inputs == ("uint256", "uint256")
