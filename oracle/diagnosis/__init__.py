"""Which named misimplementation explains a record that disagrees."""
