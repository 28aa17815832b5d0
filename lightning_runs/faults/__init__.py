"""Every misimplementation there is a name for, planted in every kernel of this package."""
