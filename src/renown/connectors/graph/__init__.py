"""
Meta's Graph API: what Threads and Instagram have in common.

References
----------
developers.facebook.com/documentation: "Threads API", "Instagram Platform" (2026-08); Graph API: "Handling Errors",
"Rate Limits", "Paginated Results", "Field Expansion".
"""
