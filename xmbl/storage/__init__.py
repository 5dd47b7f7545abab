"""Storage: bytes kept by operators under deals that are proven on chain and paid by the proven period."""
