"""The web page: a world that is played, scenarios that are compared."""
