"""What the services' tests share: forcing interleavings on real connections, bounded waiting."""
