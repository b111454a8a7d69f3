"""The subcommands of `patina`, a module each: TEXT, add_arguments(parser), run(arguments)."""
