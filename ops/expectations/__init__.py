"""What a delivery and the published marts have to look like: suites, readers, history, pages."""
