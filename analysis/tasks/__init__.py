"""What can be asked of a model: a file for each subject."""
