"""What is measured: `make bench` compares Almanac with bare ways of doing the same, within one run on one machine.

Absolute figures are the machine's; the ratios are Almanac's, and the targets stand beside them.
"""
