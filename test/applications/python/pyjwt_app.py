"""Calls the recipe's function with each bearer of the standard input; prints the subject, or why it was refused."""

import json
import os
import sys

import jwt

exec(os.environ["RECIPE"])

answers = {}
for name, bearer in json.load(sys.stdin).items():
    try:
        answers[name] = caller(bearer)["sub"]
    except (jwt.PyJWTError, PermissionError) as error:
        answers[name] = f"refused: {error}"
print(json.dumps(answers))
