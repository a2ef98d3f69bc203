"""What the sub-commands do. Each module has ``configure(parser)`` and ``run(arguments) -> exit code``."""
