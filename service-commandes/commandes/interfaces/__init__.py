"""REST views, their serializers, routes, admin."""
