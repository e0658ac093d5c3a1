"""From texts to a model's inputs and back."""
