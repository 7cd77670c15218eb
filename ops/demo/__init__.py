"""The parts of the demo shop: its books, its clean part, its planted part, its big brother."""
