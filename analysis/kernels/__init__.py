"""Arithmetic on tensors that knows no loaded model."""
