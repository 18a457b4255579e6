"""FastAPI: claims, history, summaries, live streams, pages."""
