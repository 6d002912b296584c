"""Servers that keep the contract of a service which is out of reach; each runs by hand too."""
