import threading
import unittest
from http.client import HTTPConnection

import app


class Serving(unittest.TestCase):
    def setUp(self):
        self.server = app.ThreadingHTTPServer(("127.0.0.1", 0), app.Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def get(self, path):
        connection = HTTPConnection("127.0.0.1", self.server.server_address[1], timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def test_profiles_are_found(self):
        self.assertEqual(self.get("/profiles/12"), (200, '{"id": 12, "name": "user 12", "level": 5}'))
        self.assertEqual(self.get("/profiles/none")[0], 404)

    def test_requests_are_counted_by_status(self):
        self.get("/profiles/77")
        for _ in range(50):  # the count follows the answer
            page = self.get("/metrics")[1]
            if "http_requests_total" in page and 'status="200"' in page:
                return
        self.fail(page)


if __name__ == "__main__":
    unittest.main()
