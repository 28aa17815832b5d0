"""The door for pytest: a fixture, an assertion, a marker, a report, and a benchmark that knows accuracy.

Every pytest that starts where this package is installed loads `oracle.pytest_plugin.plugin`, which imports
pytest alone; the rest is imported by the first test that asks for it.
"""
