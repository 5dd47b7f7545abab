"""Pure mathematics: proof trees, envelopes, ids and typed data; nothing here knows a chain or a peer."""
