"""What the registry does, without HTTP: each service works on the store and raises the package's exceptions."""
