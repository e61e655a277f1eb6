"""aioauth on FastAPI and uvicorn, its storage a dictionary, with the clients and log lines of the benchmark."""

import hashlib
import hmac
import json
import os
import sys
import time

import fastapi
import uvicorn
from aioauth.collections import HTTPHeaderDict
from aioauth.config import Settings
from aioauth.models import Client, Token
from aioauth.requests import Post, Request
from aioauth.server import AuthorizationServer
from aioauth.storage import BaseStorage

SCOPE = "read write"
SECRET = hashlib.sha256(os.environ["SECRET"].encode()).digest()
SETTINGS = Settings(TOKEN_EXPIRES_IN=300, INSECURE_TRANSPORT=True)


class Storage(BaseStorage):
    def __init__(self):
        self.tokens = {}

    async def get_client(self, *, request, client_id, client_secret=None):
        digest = hashlib.sha256((client_secret or "").encode()).digest()
        if client_id != "service" or not hmac.compare_digest(digest, SECRET):
            return None
        return Client(
            client_id=client_id,
            client_secret=client_secret or "",
            grant_types=["client_credentials"],
            response_types=[],
            redirect_uris=[],
            scope=SCOPE,
        )

    async def create_token(self, *, request, client_id, scope, access_token, refresh_token=None):
        token = Token(
            client_id=client_id,
            expires_in=SETTINGS.TOKEN_EXPIRES_IN,
            refresh_token_expires_in=SETTINGS.REFRESH_TOKEN_EXPIRES_IN,
            access_token=access_token,
            refresh_token=refresh_token,
            issued_at=int(time.time()),
            scope=scope,
        )
        self.tokens[access_token] = token
        return token


server = AuthorizationServer(Storage())
app = fastapi.FastAPI()
count = 0


def log(**fields):
    sys.stdout.write(json.dumps({"level": "info", "time": time.time(), **fields}) + "\n")


@app.post("/token")
async def token(request: fastapi.Request) -> fastapi.Response:
    global count
    count += 1
    begun = time.perf_counter()
    form = await request.form()
    answer = await server.create_token_response(
        Request(
            method="POST",
            headers=HTTPHeaderDict(dict(request.headers)),
            post=Post(**form),
            url=str(request.url),
            settings=SETTINGS,
        )
    )
    if answer.status_code == 200:
        log(req=count, event="token_issued", client_id="service", grant_type=form["grant_type"], scope=SCOPE)
    ms = round((time.perf_counter() - begun) * 1000, 1)
    log(req=count, method="POST", route="/token", status=answer.status_code, ms=ms, ip=request.client.host)
    return fastapi.Response(
        content=json.dumps(answer.content, separators=(",", ":")), status_code=answer.status_code, headers=dict(answer.headers)
    )


# A line is out when it is written.
sys.stdout.reconfigure(line_buffering=True)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="error")
