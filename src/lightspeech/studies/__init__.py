"""A study on disk: its recipe, its folders, its stages, and the engine that does its runs."""
