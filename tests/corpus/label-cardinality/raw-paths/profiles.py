"""Profiles of users 1 to a million."""


def find(ident):
    if not ident.isdecimal() or not 1 <= int(ident) <= 1_000_000:
        return None
    return {"id": int(ident), "name": f"user {ident}", "level": int(ident) % 7}
