"""To add to JupyterHub's configuration: students come in through the learning platform (LTI 1.3)."""

c = get_config()  # noqa: F821

PLATFORM = "https://canvas.example.edu"

c.JupyterHub.authenticator_class = "ltiauthenticator.lti13.auth.LTI13Authenticator"
c.LTI13Authenticator.issuer = PLATFORM
c.LTI13Authenticator.authorize_url = f"{PLATFORM}/api/lti/authorize_redirect"
c.LTI13Authenticator.jwks_endpoint = f"{PLATFORM}/api/lti/security/jwks"
c.LTI13Authenticator.client_id = {"10000000000001"}  # what the platform gave when the tool was registered
# The hub's names become the ids of submissions, so they must be those of students.csv: here the e-mail address.
c.LTI13Authenticator.username_key = "email"
c.Authenticator.allow_all = True  # whom the platform lets in
