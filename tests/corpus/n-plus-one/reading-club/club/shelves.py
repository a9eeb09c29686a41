"""What members see."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from club.model import Book


def shelf(engine, number):
    """The books on a shelf: title, author and the mean of the stars."""
    shown = []
    with Session(engine) as session:
        for book in session.scalars(select(Book).where(Book.shelf == number).order_by(Book.id)):
            stars = [review.stars for review in book.reviews]
            mean = round(sum(stars) / len(stars), 2) if stars else None
            shown.append({"title": book.title, "author": book.author.name, "stars": mean})
    return shown
