# pragma version 0.4.3
"""
@title Deal hash
@license AGPL-3.0-only
@notice EIP-712 struct hashes of what an operator's agent signs. The hash of a deal is its id.
"""


from contracts.interfaces import IStorageDeals


_TERMS_TYPE: constant(bytes32) = keccak256(
    "Terms(address client,address payee,uint256 leaves,uint256 price,uint256 collateral,uint256 end,uint256 client_notice,uint256 operator_notice,uint256 exit,uint256 deadline,uint256 salt)"
)
_DEAL_TYPE: constant(bytes32) = keccak256(
    "Deal(address operator,bytes32 root,Terms terms)Terms(address client,address payee,uint256 leaves,uint256 price,uint256 collateral,uint256 end,uint256 client_notice,uint256 operator_notice,uint256 exit,uint256 deadline,uint256 salt)"
)


@internal
@pure
def _id(operator: address, root: bytes32, terms: bytes32) -> bytes32:
    """
    @notice The id of a deal from the hash of its terms
    """
    return keccak256(abi_encode(_DEAL_TYPE, operator, root, terms))


@internal
@pure
def _id_of(deal: IStorageDeals.Deal) -> bytes32:
    return self._id(deal.operator, deal.root, keccak256(abi_encode(_TERMS_TYPE, deal.terms)))
