# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title XMBL
@license AGPL-3.0-only
@notice The token: ERC-20 with permit (EIP-2612) and burning. The whole supply is minted once, to one
        holder. Everyone moves, approves and burns what is its own; nobody can mint, pause, freeze or
        stop anything: there is no owner and no minter.
@dev Invariants, with S the supply at deployment:
       sum over all holders of balanceOf = totalSupply = S - everything burnt
       owner is zero and no address is a minter, from the constructor on
     Mechanism and reverts ("erc20: reason") are those of snekmate's `erc20`.
"""


from ethereum.ercs import IERC20
implements: IERC20
from ethereum.ercs import IERC20Detailed
implements: IERC20Detailed
from snekmate.tokens.interfaces import IERC20Permit
implements: IERC20Permit
from contracts.interfaces import IToken
implements: IToken


from snekmate.auth import ownable
initializes: ownable
from snekmate.tokens import erc20
initializes: erc20[ownable := ownable]


exports: (
    # ERC-20
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
    erc20.transfer,
    erc20.approve,
    erc20.transferFrom,
    # permit
    erc20.permit,
    erc20.nonces,
    erc20.DOMAIN_SEPARATOR,
    erc20.eip712Domain,
    # burning
    erc20.burn,
    erc20.burn_from,
)


@deploy
def __init__(holder: address, supply: uint256):
    """
    @notice Mints the whole supply and gives the keys away.
    @param holder Who gets it; not zero.
    @param supply The supply in wei.
    """
    ownable.__init__()
    erc20.__init__("XMBL", "XMBL", 18, "XMBL", "1")
    erc20._mint(holder, supply)
    # both were the deployer's by the modules' constructors
    erc20.is_minter[msg.sender] = False
    ownable._transfer_ownership(empty(address))
