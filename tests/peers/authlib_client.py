"""The account service as Authlib meets it: discovery, code with PKCE, ID token, userinfo, refresh,
revocation. Its facts come on standard input; what it found goes to standard output as JSON.
"""

import json
import sys
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwk, jwt

REDIRECT = "https://cellar.example/signin/callback"


def walk(facts: dict, trusted: requests.Session, url: str) -> str:
    """What the pages do with the address that a client sends a browser to."""
    query = urlsplit(url).query
    headers = {"Cookie": facts["cookie"], "Origin": facts["issuer"]}

    def post(path: str, body: dict) -> dict:
        answer = trusted.post(facts["issuer"] + path, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()

    step = post("/api/v1/oauth/authorize", {"query": query})
    if step["step"] == "consent":
        step = post("/api/v1/oauth/consent", {"query": query, "agree": True})
    return step["to"]


def main() -> None:
    facts = json.load(sys.stdin)
    trusted = requests.Session()
    # A machine's own bundle of authorities, named in its environment, would go before these.
    trusted.trust_env = False
    trusted.verify = facts["ca_file"]
    metadata = trusted.get(facts["issuer"] + "/.well-known/openid-configuration", timeout=30).json()
    client = OAuth2Session(
        facts["client_id"], facts["client_secret"], scope="openid profile offline_access",
        redirect_uri=REDIRECT, code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic",
    )
    client.trust_env = False
    client.verify = facts["ca_file"]
    verifier = "a-verifier-that-authlib-is-given-by-this-test-0123"
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-authlib")
    back = walk(facts, trusted, url)
    token = client.fetch_token(metadata["token_endpoint"], authorization_response=back,
                               state=state, code_verifier=verifier)
    keys = jwk.KeySet.import_key_set(trusted.get(metadata["jwks_uri"], timeout=30).json())
    claims = jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": facts["issuer"]},
        aud={"essential": True, "value": facts["client_id"]},
        nonce={"essential": True, "value": "n-authlib"},
        exp={"essential": True},
    ).validate(claims)
    person = client.get(metadata["userinfo_endpoint"]).json()
    refreshed = client.refresh_token(metadata["token_endpoint"], token["refresh_token"])
    revoked = client.revoke_token(metadata["revocation_endpoint"], refreshed["refresh_token"])
    after = client.get(metadata["userinfo_endpoint"],
                       headers={"Authorization": f"Bearer {refreshed['access_token']}"},
                       withhold_token=True)
    json.dump({
        "acr": claims["acr"], "same_person": person["sub"] == claims["sub"], "name": person["name"],
        "renewed": refreshed["refresh_token"] != token["refresh_token"],
        "revoked": revoked.status_code, "after": after.status_code,
    }, sys.stdout)


if __name__ == "__main__":
    main()
