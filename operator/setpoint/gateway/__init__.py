"""The model gateway: holds the key, knows its callers, and lets each spend what was granted to it. On aiohttp."""
