"""Every error that XMBL raises on purpose.

A message is one sentence that says what is wrong and what to do about it; the command line prints
it as it is and leaves with the class's exit code.

    XmblError                      1  the root; never raised itself
    ├── UsageError                 2  bad input: the caller can mend it
    │   └── ConfigError            2  a file, a variable or an option says something impossible
    ├── KeystoreError                  1  a keystore can't be opened: no such name, wrong password
    ├── Busy                       1  another process works on the same thing
    ├── ChainError                 1  the chain or the way to it
    │   ├── RpcUnavailable         1  no RPC endpoint answers
    │   ├── WrongChain             1  an endpoint serves another chain than the configured one
    │   ├── Reverted               1  a contract refused; `reason` is its text
    │   ├── InsufficientFunds      1  an account can't pay for what it was asked to do
    │   ├── FeeCeiling             1  the chain asks more for gas than the ceiling allows
    │   └── NotMined               1  a transaction is still pending when patience ended
    ├── NetworkError               1  peers
    │   ├── PeerUnreachable        1  nobody answers there
    │   ├── ProtocolError          1  a peer said something that the protocol forbids
    │   └── Refused                1  a peer declined and said why
    │       └── Crowded            1  it has no room at this moment; later it may
    └── BytesError                 1  stored bytes
        ├── DiskFull               1  no room for what is asked
        ├── NotStored              1  nobody here has these bytes
        └── Corrupt                1  bytes that don't match their hash
"""


class XmblError(Exception):
    """The root of all errors raised on purpose; `exit_code` is what the command line leaves with."""

    exit_code = 1


class UsageError(XmblError):
    """Bad input; the message says what to give instead."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration file, variable or option that can't be meant."""


class KeystoreError(XmblError):
    """A keystore that can't be opened."""


class Busy(XmblError):
    """Another process works on the same thing at this moment."""


class ChainError(XmblError):
    """The chain, or the way to it."""


class RpcUnavailable(ChainError):
    """No RPC endpoint answers."""


class WrongChain(ChainError):
    """An endpoint serves another chain than the configured one."""


class Reverted(ChainError):
    """A contract refused the call; `reason` is the contract's own text, `"room: reason"`."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class InsufficientFunds(ChainError):
    """An account can't pay for what it was asked to do."""


class FeeCeiling(ChainError):
    """The chain asks more for gas than the configured ceiling allows."""


class NotMined(ChainError):
    """A transaction is still pending; it stays in the outbox and is finished later."""


class NetworkError(XmblError):
    """Something between peers."""


class PeerUnreachable(NetworkError):
    """Nobody answers at an address."""


class ProtocolError(NetworkError):
    """A peer said something that the protocol forbids."""


class Refused(NetworkError):
    """A peer declined; the message is its reason."""


class Crowded(Refused):
    """A peer has no room at this moment: the same question may be answered a little later."""


class BytesError(XmblError):
    """Stored bytes."""


class DiskFull(BytesError):
    """No room for what is asked."""


class NotStored(BytesError):
    """Nobody here has these bytes."""


class Corrupt(BytesError):
    """Bytes that don't match their hash or their seal."""
