"""Reporting: tables, terminal text, HTML and model cards, all made from results, never typed."""
