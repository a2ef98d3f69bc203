"""Labels and properties from tables that other programs or an export wrote; vectors that they computed."""
