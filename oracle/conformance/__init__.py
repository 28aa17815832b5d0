"""The conformance suite: problems with shipped goldens, and what runs any kernel on them."""
