"""Labels: tags, properties, groups, filters, and the forms that change them."""
