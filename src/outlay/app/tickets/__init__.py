"""Tickets: recommendations in Jira, GitHub and ServiceNow, linked both ways."""
