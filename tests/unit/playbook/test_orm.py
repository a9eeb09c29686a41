"""Pattern 8 in SQLAlchemy: objects that a loop gets, or whose relationships it reads, one by one."""

import pytest
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.pool import StaticPool

MODELS = """
    from sqlalchemy import ForeignKey, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


    class Base(DeclarativeBase):
        pass


    class Author(Base):
        __tablename__ = "authors"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        books: Mapped[list["Book"]] = relationship(back_populates="author", order_by="Book.id")


    class Book(Base):
        __tablename__ = "books"

        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
        author: Mapped[Author] = relationship(back_populates="books")


"""

# name: (pattern, code, line from which the statements come, statements for five entries afterwards)
VARIANTS = {
    "get by primary key": (
        "get-in-loop",
        """
    def shown(session: Session, ids):
        names = []
        for ident in ids:
            author = session.get(Author, ident)
            names.append(author.name if author else None)
        return names
        """,
        "session.get",
        1,
    ),
    "a query with filter_by, in a comprehension": (
        "get-in-loop",
        """
    def shown(session: Session, ids):
        return [session.query(Book).filter_by(author_id=ident).first().title for ident in ids if ident < 9]
        """,
        "session.query",
        1,
    ),
    "a select that gives one": (
        "get-in-loop",
        """
    def shown(session: Session, ids):
        found = []
        for ident in ids:
            found.append(session.scalar(select(Author).where(Author.id == ident)))
        return [author and author.name for author in found]
        """,
        "session.scalar",
        1,
    ),
    "a select that gives all": (
        "get-in-loop",
        """
    def shown(session: Session, ids):
        rows = {}
        for ident in ids:
            rows[ident] = [book.title for book in session.scalars(select(Book).where(Book.author_id == ident)).all()]
        return rows
        """,
        "session.scalars",
        1,
    ),
    "a list of each object": (
        "lazy-loading-in-loop",
        """
    def shown(session: Session, ids):
        authors = session.scalars(select(Author).where(Author.id.in_(ids)).order_by(Author.id)).all()
        return [{"name": author.name, "books": [book.title for book in author.books]} for author in authors]
        """,
        "author.books",
        2,
    ),
    "the object that each belongs to": (
        "lazy-loading-in-loop",
        """
    def recent(session):
        return session.query(Book).order_by(Book.id).limit(5).all()

    def shown(session: Session, ids):
        lines = []
        for book in recent(session):
            lines.append(book.title + " by " + book.author.name)
        return lines
        """,
        "book.author.name",
        2,
    ),
    "a query that cannot be found": (
        "lazy-loading-in-loop",
        """
    def shown(session: Session, ids):
        first = session.get(Author, 1)
        second = session.get(Author, 2)
        return [book.title for author in (first, second) for book in author.books]
        """,
        "author.books",
        4,
    ),
}


@pytest.fixture
def counted():
    """Run a service's `shown` on a filled database; its answer, and how many SELECTs that took."""
    engines = []

    def run(text: str):
        scope: dict = {"__name__": "service"}
        exec(compile(text, "service.py", "exec"), scope)
        engine = sqlalchemy.create_engine("sqlite://", poolclass=StaticPool)
        engines.append(engine)
        scope["Base"].metadata.create_all(engine)
        with scope["Session"](engine) as session:
            for number in range(1, 9):
                books = [scope["Book"](title=f"{number}.{part}") for part in range(3)]
                session.add(scope["Author"](id=number, name=f"author {number}", books=books))
            session.commit()
        statements: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        with scope["Session"](engine) as session:
            return scope["shown"](session, [3, 1, 5, 77, 8]), len(statements)

    yield run
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("name", VARIANTS)
def test_one_query_more_brings_all_objects(service, counted, name):
    """The same answer, in the same order, from one or two statements."""
    pattern, code, at, statements = VARIANTS[name]
    written = service(MODELS + code)
    repair = written.repair(written.asked(at), "latency.p99")
    assert repair.edit.pattern == pattern
    answer, before = counted(written.files["app.py"])
    assert counted(repair.edit.files["app.py"]) == (answer, statements)
    assert before >= statements


def test_the_relationship_itself_can_load_all(service, counted):
    """The second proposal, where the first did not help."""
    _, code, at, _ = VARIANTS["a list of each object"]
    written = service(MODELS + code)
    _, second = written.repairs(written.asked(at), "latency.p99")
    assert 'order_by="Book.id", lazy="selectin")' in second.patch
    assert counted(second.edit.files["app.py"])[1] == 2
