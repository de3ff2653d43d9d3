"""Figures of many values."""


def percentile(values, percent):
    """By nearest rank: the smallest value that so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
