"""Who works when."""


def join(shifts, people):
    """One row for each shift and person whose badge is on it, in the order of the shifts."""
    rows = []
    for shift in shifts:
        for person in people:
            if person["badge"] == shift["badge"]:
                rows.append(f"{shift['day']} {person['name']}")
    return rows
