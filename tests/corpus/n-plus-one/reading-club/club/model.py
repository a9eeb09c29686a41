"""Books, authors and reviews."""

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

SHELVES, BOOKS = 12, 60


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf: Mapped[int] = mapped_column(index=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship()
    reviews: Mapped[list["Review"]] = relationship(order_by="Review.id")


class Review(Base):
    __tablename__ = "reviews"
    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), index=True)
    stars: Mapped[int]


def open_library(url):
    """An engine on a library that is filled anew."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        for shelf in range(SHELVES):
            for place in range(BOOKS):
                number = shelf * BOOKS + place
                author = Author(name=f"author {number}")
                reviews = [Review(stars=(number + n) % 5 + 1) for n in range(3)]
                session.add(Book(shelf=shelf, title=f"book {number}", author=author, reviews=reviews))
    return engine
