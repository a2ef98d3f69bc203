"""What actions found: results, duplicates, recommendations, earlier answers."""
