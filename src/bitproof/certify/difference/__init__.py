"""How far two networks of one shape can be apart on a box, proved.

Differential branch and bound: both networks are bounded in lockstep, so what they share cancels.
"""
