"""The sets of criteria, one file a set."""
