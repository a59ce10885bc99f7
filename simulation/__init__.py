"""Groundswell's world: customers, their perception of a firm, and what they tell."""
