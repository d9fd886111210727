"""Waits until a platform is ready, signs up and in, and prints the session's token: contract-session.py ADDRESS."""

import json
import sys
import time
from urllib.error import URLError
from urllib.request import Request, urlopen

ACCOUNT = {"email": "contract@example.com", "password": "a password for the contract"}
READY_WITHIN_S = 60


def wait_until_ready(address):
    until = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            return urlopen(f"{address}/readyz", timeout=5)
        except (URLError, OSError) as error:
            if time.monotonic() > until:
                sys.exit(f"{address}/readyz: not ready within {READY_WITHIN_S} s: {error}")
            time.sleep(0.2)


def post(url):
    headers = {"content-type": "application/json"}
    with urlopen(Request(url, json.dumps(ACCOUNT).encode(), headers), timeout=30) as answer:
        return json.load(answer)


address = sys.argv[1]
wait_until_ready(address)
post(f"{address}/v1/accounts")
print(post(f"{address}/v1/sessions")["token"])
