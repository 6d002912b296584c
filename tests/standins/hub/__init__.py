"""A stand-in for the ThreeFold Hub: its contract to the letter, on real files, links and flists.

It shares no code with the client that it tests, the flist format apart: names, codes, bodies,
field order, silence and faults are written down here a second time, from what a real Hub did.
"""
