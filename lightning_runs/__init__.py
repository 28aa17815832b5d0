"""The trainer on trial, and the other optimisers it is measured beside."""
