"""The ThreeFold Hub: a client that trusts no answer, and a converter that proves each flist."""
