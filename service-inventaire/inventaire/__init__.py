"""Stocks, central and by magasin: what sagas reserve and release, and how magasins are replenished."""
