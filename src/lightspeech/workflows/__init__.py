"""One module for each long verb: it composes packages and prints nothing."""
