"""What a customer sees of an order."""


class Orders:
    def __init__(self, connection):
        self.connection = connection

    def show(self, order_id):
        """The lines of an order with the names of the articles, in the order in which they were written."""
        lines = self.connection.execute(
            "SELECT article_id, pieces FROM lines WHERE order_id = ? ORDER BY rowid LIMIT 150", (order_id,)
        ).fetchall()
        shown = []
        for article_id, pieces in lines:
            row = self.connection.execute("SELECT name FROM articles WHERE id = ?", (article_id,)).fetchone()
            shown.append({"name": row[0], "pieces": pieces})
        return {"order": order_id, "lines": shown}
