"""Money and stake as rules without a chain: what the contracts are tested against and the simulator plays."""
