"""Actions: what uses vectors. Each is defined once; the form, the sub-command and the docs come from the definition."""
