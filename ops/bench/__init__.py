"""`make bench`: this project beside the scripts that one would write instead."""
