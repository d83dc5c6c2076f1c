"""The cookies of Python's standard library, http.cookiejar, behind requests.

Reads requests, one a line of JSON, and writes what came back: `client.py CERTIFICATE`.
"""

import json
import sys

import requests

session = requests.Session()
session.trust_env = False  # no proxy, no certificates but the one given
session.verify = sys.argv[1]
for line in sys.stdin:
    asked = json.loads(line)
    method = "GET" if asked["form"] is None else "POST"
    answer = session.request(method, asked["url"], data=asked["form"], allow_redirects=False)
    told = {
        "status": answer.status_code,
        "lines": answer.raw.headers.getlist("Set-Cookie"),
        "page": answer.text,
        "jar": sorted(f"{cookie.name}={cookie.value}" for cookie in session.cookies),
    }
    print(json.dumps(told), flush=True)
