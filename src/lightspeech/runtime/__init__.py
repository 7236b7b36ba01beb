"""Files that a runtime is given, checked before, and the runtime itself: one door for all."""
