"""A row is `source;article;pieces`."""


class RowError(ValueError):
    pass


def read_row(text):
    source, _, rest = text.partition(";")
    article, _, pieces = rest.partition(";")
    if source not in ("web", "shop"):
        raise RowError("unknown source")
    if not pieces.isdecimal():
        raise RowError(f"{pieces!r} is no number of pieces")
    return {"source": source, "article": article, "pieces": int(pieces)}
