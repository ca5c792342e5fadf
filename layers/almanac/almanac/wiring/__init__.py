"""The composition root: the only package that knows everybody.

A module a function, so that what a function may see can be read. A heavy adapter is imported by the property that needs
it, so that a cold start pays for nothing it does not use: the orchestrator loads no Google code.
"""
