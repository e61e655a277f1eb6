"""The MCP SDK's client, told by lines: `call <tool>`, `expire`, or the address that the browser came back to.

It writes `go <address>` for the browser, and `says <text>` of a tool.
"""

import sys
from urllib.parse import parse_qs, urlparse

import anyio
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

RESOURCE, REDIRECT = sys.argv[1:]


class Storage:
    tokens = client_info = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client_info

    async def set_client_info(self, client_info):
        self.client_info = client_info


async def line():
    return (await anyio.to_thread.run_sync(sys.stdin.readline)).strip()


async def go(url):
    print("go", url, flush=True)


async def came_back():
    query = parse_qs(urlparse(await line()).query)
    return AuthorizationCodeResult(**{name: query[name][0] for name in ("code", "state", "iss")})


async def main():
    about = OAuthClientMetadata(client_name="Python", redirect_uris=[REDIRECT], token_endpoint_auth_method="none")
    provider = OAuthClientProvider(RESOURCE, about, Storage(), redirect_handler=go, callback_handler=came_back)
    while told := await line():
        verb, *names = told.split()
        if verb == "expire":
            provider.context.token_expiry_time = 1
            continue
        async with create_mcp_http_client(auth=provider) as http:
            async with Client(streamable_http_client(RESOURCE, http_client=http)) as client:
                answer = await client.call_tool(names[0], {})
        print("says", answer.content[0].text, flush=True)


anyio.run(main)
