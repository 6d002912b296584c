"""The real parts that tests run on: engine, registry, base images, runner. No pytest in here."""
