import threading
import unittest
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer

import app


class Serving(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), app.Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.server.server_port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def series(self):
        lines = [line for line in self.get("/metrics")[1].splitlines() if line and not line.startswith("#")]
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}

    def test_few_series_count_every_request(self):
        before = self.series()
        for number in range(1, 121):
            self.assertEqual(self.get(f"/profiles/{number}")[0], 200)
        self.assertEqual(self.get("/profiles/none")[0], 404)
        after = self.series()
        self.assertLess(len(after), 30)

        def total(series, start):
            return sum(value for name, value in series.items() if name.startswith(start))

        counted = total(after, "http_requests_total{") - total(before, "http_requests_total{")
        self.assertIn(counted, (121, 122))  # the page itself is counted after it was written
        self.assertGreater(total(after, "http_request_seconds_total{"), 0)
        by_status = {status for status in ("200", "404") if any(f'status="{status[0]}' in name for name in after)}
        self.assertEqual(by_status, {"200", "404"})
