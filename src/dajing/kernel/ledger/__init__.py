"""The ledger: an append-only, hash-chained and Merkle-tree'd record of acts, provable with a stand-alone command."""
