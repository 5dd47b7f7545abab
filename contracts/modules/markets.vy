# pragma version 0.4.3
"""
@title Markets
@license AGPL-3.0-only
@notice The contracts that may hold stake as collateral: up to four, chosen at deployment and for ever.
"""


_MARKETS: immutable(address[4])


@deploy
def __init__(markets: address[4]):
    """
    @notice Fixes the markets.
    @param markets The contracts; zero for fewer than four.
    """
    _MARKETS = markets


@external
@view
def is_market(account: address) -> bool:
    """
    @notice Whether a contract may lock stake of operators that authorised it.
    @param account The contract.
    @return bool True for the markets given at deployment, false for all else and for ever.
    """
    return self._is_market(account)


@internal
@view
def _require_market(account: address):
    """
    @notice Refuses whoever isn't a market.
    @param account The account.
    """
    assert self._is_market(account), "staking: market"


@internal
@view
def _is_market(account: address) -> bool:
    """
    @notice Whether an account is one of the markets; the zeros that fill the list are none.
    @param account The account.
    @return bool Whether it is.
    """
    return account != empty(address) and account in _MARKETS
