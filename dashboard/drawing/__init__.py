"""What figures, strips and tables share."""
