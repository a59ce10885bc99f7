"""The page of a study: one HTML file, made again at any time from its folder."""
