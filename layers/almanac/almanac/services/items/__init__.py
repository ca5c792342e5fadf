"""Use cases of those who set up tasks, habits and meetings; the next plan takes what they leave."""
