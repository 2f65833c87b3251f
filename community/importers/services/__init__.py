"""Bringing another platform's community here, and taking it back."""
