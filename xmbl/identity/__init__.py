"""Who a node is: wallet keystores and the node key."""
