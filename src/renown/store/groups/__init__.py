"""Groups of people: their members, challenges, invitations and tamper-evident log of scores."""
