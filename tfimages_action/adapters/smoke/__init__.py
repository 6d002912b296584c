"""Proves that a built image does what its checks ask: boots it, looks in, cleans up.

A container runs on the engine that built it; a full VM runs under QEMU. There are no bind mounts
(a runner's engine would resolve them on its host), and every wait has a limit.
"""
