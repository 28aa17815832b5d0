"""Reports for people (HTML with SVG) and for machines (JUnit, JSON)."""
