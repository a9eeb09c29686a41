"""What is in the library."""

from sqlalchemy import create_engine, select
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from library.models import Author, Base, Book

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Session = sessionmaker(engine)


def fill():
    """A hundred authors with three books each."""
    Base.metadata.create_all(engine)
    with Session() as session:
        for number in range(1, 101):
            titles = [Book(title=f"book {number}.{part}") for part in range(3)]
            session.add(Author(id=number, name=f"author {number}", books=titles))
        session.commit()


def shelf(session, first):
    """Thirty authors from `first` on, with the titles of their books."""
    authors = session.scalars(select(Author).where(Author.id > first).order_by(Author.id).limit(30)).all()
    return [{"name": author.name, "books": [book.title for book in author.books]} for author in authors]
