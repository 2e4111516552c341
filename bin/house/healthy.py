"""Container health: does the web server beside us answer? Asks under an allowed host name."""

import os
import urllib.request

host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].lstrip(".*") or "localhost"
port = os.environ.get("PORT", "8000")
request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": host})  # noqa: S310
urllib.request.urlopen(request, timeout=4)  # noqa: S310
