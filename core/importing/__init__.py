"""Labels and properties in again, from tables that other programs or an export wrote."""
