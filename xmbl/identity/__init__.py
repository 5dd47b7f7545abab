"""Who acts: wallets that own money, and the key by which a node is found.

An **operator** is a cold account: it owns stake and income and lives in a keystore that is opened only to
stake, withdraw or change the agent. The **agent** is a hot account in a keystore of its own: a running node
unlocks it to sign terms, prove and settle, and a thief of it can lose the limits that were authorised, but
withdraw nothing. The **node key** (ed25519) is neither: it only proves to peers that they reached the node
that the registry names.
"""
