"""Which pictures are meant, and in which order: the language of filters, and what finds, sorts and groups them."""
