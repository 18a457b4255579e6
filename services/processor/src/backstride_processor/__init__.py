"""Faust: removes duplicates, folds readings into sessions, computes energy live."""
