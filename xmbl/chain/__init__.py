"""The chain: the only room that knows web3, py-evm and anvil."""
