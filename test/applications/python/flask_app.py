"""An application on Flask with Authlib: the recipe registers the provider, and this shows what it brings."""

import os
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session

app = Flask(__name__)
app.secret_key = "of the application alone"
exec(os.environ["RECIPE"])


@app.get("/")
def home():
    return session.get("shown") or {}


@app.get("/login")
def login():
    return oauth.postern.authorize_redirect(os.environ["APP"] + "/callback")


@app.get("/callback")
def callback():
    tokens = oauth.postern.authorize_access_token()
    session["refresh_token"] = tokens["refresh_token"]
    session["id_token"] = tokens["id_token"]
    session["shown"] = {"id_token": dict(tokens["userinfo"]), "userinfo": dict(oauth.postern.userinfo(token=tokens))}
    return redirect("/")


@app.get("/refresh")
def refresh():
    # What a library does when the access token has ended.
    metadata = oauth.postern.load_server_metadata()
    with oauth.postern._get_oauth_client(**metadata) as client:
        tokens = client.refresh_token(metadata["token_endpoint"], refresh_token=session["refresh_token"])
    session["refresh_token"] = tokens["refresh_token"]
    return {"groups": oauth.postern.userinfo(token=tokens)["groups"]}


@app.get("/logout")
def logout():
    query = {"id_token_hint": session["id_token"], "post_logout_redirect_uri": os.environ["APP"] + "/"}
    session.clear()
    return redirect(oauth.postern.load_server_metadata()["end_session_endpoint"] + "?" + urlencode(query))


app.run(port=int(os.environ["PORT"]))
