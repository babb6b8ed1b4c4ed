"""A sign-on service for the tests: OpenID Connect with code flow and PKCE, as honest as it is told to be."""

import json
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.serving import Running

CLIENT, SECRET = "referrals", "what only the two know"


class Quiet(WSGIRequestHandler):
    def log(self, *_args):
        """Nothing: the test says what matters."""


class Issuer:
    """`subject` signs in to it; `changes` are made to the ID token's claims, `sign` to its signature."""

    def __init__(self):
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.subject, self.changes, self.sign, self.says_it_is = "subject-1", {}, self.signed, None
        self.asked, self.codes = [], {}
        server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Quiet)
        self.stop = Running(server).stop
        self.url = f"http://127.0.0.1:{server.server_port}"

    def __call__(self, environ, start_response):
        request = Request(environ)
        answer = {
            "/.well-known/openid-configuration": self.configuration,
            "/keys": lambda _request: {"keys": [self.key.as_dict(private=False)]},
            "/token": self.token,
        }[request.path](request)
        status = 400 if "error" in answer else 200
        return Response(json.dumps(answer), status, content_type="application/json")(environ, start_response)

    def configuration(self, _request):
        return {
            "issuer": self.says_it_is or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def sign_in(self, address):
        """What a browser gets at the address that it was sent to: the address to go back to, with a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked.append(asked)
        code = token_urlsafe(16)
        self.codes[code] = asked
        return asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]})

    def token(self, request):
        asked = self.codes.pop(request.form.get("code"), None)
        if asked is None or request.form["redirect_uri"] != asked["redirect_uri"]:
            return {"error": "invalid_grant"}
        challenge = urlsafe_b64encode(sha256(request.form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if asked["code_challenge_method"] != "S256" or challenge != asked["code_challenge"]:
            return {"error": "invalid_grant"}
        return {"access_token": token_urlsafe(8), "token_type": "Bearer", "id_token": self.sign(self.claims(asked))}

    def claims(self, asked):
        now = int(time.time())
        honest = {"iss": self.url, "sub": self.subject, "aud": CLIENT, "iat": now, "exp": now + 300}
        if asked.get("max_age") == "0":
            honest["auth_time"] = now
        claims = {**honest, "nonce": asked["nonce"], "email": "elm.physician@example.org", **self.changes}
        return {name: value for name, value in claims.items() if value is not None}

    def signed(self, claims):
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, self.key)

    def signed_by_nobody(self, claims):
        def part(value):
            return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."

    def signed_by_another(self, claims):
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, RSAKey.generate_key(2048))
