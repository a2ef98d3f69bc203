"""Labels that people give to pictures: tags, groups, properties, decisions, stacks; each change can be undone."""
