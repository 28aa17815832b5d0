"""Continuous flows: their right hand sides, their enclosures, their limits."""
