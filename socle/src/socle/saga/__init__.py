"""Durable orchestration for Django: see README.md beside this file."""
