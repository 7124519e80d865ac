"""
Meta's Graph API: what Threads and Instagram have in common.

References
----------
developers.facebook.com/documentation: "Threads API", "Instagram Platform" (2026-08); Graph API: "Handling Errors",
"Rate Limits", "Paginated Results", "Field Expansion". Sign-in: "Get Access Tokens" and "Long-Lived Access Tokens" of
Threads, "Business Login for Instagram" (all of 2026): scopes separated by commas, the secret in the form, no PKCE; a
token of an hour, which is exchanged by GET for one of 60 days.
"""
