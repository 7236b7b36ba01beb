"""All but the test is run as a program of its own, ``python tests/fuzz``: nothing to collect."""

collect_ignore = ["__main__.py", "children.py", "mutations.py", "doors"]
