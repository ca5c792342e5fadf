"""What makes exports and keeps them, for whoever asks; and the function that does."""
