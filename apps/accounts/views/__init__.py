"""Pages of accounts: coming in and going out, passwords, people, roles, units' sign-off."""
