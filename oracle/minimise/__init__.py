"""From a case on which a candidate disagrees to the smallest exact case on which it still does."""
