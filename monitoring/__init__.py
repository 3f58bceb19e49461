"""What watches the platform: scrape targets, rules, dashboards. `python -m monitoring` writes what is generated."""
